import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jpeg } from '../pictures.ts'
import { hire, type Scene, tail } from './scene.ts'

const LONG =
  '今天早上七点五十在人民广场 2 号口扫码开车，车锁一直打不开，连续试了三次都提示失败，等了将近二十分钟，最后只好走路去公司，迟到被扣了全勤奖。更离谱的是手机上显示我正在骑行，到现在还在计费，押金也退不出来。我打了两次客服电话都没有人接。希望今天之内把多扣的钱退给我，并且告诉我押金什么时候能退，另外请把这辆车收走，别再坑别人。'
const SOLUTION =
  '锁芯老化卡死，车辆已远程停用。今天 18:00 前由外勤更换车锁；行程按 7:50 结束，多扣的 12.50 元与押金 199 元今天原路退回，预计 1 至 3 个工作日到账；另补一张 7 天骑行卡。请客服先向客户致歉并说明到账时间。'

/** A complaint from its registration to the last call, with photos and long words. */
const path: Scene = {
  name: 'complaint',
  async play(story, album) {
    const { wang, lin, zhou, chen } = story
    await wang.signIn()
    const photo = (await wang.upload(await jpeg())).body
    const more = { order: 'R20261123001', photos: [photo.id] }
    story.wechat.faults.down = 'reset'
    const ticket = await wang.complain(LONG, more)
    await album.card('words are being checked', lin, '登记核实')
    await lin.pressMenu('登记核实', 'photos')
    await album.last('a photo is being checked', lin)
    story.wechat.faults.down = false
    await story.later('2 min')
    await story.wechat.finishMediaChecks()
    await story.settle()
    await album.card('open', lin, '登记核实')
    await lin.press('登记核实', 'accept')
    await album.card('accepted', lin, '登记核实')
    await lin.pressMenu('登记核实', 'photos')
    await album.last('a photo', lin)
    await lin.pressMenu('登记核实', 'page')
    await album.last('the page', lin)
    await lin.press('登记核实', 'finish', { type: 'quality' })
    await album.card('done', lin, '登记核实')

    await album.card('assign', zhou, '指派负责人')
    await zhou.press('指派负责人', 'finish')
    await album.last('asked for a person', zhou)
    await zhou.says('1')
    await album.last('done by words', zhou)
    await album.card('solution', chen, '制定方案')
    await chen.press('制定方案', 'accept')
    await album.card('solution accepted', chen, '制定方案')
    await chen.press('制定方案', 'finish')
    await album.last('asked for words', chen)
    await chen.sends(await jpeg(800, 600))
    await album.last('photo taken, words asked', chen, 2)
    await chen.says(SOLUTION)
    await album.last('solution given', chen)
    await album.card('talk', lin, '与客户沟通')
    await lin.press('与客户沟通', 'finish')
    await album.last('asked for a choice', lin)
    await lin.says('7')
    await album.last('a wrong choice', lin)
    await lin.says('取消')
    await album.last('given up', lin)
    await story.later('1 min')
    await lin.press('与客户沟通', 'finish', { agreed: 'no' })
    await album.last('words asked after a choice', lin)
    await lin.says('客户不接受，要求今天中午前就退款，不等 3 个工作日')
    await album.card('solution again', chen, '制定方案')
    await chen.press('制定方案', 'finish')
    await chen.says('已联系财务加急，12:00 前退回')
    await lin.press('与客户沟通', 'finish', { agreed: 'yes' })
    await lin.says('客户接受')
    await album.card('resolve', chen, '落实解决')
    await chen.press('落实解决', 'finish')
    await album.last('result asked', chen)
    await chen.says('车锁已更换，押金 199 元和多扣的 12.50 元已原路退回，另赠 7 天骑行卡一张。')
    await album.card('follow up', zhou, '回访总结')
    await wang.does(ticket.id, 'rating', { csat: 4, nps: 7, words: '态度不错，但是拖得有点久' })
    await album.card('rated', zhou, '客户已评价')
    await album.card('older card points down', zhou, '请看下方')
    await zhou.press('客户已评价', 'finish', { satisfaction: '4' })
    await zhou.says('锁芯老化，建议批量巡检')
    await album.card('all done', zhou, '客户已评价')
    await zhou.pressMenu('客户已评价', 'history')
    await album.last('history', zhou)
    await zhou.says(`工单 ${tail(ticket)}`)
    await album.last('ticket card of what is over', zhou)
  },
}

/** Everything a customer can do while somebody works: answers, remarks, urging, withdrawing; and an urgent case. */
const customer: Scene = {
  name: 'customer',
  async play(story, album) {
    const { wang, lin, he, zhou } = story
    const ticket = await wang.complain('骑行途中刹车突然失灵，膝盖擦伤，请尽快联系我。', { urgency: 'urgent' })
    await album.last('alert to the director', he)
    await album.card('urgent', lin, '刹车突然失灵')
    await lin.press('刹车突然失灵', 'ask')
    await album.last('what to ask', lin)
    await lin.says('请问车辆编号是多少？您现在在哪家医院？')
    await album.last('asked', lin)
    await album.card('waiting for the customer', lin, '刹车突然失灵')
    await wang.does(ticket.id, 'remarks', { text: '编号是 88012，在人民医院急诊' })
    await album.card('answered', lin, '客户有补充')
    const photo = (await wang.upload(await jpeg())).body
    await story.later('1 min')
    await wang.does(ticket.id, 'remarks', { text: '', photos: [photo.id] })
    await album.card('remark with photos only', lin, '客户有补充')
    await wang.does(ticket.id, 'urge')
    await album.card('urged', lin, '客户催办')
    await lin.press('客户催办', 'finish', { type: 'quality' })
    await album.card('urgent, to assign', zhou, '指派负责人')
    await wang.does(ticket.id, 'withdraw', { reason: '问题已经解决' })
    await album.card('withdrawn', zhou, '指派负责人')
    const other = await wang.complain('车筐丢了')
    await lin.press('车筐丢了', 'accept')
    await wang.does(other.id, 'withdraw', { reason: '找到了' })
    await album.last('withdrawn, a line', lin)
    const again = await wang.complain('车铃也坏了')
    const same = await wang.complain('车铃坏了')
    await lin.press('车铃也坏了', 'accept')
    await zhou.says(`合并 ${tail(again)} 到 ${tail(same)}`)
    await album.last('merged by another, a line', lin)
  },
}

