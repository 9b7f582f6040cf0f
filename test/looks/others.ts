import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Story, Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import type { Album } from './album.ts'
import { hire, request, type Scene, tail } from './scene.ts'

const GROUP = 'cidSandboxServiceDesk0001=='
const ROBOT = '值班群'

/** What is said in groups: by the robot when something climbs, and in the room of a serious case. */
async function inGroups(story: Story, album: Album, items: (run: string) => Record<string, object[]>): Promise<void> {
  const { wang, lin, zhou } = story
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text.replace('    acknowledge_for: 30 min', `    announce: ${ROBOT}\n    acknowledge_for: 30 min`),
  )
  await story.settle()
  await wang.complain('客服电话一直打不通', { type: 'service' })
  await story.later('20 min')
  await lin.press('客服电话一直打不通', 'accept')
  await story.later('30 min')
  const ticket = await wang.complain('骑行中刹车失灵，膝盖擦伤', { urgency: 'urgent' })
  const [run] = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM flow_runs ORDER BY id DESC'))
  await lin.press('膝盖擦伤', 'finish', { type: 'quality' })
  await story.later('5 min')
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  await wang.does(ticket.id, 'withdraw', { reason: '已自行解决' })
  for (const [name, said] of Object.entries(items(run?.id ?? ''))) await album.keep(name, 'group', said)
}

const wecomGroups: Scene = {
  name: 'groups',
  house: { env: { WECOM_GROUP_ROBOT_KEYS: `${ROBOT}=robot-key-1` } },
  on: ['wecom'],
  async play(story, album) {
    const { wecom } = story
    wecom.addRobot(ROBOT, 'robot-key-1')
    await inGroups(story, album, (run) => ({
      'said in the team’s group': wecom.robotSaid('robot-key-1'),
      'a room, opened and closed': wecom.group(run)?.items ?? [],
    }))
  },
}

const dingtalkGroups: Scene = {
  name: 'groups',
  house: {
    env: {
      DINGTALK_GROUP_ROBOTS: `${ROBOT}=sandbox-webhook-token:SECsandbox0webhook0secret`,
      DINGTALK_ROOM_GROUP: GROUP,
    },
  },
  on: ['dingtalk'],
  async play(story, album) {
    const { dingtalk } = story
    await inGroups(story, album, () => ({
      'said in the team’s group': dingtalk.chat(GROUP).filter(({ kind }) => kind === 'markdown'),
      'a room, opened and closed': dingtalk.chat(GROUP).filter(({ kind }) => kind === 'text'),
    }))
  },
}

/** A room that is on the other platform. */
const elsewhere: Scene = {
  name: 'elsewhere',
  house: { chat: 'both', env: { DINGTALK_ROOM_GROUP: GROUP } },
  on: ['both'],
  async play(story, album) {
    await story.db.write(async (tx) => {
      await tx.run(`UPDATE staff_accounts SET active = 0 WHERE platform = 'wecom' AND userId <> 'zhoumin'`)
      await tx.run(`UPDATE staff_accounts SET active = 0 WHERE userId = 'dt-zhoumin'`)
    })
    await story.wang.complain('骑行中刹车失灵，膝盖擦伤', { urgency: 'urgent' })
    await album.last('the room is elsewhere', story.zhou)
  },
}

