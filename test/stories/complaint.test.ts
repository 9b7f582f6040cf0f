import assert from 'node:assert/strict'
import { onEachChat, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

onEachChat((open) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
  })
  afterEach(() => story.close())

  test('a complaint travels through its six steps and back to the customer', async () => {
    const { wang, lin, zhou, chen } = story
    const ticket = await wang.complain('车锁打不开，扫码三次都失败', { order: 'R20261123001' })
    assert.match(ticket.number, /^T261123-[0-9A-Z]{5}$/)

    const first = lin.card('车锁打不开')
    const text = JSON.stringify(first.card)
    for (const fact of ['登记核实', ticket.number, '138****1234', '王**', 'R20261123001', '10:10']) {
      assert.ok(text.includes(fact), `the card tells ${fact}: ${text}`)
    }
    await lin.press('车锁打不开', 'accept')
    const done = await lin.press('车锁打不开', 'finish', { type: 'quality' })
    assert.match(String(done.replaced), /林小雨 已于 11月23日 10:00 完成/)

    const engineer = zhou.option('指派负责人', '陈志远')
    await zhou.press('指派负责人', 'finish', { engineer })

    await chen.press('制定方案', 'accept')
    await chen.press('制定方案', 'finish')
    assert.match(chen.lastLine(), /请填写「解决方案」/)
    await chen.says('更换车锁，今天 18:00 前完成')
    assert.match(String(chen.card('制定方案').replaced), /陈志远 已于/)

    assert.ok(JSON.stringify(lin.card('与客户沟通').card).includes('更换车锁'))
    await lin.press('与客户沟通', 'finish', { agreed: 'yes' })
    await lin.says('客户同意更换')
    const agreed = JSON.stringify(chen.card('落实解决').card)
    for (const fact of ['更换车锁，今天 18:00 前完成', '接受方案', '客户同意更换', 'R20261123001'])
      assert.ok(agreed.includes(fact), `whoever carries the plan out reads ${fact}: ${agreed}`)

    await chen.press('落实解决', 'finish')
    await chen.says('车锁已更换，退还 5 元骑行费')
    const resolved = await wang.ticket(ticket.id)
    assert.equal(resolved.status, 'resolved')
    assert.equal(resolved.can.rate, true)

    const rated = await wang.does(ticket.id, 'rating', { csat: 5, nps: 9, words: '处理得快' })
    assert.equal(rated.status, 200)
    assert.equal(rated.body.rating?.csat, 5)

    assert.match(JSON.stringify(zhou.card('客户已评价').card), /满意度 5[\s\S]*处理得快[\s\S]*原述：车锁打不开/)
    await zhou.press('回访总结', 'finish', { satisfaction: '5' })
    await zhou.says('车锁老化，建议批量巡检')
    const [run] = await story.db.read((tx) => tx.query('SELECT state FROM flow_runs WHERE subjectId = ?', [ticket.id]))
    assert.equal(run?.state, 'ended')

    const told = wang.inbox()
    assert.ok(
      told.some((line) => line.includes('工程师正在制定解决方案')),
      told.join('\n'),
    )
    assert.ok(
      told.some((line) => line.includes('车锁已更换')),
      told.join('\n'),
    )
  })

  test('who has to think again reads the plan that was refused and why; its photos count beside the new ones', async () => {
    const { wang, lin, zhou, chen } = story
    await wang.complain('充电桩跳闸')
    await lin.press('充电桩跳闸', 'finish', { type: 'quality' })
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    const plan = '换掉漏电保护器，并检查整条线路，预计后天上午十点以前完成'
    const propose = async (words: string) => {
      await chen.press('制定方案', 'finish')
      await chen.sends(await jpeg())
      await chen.says(words)
    }
    await propose(plan)
    assert.match(JSON.stringify(lin.card('与客户沟通').card), /1 张，点「看照片」/)
    await lin.press('与客户沟通', 'finish', { agreed: 'no' })
    await lin.says('客户说后天太晚')
    const again = JSON.stringify(chen.card('制定方案').card)
    for (const fact of [plan, '不接受', '客户说后天太晚', '1 张，点「看照片」'])
      assert.ok(again.includes(fact), `${fact}: ${again}`)
    await propose('今天换好')
    const twice = JSON.stringify(lin.card('与客户沟通').card)
    assert.match(twice, /2 张，点「看照片」/)
    assert.match(twice, /今天换好/)
    assert.doesNotMatch(twice, /客户意见","(value|text)":"不接受/, 'what is to be chosen anew is not told as well')
  })

  test('what the customer answers stands on the cards of everybody who comes after', async () => {
    const { wang, lin, zhou, chen } = story
    const ticket = await wang.complain('刹车失灵，人摔伤了')
    await lin.press('刹车失灵', 'ask')
    await lin.says('车的编号是多少？人在哪里？')
    await wang.does(ticket.id, 'remarks', { text: '编号 88012，在人民医院急诊' })
    assert.match(JSON.stringify(lin.card('客户有补充').card), /问：车的编号是多少？人在哪里？\\\\?n答：编号 88012/)
    await wang.does(ticket.id, 'remarks', { text: '家属电话打不通，请打我的' })
    await lin.pressMenu('刹车失灵', 'page')
    const { url } = story.running
    const opened = await fetch(url + new URL(lin.link()).pathname, { method: 'POST', redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    assert.match(
      await (await fetch(`${url}/work`, { headers: { cookie } })).text(),
      /问：车的编号是多少？人在哪里？<br>答：编号 88012[\s\S]*客户补充：家属电话/,
    )
    await lin.press('刹车失灵', 'finish', { type: 'quality' })
    for (const words of ['刹车失灵，人摔伤了', '答：编号 88012，在人民医院急诊', '客户补充：家属电话打不通，请打我的'])
      assert.ok(JSON.stringify(zhou.card('指派负责人').card).includes(words), words)
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'finish')
    await chen.says('已派人去医院，车辆封存送检，今天下班前把结果和赔付办法告诉客户')
    const talk = JSON.stringify(lin.card('与客户沟通').card)
    for (const words of ['封存送检', '编号 88012，在人民医院急诊']) assert.ok(talk.includes(words), `${words}: ${talk}`)
  })
})