/** The clock: reminders, overdue, the chain, and what a supervisor can do. */
const clock: Scene = {
  name: 'clock',
  async play(story, album) {
    const [wu] = await hire(story, ['wulei', '吴磊', '客服主管'])
    const [sun] = await hire(story, ['sunli', '孙丽', '一线客服'])
    if (!wu || !sun) return
    const { wang, lin, zhou, chen, he } = story
    await wang.complain('押金三天了还没有退回', { type: 'fee' })
    await story.later('5 min')
    await album.card('warning at half', lin, '时限提醒')
    await album.card('a reminded card points down', lin, '请看下方')
    await story.later('3 min')
    await album.card('warning at four fifths', lin, '时限提醒')
    await story.later('2 min')
    await album.card('overdue', lin, '已超时')
    await story.later('10 min')
    await album.card('escalation, level 1', zhou, '升级提醒')
    await zhou.press('升级提醒', 'acknowledge')
    await album.card('acknowledged', zhou, '升级提醒')
    await album.card('acknowledged by a colleague', wu, '升级提醒')
    await story.later('1 h')
    await album.card('escalation, level 2', he, '升级提醒')
    await album.card('carried further', zhou, '升级提醒')
    await zhou.press('升级提醒', 'extend')
    await album.last('extend by how much', zhou)
    await zhou.says('2')
    await album.last('extend why', zhou)
    await zhou.says('财务系统升级，下午恢复')
    await album.last('extended', zhou)
    await album.last('extended, told', lin)
    await album.card('extended, the supervisor', he, '升级提醒')
    await album.card('extended, the assignee', lin, '登记核实')

    await wang.complain('充值没有到账', { type: 'fee' })
    await lin.press('充值没有到账', 'accept')
    await album.card('taken by a colleague', sun, '充值没有到账')
    await lin.press('充值没有到账', 'transfer')
    await album.last('transfer to whom', lin)
    await lin.says('孙丽')
    await album.last('transferred', lin)
    await album.card('transferred away', lin, '充值没有到账')
    await album.card('transferred to me', sun, '充值没有到账')
    await story.later('20 min')
    await album.card('escalation with an assignee', zhou, '充值没有到账')
    await zhou.press('充值没有到账', 'reassign')
    await album.last('nobody chosen', zhou)
    await story.later('1 min')
    await zhou.press('充值没有到账', 'reassign', { person: zhou.option('充值没有到账', '林小雨') })
    await album.card('reassigned, the old hands', sun, '充值没有到账')
    await album.card('reassigned, the new hands', lin, '充值没有到账')
    await album.card('reassigned, the supervisor', zhou, '充值没有到账')
    await zhou.press('充值没有到账', 'takeover')
    await album.card('taken over, the supervisor', zhou, '充值没有到账')
    await album.card('taken over, the old hands', lin, '充值没有到账')
    const { taskId } = zhou.card('升级提醒')
    await zhou.press('登记核实', 'finish', { type: 'fee' })
    await album.cardOf('finished, an escalation card', zhou, taskId)
    await story.later('5 min')
    await album.card('unaccepted', wu, '请尽快办理')
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await album.card('unaccepted, done by another', wu, '指派负责人')
    await story.later('6 min')
    await album.card('unaccepted engineer', chen, '制定方案')
    await chen.press('制定方案', 'accept')
    await album.card('unaccepted, now accepted', chen, '制定方案')
  },
}

/** Where everybody of a level must confirm, and pictures and words that the platform does not let pass. */
const rare: Scene = {
  name: 'rare',
  async play(story, album) {
    const file = join(story.templates, 'packs/service-desk/pack.yaml')
    const pack = await readFile(file, 'utf8')
    await writeFile(
      file,
      pack.replace('{ to: supervisor, after: 10 min }', '{ to: supervisor, after: 10 min, acknowledge: all }'),
    )
    const [wu] = await hire(story, ['wulei', '吴磊', '客服主管'])
    if (!wu) return
    const { wang, lin, zhou, he } = story
    await wang.complain('打了三次客服电话都没有人接', { type: 'service' })
    await story.later('20 min')
    await album.card('all must acknowledge', zhou, '升级提醒')
    await zhou.press('升级提醒', 'acknowledge')
    await album.card('one has, another has not', zhou, '升级提醒')
    await album.card('the other', wu, '升级提醒')

    const photo = (await wang.upload(await jpeg())).body
    story.wechat.faults.down = 'reset'
    await wang.complain('刹车失灵撞到护栏，手掌擦伤', { urgency: 'urgent', photos: [photo.id] })
    await album.last('alert before the check', he)
    story.wechat.faults.down = false
    await story.later('2 min')
    await story.wechat.finishMediaChecks('risky')
    await story.settle()
    await lin.pressMenu('刹车失灵撞到护栏，手掌擦伤', 'photos')
    await album.last('a photo that did not pass', lin)
  },
}

export const complaint = [path, customer, clock, rare]