/** Somebody whom nobody knows. */
const strangers: Scene = {
  name: 'strangers',
  house: { chat: 'both' },
  on: ['both'],
  async play(story, album) {
    const { he, wecom, dingtalk } = story
    const person = { name: '赵蕾', departments: [2], position: '一线客服', mobile: '13612345678' }
    wecom.people.push({ ...person, userid: 'zhaolei', unseen: true })
    const { departments } = dingtalk.people[0] ?? { departments: [1] }
    const ids = { userid: 'dt-zhao', unionid: 'un-zhao', jobNumber: 'YK105', twin: 'zhaolei' }
    dingtalk.people.push({ ...person, ...ids, departments })
    await story.later('18 h')
    const zhao = new Worker(story, 'zhaolei')
    await zhao.says('我的任务')
    await zhao.says('136 1234 5678')
    await zhao.says('在吗')
    await album.last('who are you?', zhao, 6)
    await album.keep('is it you?', 'zhao', dingtalk.cards('dt-zhao'), 'dingtalk')
    await dingtalk.press('dt-zhao', dingtalk.cards('dt-zhao')[0]?.taskId ?? '', 'no')
    await story.settle()
    await album.last('denied', zhao)
    await album.keep('it was not you', 'zhao', dingtalk.cards('dt-zhao'), 'dingtalk')
    await zhao.says('我是新来的小赵')
    await zhao.says('我是新来的小赵')
    await album.card('an admin decides', he, '未识别的账号')
    await he.press('未识别的账号', 'approve')
    await album.last('nobody chosen', he)
    await story.later('1 min')
    await he.press('未识别的账号', 'refuse')
    await album.card('refused', he, '未识别的账号')
    await album.last('refused, the stranger', zhao)
    await zhao.says('赵蕾')
    await zhao.says('赵蕾')
    await dingtalk.press('dt-zhao', dingtalk.cards('dt-zhao').at(-1)?.taskId ?? '', 'yes')
    await story.settle()
    await album.keep('it is you', 'zhao', dingtalk.cards('dt-zhao').slice(-1), 'dingtalk')
    await album.last('linked', zhao)
    await zhao.says('平台 钉钉')
    await album.last('another platform', zhao)
    await zhao.says('帮助')
    await album.last('help with a choice of platforms', zhao)
  },
}

/** The AI bot, alone and in a group. */
const assistant: Scene = {
  name: 'assistant',
  on: ['wecom'],
  async play(story, album) {
    const bot = story.sandbox.wecomBot
    if (!bot) throw new Error('no AI bot')
    while (!bot.connected()) await new Promise(setImmediate)
    const { wang, lin, zhou } = story
    const keep = (name: string, items: object[]) => album.keep(name, 'bot', items, 'assistant')
    const ask = async (name: string, text: string, place = {}) =>
      keep(name, (await bot.ask('linxiaoyu', text, place)).items)
    await keep('welcome', (await bot.enter('linxiaoyu')).items)
    const ticket = await wang.complain('链条断裂，骑到一半走不了')
    await ask('tasks', '我的任务')
    await ask('ticket', `工单 ${tail(ticket)}`)
    await ask('today', '今日')
    await ask('help', '帮助')
    await ask('a number that is none', '工单 ZZZZZ')
    await ask('in a group', '我的任务', { chatId: 'team1' })
    await keep('a picture', (await bot.sendImage('linxiaoyu', await jpeg())).items)
    await ask('find', '客户 1234')
    await ask('hand over', '交接 给 周敏')
    const asked = await bot.ask('linxiaoyu', `工单 ${tail(ticket)}`)
    const card = asked.items.find((item) => item.kind === 'card')
    await lin.press('链条断裂', 'finish', { type: 'quality' })
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    if (card?.kind === 'card') {
      const pressed = await bot.press('linxiaoyu', card.taskId, card.buttons[0]?.key ?? '')
      await keep('a card that is over', [pressed.card])
    }
    await ask('a ticket with others', `工单 ${tail(ticket)}`)
    await keep('somebody unknown', (await bot.ask('nobody', '今日')).items)
  },
}

/** What the system says of itself, and what comes where a card cannot. */
const house: Scene = {
  name: 'house',
  async play(story, album) {
    const { wang, lin, he, chat } = story
    const audit = async () => {
      await story.running.duties.find(({ name }) => name === 'audit')?.run()
      await story.settle()
    }
    if (chat === story.wecom) {
      await story.wecom.enter('linxiaoyu')
      await story.settle()
      await album.last('greeting', lin)
    } else {
      await wang.signIn()
      story.dingtalk.app.cardTemplateId = 'taken-down.schema'
      await wang.complain('车锁打不开，手机上还在计费')
      await album.last('work notification', lin)
      story.dingtalk.app.cardTemplateId = story.running.house.config.dingtalk?.cardTemplateId ?? ''
    }
    for (let n = 1; n <= 5; n++) await wang.complain(`车辆 ${8800 + n} 打不开锁`)
    await story.db.write(async (tx) => {
      await tx.run(`UPDATE flow_steps SET state = 'cancelled', dueAt = NULL, wakeAt = NULL`)
      await tx.run(`UPDATE messages SET state = 'failed', nextAt = NULL, triedAt = createdAt, error = '47003 argument invalid'
        WHERE channel = 'customer'`)
    })
    await audit()
    await album.last('audit', he)

    const ticket = await wang.complain('申诉交了三天没人理', { type: 'delay' })
    await story.later('20 min')
    await story.later('4 d')
    await he.press('三天没人理', 'acknowledge')
    await album.card('a fresh card for an old one', story.zhou, '三天没人理')
    await story.later('4 d')
    await wang.does(ticket.id, 'withdraw', {})
    // On DingTalk a card of any age still changes: there is nothing to tell of it.
    if (story.chat === story.sandbox.wecom) await album.last('a line for an old card', story.zhou)
  },
}

