import { hire, type Scene, tail } from './scene.ts'

/** What people type, and what the bot answers. */
const typed: Scene = {
  name: 'typed',
  async play(story, album) {
    const { wang, li, lin, zhou, chen, he } = story
    await lin.says('帮助')
    await album.last('help', lin)
    await zhou.says('帮助')
    await album.last('help of a supervisor', zhou)
    await lin.says('language en')
    await album.last('language', lin)
    await lin.says('help')
    await album.last('help in English', lin)
    await lin.says('语言 中文')
    await lin.says('我的任务')
    await album.last('no tasks', lin)
    for (const said of [
      '查',
      '帮住',
      '吃饭了吗',
      '7',
      '取消',
      '工单',
      '工单 T261123-ZZZZZ',
      '受理',
      '备注',
      '客户',
      '客户 9999',
    ])
      await lin.says(said)
    await album.last('not understood', lin, 22)
    await story.later('2 min')
    for (const said of [
      '交接',
      '交接 给 赵六',
      '交接 给 林小雨',
      '打电话给',
      '休息',
      '免打扰 晚上',
      '语言 法语',
      '我在',
      '团队',
      '平台 钉钉',
    ])
      await lin.says(said)
    await album.last('wrong forms', lin, 20)
    await story.later('2 min')
    for (const said of [
      '提醒我 喝水',
      '提醒我 今天 9:00 喝水',
      '提醒我 每天 9:00 打卡',
      '合并',
      '优先级 飞快',
      '标签',
      '拆单',
      '回复客户',
      '技能',
      '片区',
    ])
      await zhou.says(said)
    await album.last('wrong forms of a supervisor', zhou, 20)
    await story.later('2 min')
    for (const said of [
      '下班',
      '上班',
      '休息到 14:30',
      '免打扰 22:00-07:00',
      '免打扰 关',
      '提醒我 明天早上八点半 开晨会',
      '我在 31.2304,121.4737',
    ])
      await chen.says(said)
    await album.last('duty and quiet', chen, 14)
    await story.later('1 min')
    for (const said of ['技能 林小雨 锁 轮胎', '片区 林小雨 城东', '片区 林小雨', '片区 林小雨 不限', '今日'])
      await zhou.says(said)
    await album.last('skills and zones', zhou, 8)

    const first = await wang.complain('南京西路店灯坏了，白天也看不清货架', { type: 'other' })
    const second = await li.complain('南京西路店里太暗', { type: 'other' })
    await lin.says(`工单 ${tail(first)}`)
    await album.last('ticket, mine to take', lin)
    await chen.says(`工单 ${tail(first)}`)
    await album.last('ticket, not mine', chen)
    await lin.says(`受理 ${tail(first)}`)
    await album.last('taken by number', lin)
    await zhou.says(`工单 ${tail(first)}`)
    await album.last('ticket of a supervisor', zhou)
    await he.says(`关注 ${tail(first)}`)
    await album.last('watched', he)
    for (const said of [
      `备注 ${tail(first)} 客户下午不在家`,
      `标签 ${tail(first)} 照明 门店`,
      `关联 ${tail(first)} ${tail(second)} 重复`,
      `回复客户 ${tail(first)} 师傅半小时后到`,
      `优先级 ${tail(first)} 紧急`,
    ])
      await (said.startsWith('优先') ? zhou : lin).says(said)
    await album.last('note, tags, link, reply', lin, 8)
    await album.last('priority', zhou)
    await lin.says(`拆单 ${tail(first)} 另外要开发票`)
    await album.last('split', lin, 2)
    await lin.says(`合并 ${tail(second)} 到 ${tail(first)}`)
    await album.last('merged', lin)
    await album.card('a card of what was merged', lin, '店里太暗')
    await lin.says(`工单 ${tail(second)}`)
    await album.last('ticket that was merged', lin)
    await lin.says(`工单 ${tail(first)}`)
    await album.last('ticket that took another in', lin)
    await lin.pressMenu('店里太暗', 'history')
    await album.last('history of what was merged', lin)
    await lin.press('南京西路店灯坏了', 'finish', { type: 'other' })
    await album.last('watched: next step', he)
    await lin.says(`客户 1234`)
    await album.last('found one', lin)
    await lin.press('查客户', 'view_0')
    await album.last('customer, seen by the front line', lin)
    await story.later('10 min')
    await lin.says('今日')
    await album.last('today', lin)
    await zhou.says('今日')
    await album.last('today of a supervisor', zhou)
    await zhou.says('团队')
    await album.last('team', zhou)
  },
}

