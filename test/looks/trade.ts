import { DAY, HOUR } from '../../server/lib/clock.ts'
import { happened, MAIL } from '../automations.ts'
import type { Story } from '../harness.ts'
import { giveEmail } from '../letters.ts'
import { jpeg } from '../pictures.ts'
import { happens, idOf } from '../rules.ts'
import { Sales } from '../sales.ts'
import { hire, reopened, request, type Scene, tail } from './scene.ts'

/** A lead: called, quoted, too cheap a quote, taken back from who lets it lie, won and lost. */
const leads: Scene = {
  name: 'leads',
  house: { env: { PACKS: 'service-desk,b2b' } },
  async play(story, album) {
    const sales = await Sales.open(reopened(story))
    const { shen, luo, gao } = sales
    const { he, wang, li } = story
    const lead = await sales.ask({ name: wang.user.nickname })
    await album.news('a lead', shen)
    await shen.pressMenu('首次联系', 'contact')
    await album.news('the number', shen)
    await shen.press('首次联系', 'finish', { outcome: 'interested' })
    await shen.says('想先试用，下周开会定')
    await shen.says('周五下午3点')
    await album.news('talked, and when again', shen)
    await story.later('4 d')
    await story.later('5 h')
    await album.card('the day that was agreed', shen, '【跟进】')
    album.skip(shen, gao, he)
    await shen.press('【跟进】', 'finish', { outcome: 'quote' })
    await shen.says('1 x 20 七折')
    await story.later('5 s')
    await album.news('a quote that is too cheap', shen, gao)
    await gao.press('报价审核', 'approve')
    await story.later('5 s')
    await album.card('the director as well', he, '报价审核')
    album.skip(he)
    await he.press('报价审核', 'approve')
    await story.later('5 s')
    await album.news('sent', shen)
    await shen.says(`报价单 ${lead.number}`)
    await album.news('the quote once more', shen)
    await story.later('3 d')
    await shen.press('【跟进】', 'finish', { outcome: 'won' })
    await album.last('won for how much', shen)
    await shen.says('好')
    await album.card('won', shen, '【跟进】')
    await story.later('1 min')
    const other = await sales.ask({ company: '苏州明辰精密', name: li.user.nickname, phone: li.user.phone }, li)
    await shen.press('首次联系', 'accept')
    await story.later('125 min')
    const takenBack = shen.chat().filter((item) => JSON.stringify(item).includes('已收回'))
    await album.keep('taken back', shen.userid, takenBack)
    await album.card('taken back, the next', luo, '首次联系')
    album.skip(luo)
    await luo.press('首次联系', 'finish', { outcome: 'lost' })
    await luo.says('2')
    await luo.says('选了本地的供应商')
    await album.news('lost', luo)
    await luo.says(`工单 ${tail(other)}`)
    await album.last('the lost lead', luo)
    await shen.says('公司 云帆')
    await album.last('the company', shen)
    await shen.says(`客户 ${wang.user.phone.slice(-4)}`)
    await shen.press('找到 1 位', 'view_0')
    await album.last('the customer', shen)
  },
}

/** What the rules of this business bring: a new contract, a year together, somebody who came to the office. */
const accounts: Scene = {
  name: 'accounts',
  house: { env: { PACKS: 'b2b' } },
  async play(story, album) {
    const sales = await Sales.open(reopened(story))
    const { shen, gao } = sales
    const wang = await idOf(story, story.wang)
    await giveEmail(story, wang, MAIL)
    await happened(story, wang, 362, 'contract.signed', { contract: 'C0' })
    await shen.says('打电话给 王晓梅，看过演示')
    await shen.press('看过演示', 'yes')
    album.skip(shen)
    await happens(story, wang, 'contract.signed', { contract: 'C1' })
    await album.news('a new contract', shen)
    await story.later('4 d')
    await album.news('nobody opened the mail; a year together', shen)
    await shen.press('合作满 1 年', 'lost')
    await shen.says('换了供应商')
    await album.news('lost', shen, gao)
    await bookFirst(story, 'demo', '想看看新版本')
    await album.news('an appointment', shen)
    await story.later('8 d')
    await album.card('they come', shen, '接待')
  },
}