/** Presses that come too late, and what is refused. */
const refused: Scene = {
  name: 'refused',
  async play(story, album) {
    const [sun] = await hire(story, ['sunli', '孙丽', '一线客服'])
    if (!sun) return
    const { wang, lin, zhou, chen, he } = story
    await wang.complain('车座太松，骑着打滑')
    await story.later('50 min')
    const old = zhou.card('升级提醒').taskId
    const mine = lin.card('车座太松，骑着打滑').taskId
    await lin.press('车座太松，骑着打滑', 'accept')
    await sun.pressCard(sun.card('车座太松，骑着打滑').taskId, 'finish', { type: 'other' }, true)
    await album.last('taken by a colleague', sun)
    await he.press('升级提醒', 'takeover')
    await story.later('1 min')
    await lin.pressCard(mine, 'finish', { type: 'other' }, true)
    await album.last('taken over meanwhile', lin)
    await zhou.pressCard(old, 'acknowledge', undefined, true)
    // On DingTalk the card in hand has changed already: what is pressed there is what holds.
    if (story.chat === story.sandbox.wecom) await album.last('a supervisor too late', zhou)
    await he.press('登记核实', 'finish', { type: 'other' })
    await story.later('1 min')
    await lin.pressCard(mine, 'finish', { type: 'other' }, true)
    await album.last('done meanwhile', lin)
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'ask')
    await chen.says('长'.repeat(501))
    await album.last('too long a question', chen)
    await chen.sends(await jpeg())
    await album.last('a photo that nobody wants', chen)
  },
}

/** What other businesses' forms put on the card. */
const mall: Scene = {
  name: 'mall',
  house: { env: { PACKS: 'service-desk,mall' } },
  async play(story, album) {
    const [zheng, cang] = await hire(story, ['zhengjie', '郑洁', '财务'], ['cangku', '仓小满', '仓库管理员'])
    if (!zheng || !cang) return
    const { wang, lin, zhou } = story
    await wang.signIn()
    const photo = (await wang.upload(await jpeg())).body
    const order = 'M20261120-000812'
    const company = { kind: 'company', title: '上海迎客智能科技有限公司浦东分公司', taxNumber: '91310115MA1K3XYU8Q' }
    await request(story, wang, 'invoice', { order, ...company, email: 'finance.invoice@yingke-example.com' })
    await album.card('invoice', zheng, '开票')
    await request(story, wang, 'question', { topic: 'delivery', question: '快递到哪了？说好昨天到的。', order })
    await album.card('question', lin, '回复客户')
    await lin.press('回复客户', 'finish')
    await album.last('question, words asked', lin)
    await lin.says('快递今天下午派送，晚到一天，已为您补 5 元券。')
    await album.card('question, answered', lin, '回复客户')
    await request(story, wang, 'return_exchange', {
      order,
      wish: 'exchange',
      reason: 'broken',
      amount: '1299.5',
      photos: [photo.id],
      description: '外箱压扁，杯子碎了两个',
    })
    await album.card('return', lin, '审核申请')
    await lin.press('审核申请', 'approve')
    await zhou.press('审核申请', 'approve')
    await story.later('9 d')
    await album.card('remind to send back', lin, '催寄回')
    await lin.press('催寄回', 'finish', { outcome: 'shipped' })
    await lin.says('顺丰 SF1234567890')
    await album.card('warehouse', cang, '仓库验收')
    await cang.press('仓库验收', 'finish', { condition: 'damaged' })
    await cang.sends(await jpeg())
    await cang.says('完成')
    await album.last('warehouse, a note asked', cang)
    await cang.says('只寄回了一个空盒')
    await album.card('tell the customer', lin, '告知客户')
  },
}

export const others = [wecomGroups, dingtalkGroups, elsewhere, strangers, assistant, house, refused, mall]