/** Lists and everything that comes by itself: tasks, digest, the morning, reminders. */
const lists: Scene = {
  name: 'lists',
  house: { at: '2026-11-23T16:40:00+08:00' },
  async play(story, album) {
    const { wang, lin, zhou } = story
    for (let n = 1; n <= 12; n++) await wang.complain(`车辆 ${8800 + n} 打不开锁`)
    await lin.press('车辆 8802 打不开锁', 'accept')
    await lin.press('车辆 8802 打不开锁', 'ask')
    await lin.says('请问车停在哪里？')
    await story.later('1 min')
    await lin.says('我的任务')
    await album.last('tasks', lin)
    await lin.press('项待办', 'more')
    await album.last('tasks, more', lin)
    await album.card('tasks, older', lin, '第 1-10 项')
    await story.later('5 min')
    await story.later('20 min')
    await album.keep(
      'digest',
      lin.userid,
      lin.chat().filter((item) => JSON.stringify(item).includes('提醒汇总')),
    )
    await lin.says('我的任务')
    await album.last('tasks, late', lin)
    await story.later('14 h')
    await story.later('2 h')
    await album.keep(
      'morning',
      lin.userid,
      lin.chat().filter((item) => JSON.stringify(item).includes('早报')),
    )
    await album.keep(
      'morning of a supervisor',
      zhou.userid,
      zhou.chat().filter((item) => JSON.stringify(item).includes('早报')),
    )
    const [one] = lin.cards().flatMap(({ card }) => /T\d{6}-(\w{5})/.exec(JSON.stringify(card))?.[1] ?? [])
    await lin.says(`提醒我 半小时后 ${one} 回电`)
    await album.last('will remind', lin)
    await lin.says('提醒我 半小时后')
    await story.later('31 min')
    await album.keep(
      'memo',
      lin.userid,
      lin.chat().filter((item) => JSON.stringify(item).includes('【提醒】')),
    )
    await zhou.says('我的任务')
    await album.last('tasks of a supervisor', zhou)
  },
}

/** What is asked before it is done: handing over, and a talk with a customer. */
const decisions: Scene = {
  name: 'decisions',
  async play(story, album) {
    const { wang, li, lin, zhou } = story
    await wang.complain('车座坏了')
    await wang.complain('车铃坏了')
    await lin.press('车座坏了', 'accept')
    await lin.press('车铃坏了', 'accept')
    await lin.says('交接 给 周敏')
    await album.last('hand over?', lin)
    await lin.press('任务交给', 'no')
    await album.card('hand over, no', lin, '任务交给')
    await lin.says('交接 给 周敏')
    await lin.press('任务交给', 'yes')
    await album.card('hand over, yes', lin, '任务交给')
    await album.card('handed over, the new hands', zhou, '车座坏了')
    await lin.says('客户 1234')
    await zhou.says('客户 1234')
    await zhou.press('查客户', 'view_0')
    await album.last('customer, whole', zhou)
    await li.signIn()
    await lin.says('打电话给 138…1234，周五续约，说再便宜一点就签三年，还想要一台备用车')
    await album.last('a talk', lin)
    await lin.press('请确认后保存', 'yes')
    await album.last('a talk, kept', lin)
    await story.later('1 s')
    await story.later('1 min')
    await lin.says('拜访 王晓梅 送了样品')
    await album.last('a visit without a date', lin)
    await lin.press('请确认后保存', 'change')
    await album.last('a visit, changed', lin, 2)
    await li.call('PATCH', '/api/me', { nickname: '王晓梅' })
    await story.settle()
    await lin.says('微信沟通 王晓梅，下周一上午10点回访')
    await album.last('a talk, with whom', lin)
    await lin.press('请确认后保存', 'yes')
    await album.last('a talk, nobody chosen', lin)
    await lin.says('客户 王晓梅')
    await album.last('found two', lin)
    await lin.says('开会 赵六，谈价格')
    await album.last('a talk with nobody known', lin)
    await zhou.says('客户 1234')
    await zhou.press('查客户', 'view_0')
    await album.last('customer with talks', zhou)
  },
}

/** People leave, and what they had goes to others. */
const leavers: Scene = {
  name: 'leavers',
  async play(story, album) {
    const [sun] = await hire(story, ['sunli', '孙丽', '一线客服'])
    if (!sun) return
    const { wang, lin, people } = story
    await wang.complain('车座升不上去，骑着膝盖疼')
    await lin.press('车座升不上去，骑着膝盖疼', 'accept')
    people.splice(
      people.findIndex(({ userid }) => userid === 'linxiaoyu'),
      1,
    )
    await story.restart()
    await story.settle()
    await album.card('from a leaver', sun, '车座升不上去，骑着膝盖疼')
  },
}

export const answers = [typed, lists, decisions, leavers]
