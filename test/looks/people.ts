import { contactByPhone } from '../../server/domain/customers/contact.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { grantPoints } from '../../server/domain/loyalty/points.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { DAY } from '../../server/lib/clock.ts'
import { happened } from '../automations.ts'
import type { Story } from '../harness.ts'
import { happens, idOf } from '../rules.ts'
import type { Scene } from './scene.ts'

const end = (who: Story['wang']) => who.user.phone.slice(-4)

/** A customer of whom much is known: what they bought, said, hold and asked for. */
async function wellKnown(story: Story): Promise<string> {
  const wang = await idOf(story, story.wang)
  const since = story.clock.now() - 100 * DAY
  await story.db.write(async (tx) => {
    await tx.run('UPDATE customers SET createdAt = ? WHERE id = ?', [since, wang])
    await tx.run(`UPDATE events SET at = ? WHERE customerId = ? AND name = 'customer.registered'`, [since, wang])
    await tx.run('UPDATE customer_facts SET registeredAt = ? WHERE id = ?', [since, wang])
  })
  for (const days of [90, 70]) await happened(story, wang, days, 'order.paid', { amount: 300_000 })
  await story.db.write(async (tx) => {
    await grantCoupon(tx, { customerId: wang, template: 'birthday', key: 'look', by: SYSTEM })
    await grantPoints(tx, { customerId: wang, points: 50, key: 'look', why: 'gift' })
  })
  await story.lin.says('打电话给 王晓梅，想换一款车')
  await story.lin.press('想换一款车', 'yes')
  await story.wang.complain('无法还车')
  await story.settle()
  return wang
}

/** A customer from all sides, page by page, and who has looked at them. */
const looks: Scene = {
  name: 'customer-look',
  async play(story, album) {
    const { lin, zhou, chen } = story
    await wellKnown(story)
    album.skip(zhou, lin)
    await zhou.says(`客户 ${end(story.wang)}`)
    await zhou.press('查客户', 'view_0')
    await album.news('from all sides', zhou)
    await zhou.press('券和积分', 'past')
    await album.news('the past', zhou)
    for (let page = 1; zhou.card(`第 ${page} 页`).buttons.some(({ key }) => key === 'older'); page++)
      await zhou.press(`第 ${page} 页`, 'older')
    await album.last('the past, its end', zhou)
    await story.later('1 min')
    await zhou.press('第 1 页', 'follow')
    await album.last('a follow-up of one’s own', zhou)
    album.skip(zhou)
    await lin.says(`客户 ${end(story.wang)}`)
    await lin.press('查客户', 'view_0')
    await album.news('seen by the front line', lin)
    await chen.says(`客户 ${end(story.wang)}`)
    await chen.press('查客户', 'view_0')
    await album.news('seen by an engineer', chen)
    for (const said of [
      `客户标签 ${end(story.wang)} 喜欢SUV，周末用车`,
      `客户标签 ${end(story.wang)} -周末用车`,
      `谁看过 ${end(story.wang)}`,
      '导出客户',
      '导出客户 高价值客户',
      '导出客户 没有这群',
    ])
      await zhou.says(said)
    await album.news('tags, who looked, the list to take along', zhou)
    await lin.says(`谁看过 ${end(story.wang)}`)
    await lin.says('导出客户')
    await album.news('not for everybody', lin)
    await zhou.says(`谁看过 ${end(story.li)}`)
    await album.news('nobody to be found', zhou)
  },
}

/** Segments, and rules: how they stand, why one did or did not act, and stopping one. */
const automation: Scene = {
  name: 'automation',
  async play(story, album) {
    const { zhou } = story
    await wellKnown(story)
    for (const said of [
      '人群',
      '人群 高价值客户',
      '人群 大客户',
      `人群 高价值客户 ${end(story.wang)}`,
      `人群 近期不满意 ${end(story.wang)}`,
    ])
      await zhou.says(said)
    await album.news('segments', zhou)
    await story.later('1 min')
    for (const said of ['规则', `为什么 ${end(story.wang)} 沉默客户跟进`, `为什么 ${end(story.wang)} 紧急工单`])
      await zhou.says(said)
    await album.news('rules and why', zhou)
    await story.later('30 d')
    await story.lin.press('30 天没有联系的客户', 'not_reached')
    await story.later('2 d')
    await zhou.says(`为什么 ${end(story.wang)} 沉默客户跟进`)
    await album.last('why it did what it did', zhou)
    await story.later('1 min')
    for (const said of [
      '暂停规则 沉默客户跟进',
      '规则',
      '恢复规则 沉默客户跟进',
      '终止规则 沉默客户跟进',
      '规则',
      '恢复规则 沉默客户跟进',
    ])
      await zhou.says(said)
    await album.last('paused, killed, on again', zhou, 14)
  },
}