/** Books the first free time of a service within a week. */
async function bookFirst(story: Story, service: string, note: string): Promise<void> {
  for (let ahead = 1; ahead <= 7; ahead++) {
    const day = new Date(story.clock.now() + ahead * DAY + 8 * HOUR).toISOString().slice(0, 10)
    const path = `/api/appointments/slots?service=${service}&day=${day}`
    const [slot] = (await story.wang.call<{ slots: { at: number }[] }>('GET', path)).body.slots ?? []
    if (!slot) continue
    const { status, body } = await story.wang.call('POST', '/api/appointments', { service, at: slot.at, note })
    if (status !== 201) throw new Error(`${service}: ${status} ${JSON.stringify(body)}`)
    return void (await story.settle())
  }
  throw new Error(`${service} has no free time`)
}

/** A shop: returns to their ends, an appointment in the store, a good buyer who does not come any more. */
const shop: Scene = {
  name: 'shop',
  house: { env: { PACKS: 'service-desk,mall' } },
  async play(story, album) {
    const [zheng, cang] = await hire(story, ['zhengjie', '郑洁', '财务'], ['cangku', '仓小满', '仓库管理员'])
    if (!zheng || !cang) return
    const { wang, li, lin, zhou } = story
    await wang.signIn()
    const photo = (await wang.upload(await jpeg())).body
    const giveBack = async (wish: string, end: string) => {
      const answers = { order: `M20261120-${end}`, wish, reason: 'broken', amount: '129.5', photos: [photo.id] }
      const ticket = await request(story, wang, 'return_exchange', { ...answers, description: '杯子碎了两个' })
      await lin.press('审核申请', 'approve')
      await wang.does(ticket.id, 'remarks', { text: `顺丰 SF1234${end}` })
      await story.later('1 min')
      return ticket
    }
    const received = async (condition: string, ...told: string[]) => {
      await cang.press('仓库验收', 'finish', { condition })
      if (condition !== 'missing') {
        await cang.sends(await jpeg())
        await cang.says('完成')
      }
      for (const words of told) await cang.says(words)
      await story.later('1 min')
    }
    await giveBack('refund', '000812')
    await album.news('to be looked at', cang)
    await received('missing', '仓库没有收到这件')
    await album.card('not arrived', lin, '查件')
    album.skip(lin, cang)
    await lin.press('查件', 'finish', { outcome: 'lost' })
    await lin.says('顺丰确认丢件，赔付走我方')
    await story.later('1 min')
    await album.news('traced', lin)
    await album.card('money back', zheng, '退款')
    await zheng.press('退款', 'finish')
    await zheng.says('129.50 元已原路退回，1 到 3 天到账')
    await zheng.says('TK20261123000812')
    await album.last('paid back', zheng)
    await giveBack('exchange', '000947')
    await received('as_described')
    await album.card('a new one', cang, '寄出新品')
    album.skip(cang)
    await cang.press('寄出新品', 'finish')
    await cang.says('顺丰 SF9876543210，预计后天到')
    await album.news('sent', cang)

    await bookFirst(story, 'leather_care', '皮包开线')
    await album.last('booked', lin)
    await story.later('1 d')
    await album.card('they come', lin, '接待')
    await lin.press('【接待】', 'finish', { outcome: 'no_show' })
    await album.card('they did not come', lin, '【接待】')
    const id = await idOf(story, li)
    for (const days of [57, 58, 58, 59]) await happened(story, id, days, 'order.paid', { amount: 60_000 })
    await story.later('4 d')
    await album.card('sixty days without an order', lin, '高价值客户 60 天没有下单')
    await giveBack('refund', '001063')
    await received('damaged', '只寄回了一个空盒')
    await album.card('tell the customer', lin, '告知客户')
    await story.later('7 d')
    await album.keep(
      'nobody called',
      zhou.userid,
      zhou.chat().filter((item) => JSON.stringify(item).includes('没有人联系')),
    )
  },
}

export const trade = [leads, accounts, shop]