/** Two customers who are one, and two who are not. */
const merges: Scene = {
  name: 'merges',
  async play(story, album) {
    const { zhou, lin } = story
    await idOf(story, story.wang)
    await idOf(story, story.li)
    await story.li.complain('车座坏了')
    await lin.says(`合并客户 ${end(story.wang)} ${end(story.li)}`)
    await album.last('not for everybody', lin)
    for (const said of ['疑似重复', '合并客户 9999 8888', '合并客户 1', `撤销合并 ${end(story.li)}`])
      await zhou.says(said)
    await album.news('wrong forms', zhou)
    await story.later('1 min')
    await zhou.says(`合并客户 ${end(story.wang)} ${end(story.li)}`)
    await album.news('are they one?', zhou)
    await zhou.press('确认是同一位客户吗', 'swap')
    await album.card('the other way round', zhou, '确认是同一位客户吗')
    await zhou.press('确认是同一位客户吗', 'no')
    await album.card('given up', zhou, '合并客户')
    await zhou.says(`合并客户 ${end(story.wang)} ${end(story.li)}`)
    await zhou.press('确认是同一位客户吗', 'yes')
    await zhou.says('本人到店，核对了证件')
    await album.news('joined', zhou)
    await zhou.says(`撤销合并 ${end(story.wang)}`)
    await album.news('part them again?', zhou)
    await zhou.press('恢复为两位客户', 'yes')
    await album.card('parted', zhou, '撤销合并')
    for (const { user } of [story.wang, story.li])
      await story.db.write(async (tx) => (await contactByPhone(tx, user.phone, '小王')).id)
    await story.later('1 min')
    album.skip(zhou)
    await zhou.says('疑似重复')
    await album.news('pairs', zhou)
    await zhou.press('对客户可能是同一人', 'pair_0')
    await album.news('a pair', zhou)
    await zhou.press('确认是同一位客户吗', 'apart')
    await album.card('two for good', zhou, '已记为两位客户')
    await zhou.says('疑似重复')
    await album.last('pairs that are left', zhou)
  },
}

/** Companies and their people. */
const companies: Scene = {
  name: 'companies',
  async play(story, album) {
    const { lin } = story
    await idOf(story, story.wang)
    for (const said of [
      '公司 华信',
      '公司 华信科技有限公司，行业：制造，规模：200 人，背景：做自行车锁起家，架构：总部在杭州，上海设销售部',
      '联系人 华信，李建国，总经理，决策人',
      `联系人 华信，王晓梅，${story.wang.user.phone}，采购经理，上级李建国`,
      '联系人 华信，赵六，上级：钱七',
      '联系人 没有这家，赵六',
      '公司 华信科技（上海）有限公司，行业：贸易',
      '公司 华信科技',
    ])
      await lin.says(said)
    await album.news('a company', lin)
    await lin.says(`客户 ${end(story.wang)}`)
    await lin.press('找到 1 位', 'view_0')
    await album.last('a contact is a customer', lin)
  },
}

/** The card of who has not been heard of, with every answer; and what rules tell beside it. */
const followUps: Scene = {
  name: 'follow-ups',
  async play(story, album) {
    const { lin, zhou, wang } = story
    const CARD = '30 天没有联系的客户'
    await wellKnown(story)
    await lin.press('无法还车', 'finish', { type: 'other' })
    await story.later('30 d')
    await album.card('thirty days', lin, CARD)
    await lin.pressMenu(CARD, 'customer')
    await album.last('number and past', lin)
    await lin.press(CARD, 'later')
    await album.card('put off', lin, CARD)
    await story.later('3 d')
    await album.card('the second time', lin, '第 2 次提醒')
    await lin.press(CARD, 'not_reached')
    await album.card('not reached', lin, CARD)
    await story.later('4 d')
    await album.card('once more', lin, '再联系一次')
    await lin.press('再联系一次', 'reached')
    await album.card('reached', lin, '再联系一次')
    await story.later('31 d')
    await lin.press(CARD, 'lost')
    await album.last('why lost', lin)
    await lin.says('2')
    await album.card('lost', lin, CARD)
    await album.last('lost, told the supervisor', zhou)
    await story.later('60 d')
    await happens(story, await idOf(story, wang), 'order.paid', { amount: 100 })
    await story.later('31 d')
    await wang.complain('车锁打不开')
    await album.card('not needed any more', lin, CARD)
  },
}

export const people = [looks, automation, merges, companies, followUps]
