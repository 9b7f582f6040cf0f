import assert from 'node:assert/strict'
import { encrypt, getSignature } from '@wecom/crypto'
import { DAY } from '../../server/lib/clock.ts'
import { test } from '../suite.ts'
import { buttonCard, cardMessage, openReceiver, passive, textMessage, WECOM } from './sandbox-receiver.ts'

const update = (code: unknown, more: Record<string, unknown>) => ({
  userids: ['linxiaoyu'],
  agentid: WECOM.agentId,
  response_code: code,
  ...more,
})
const UPDATE = '/cgi-bin/message/update_template_card'
const SEND = '/cgi-bin/message/send'

test('a press reaches the product encrypted, and the passive reply changes the copy of the presser only', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  await r.wecom(SEND, cardMessage('linxiaoyu|zhoumin', buttonCard('T1')))
  r.answer = () =>
    passive('update_button', '<Button><ReplaceName><![CDATA[已受理]]></ReplaceName></Button>', 'linxiaoyu')
  const pressed = await wecom.press('linxiaoyu', 'T1', 'accept', { to: ['zhoumin'] })
  assert.deepEqual([pressed.status, pressed.attempts, pressed.reply, pressed.changed], [200, 1, 'update_button', true])
  assert.equal(pressed.card.replaced, '已受理')
  assert.equal(pressed.card.alive, false)
  assert.equal(wecom.card('zhoumin', 'T1').alive, true)
  const { text, type } = r.got[0] ?? assert.fail('no callback')
  assert.equal(type, 'text/xml')
  assert.match(text, /<Event><!\[CDATA\[template_card_event]]><\/Event><EventKey><!\[CDATA\[accept]]>/)
  assert.match(text, /<TaskId><!\[CDATA\[T1]]><\/TaskId><CardType><!\[CDATA\[button_interaction]]>/)
  assert.match(text, /<QuestionKey><!\[CDATA\[to]]><\/QuestionKey><OptionIds><OptionId><!\[CDATA\[zhoumin]]>/)
  assert.match(text, new RegExp(`<ResponseCode><!\\[CDATA\\[${pressed.responseCode}]]>`))
  assert.match(text, /<AgentID>1000002<\/AgentID><\/xml>$/)
  await assert.rejects(wecom.press('linxiaoyu', 'T1', 'accept'), /no live button/)
  assert.equal((await wecom.press('linxiaoyu', 'T1', 'accept', {}, { stale: true })).status, 200)
})

test('a passive template card in repeated elements is read like its JSON form', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T1')))
  const card =
    '<CardType><![CDATA[button_interaction]]></CardType><MainTitle><Title><![CDATA[已受理]]></Title></MainTitle>' +
    '<HorizontalContentList><KeyName><![CDATA[客户]]></KeyName><Value><![CDATA[王女士]]></Value></HorizontalContentList>' +
    '<ButtonSelection><QuestionKey><![CDATA[to]]></QuestionKey><OptionList><Id><![CDATA[2]]></Id><Text><![CDATA[二]]>' +
    '</Text></OptionList><SelectedId><![CDATA[2]]></SelectedId><Disable>true</Disable></ButtonSelection>' +
    '<ButtonList><Text><![CDATA[解决]]></Text><Style>1</Style><Key><![CDATA[resolve]]></Key></ButtonList>'
  const reply = (inner: string) => passive('update_template_card', `<TemplateCard>${inner}</TemplateCard>`, 'linxiaoyu')
  r.answer = () => reply(card)
  const pressed = await wecom.press('linxiaoyu', 'T1', 'accept')
  assert.equal(pressed.refused, undefined)
  assert.deepEqual(pressed.card.card.horizontal_content_list, [{ keyname: '客户', value: '王女士' }])
  assert.deepEqual(pressed.card.buttons, [{ key: 'resolve', text: '解决', style: 1, alive: true }])
  assert.equal(pressed.card.selects[0]?.disabled, true)
  assert.equal(pressed.card.taskId, 'T1')
  r.answer = () => reply(`${card}<ReplaceText><![CDATA[已结束]]></ReplaceText>`)
  const again = await wecom.press('linxiaoyu', 'T1', 'resolve')
  assert.deepEqual([again.card.replaced, again.card.alive], ['已结束', false])
})

test('a reply that is not signed, not for the presser or not a card is refused and changes nothing', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T1')))
  const refusedBy = async (answer: string) => {
    r.answer = () => answer
    const pressed = await wecom.press('linxiaoyu', 'T1', 'accept')
    assert.equal(pressed.changed, false)
    return pressed.refused ?? ''
  }
  assert.match(await refusedBy('<raw><xml></xml>'), /<xml>|Encrypt/)
  const sealed = encrypt(WECOM.encodingAesKey, passive('text', '<Content>x</Content>', 'linxiaoyu'), WECOM.corpId)
  const forged = (key: string) => getSignature(key, '1', 'n', sealed)
  const envelope = (signature: string) =>
    `<xml><Encrypt>${sealed}</Encrypt><MsgSignature>${signature}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>`
  assert.match(await refusedBy(`<raw>${envelope(forged('other'))}`), /MsgSignature/)
  assert.equal(await refusedBy(`<raw>${envelope(forged(WECOM.token))}`), '')
  assert.match(await refusedBy(passive('update_button', '<Button></Button>', 'linxiaoyu')), /ReplaceName|Button/)
  assert.match(await refusedBy(passive('text', '<Content>x</Content>', 'zhoumin')), /somebody else/)
  const notice = '<TemplateCard><CardType>text_notice</CardType><SubTitleText>x</SubTitleText></TemplateCard>'
  assert.match(await refusedBy(passive('update_template_card', notice, 'linxiaoyu')), /42045/)
})

test('no answer is tried three times more with the same CreateTime', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T1')))
  r.answer = () => 'reset'
  const lost = await wecom.press('linxiaoyu', 'T1', 'accept')
  assert.deepEqual([lost.status, lost.attempts, r.got.length], [0, 4, 4])
  assert.equal(new Set(r.got.map(({ text }) => text)).size, 1)
  assert.equal(new Set(r.got.map(({ query }) => query.get('nonce'))).size, 4)
  let round = 0
  r.answer = () => (++round === 1 ? 500 : '')
  assert.deepEqual((await wecom.say('linxiaoyu', '你好')).attempts, 2)
  r.answer = () => 403
  assert.deepEqual(await wecom.say('linxiaoyu', '你好'), { status: 403, attempts: 1, reply: 'none' })
})

test('REST updates want an unused response code of at most 72 hours', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  const { response_code: sent } = await r.wecom(SEND, cardMessage('linxiaoyu|zhoumin', buttonCard('T1')))
  const done = { button: { replace_name: '已完成' } }
  const first = await r.wecom(UPDATE, update(sent, { ...done, userids: ['zhoumin', 'Nobody'] }))
  assert.deepEqual([first.errcode, first.invaliduser], [0, ['nobody']])
  assert.equal(wecom.card('zhoumin', 'T1').replaced, '已完成')
  assert.equal(wecom.card('linxiaoyu', 'T1').alive, true)
  assert.notEqual((await r.wecom(UPDATE, update(sent, done))).errcode, 0, 'one use')

  const { responseCode } = await wecom.press('linxiaoyu', 'T1', 'accept')
  const card = { card_type: 'text_notice', main_title: { title: '已受理' }, card_action: { type: 1, url: 'http://x/' } }
  const { card_action, ...broken } = card
  assert.equal((await r.wecom(UPDATE, update(responseCode, { template_card: broken }))).errcode, 42045)
  assert.equal((await r.wecom(UPDATE, update(responseCode, { template_card: card }))).errcode, 0)
  assert.equal(wecom.card('linxiaoyu', 'T1').card.card_type, 'text_notice')
  assert.equal(wecom.updates.length, 2)
  assert.equal(card_action.type, 1)

  const { response_code: late } = await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T2')))
  r.clock.advance(3 * DAY)
  assert.notEqual((await r.wecom(UPDATE, update(late, done))).errcode, 0, 'too late')
})

test('faults: down, errors in a row, a lost answer, lost replies, duplicates', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  const send = (text: string) => r.wecom(SEND, textMessage('zhoumin', text))
  wecom.faults.errcodes.push(45009, 45009)
  assert.deepEqual([(await send('a')).errcode, (await send('a')).errcode, (await send('a')).errcode], [45009, 45009, 0])
  wecom.faults.ipNotListed = true
  assert.equal((await send('b')).errcode, 60020)
  wecom.faults.ipNotListed = false
  wecom.faults.loseAnswers = 1
  await assert.rejects(send('c'))
  assert.equal(wecom.sent.length, 2, 'carried out although the answer was lost')
  wecom.faults.down = 'reset'
  await assert.rejects(send('d'))
  wecom.faults.down = '503'
  assert.equal((await fetch(`${r.sandbox.wecomBase}/cgi-bin/gettoken`)).status, 503)
  wecom.faults.down = false

  await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T1')))
  r.answer = () => passive('update_button', '<Button><ReplaceName>x</ReplaceName></Button>', 'linxiaoyu')
  wecom.faults.loseReplies = true
  wecom.faults.duplicateCallbacks = 2
  const pressed = await wecom.press('linxiaoyu', 'T1', 'accept')
  assert.deepEqual([pressed.changed, r.got.length], [false, 3])
  assert.equal(new Set(r.got.map(({ text }) => text)).size, 1)
})

test('a notice with an upper-right menu calls back and can be changed', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  const notice = {
    card_type: 'text_notice',
    main_title: { title: '提醒' },
    card_action: { type: 1, url: 'http://x/' },
    action_menu: { desc: '更多', action_list: [{ text: '静音', key: 'mute' }] },
    task_id: 'N1',
  }
  const { response_code } = await r.wecom(SEND, cardMessage('zhoumin', notice))
  assert.equal(typeof response_code, 'string')
  await wecom.pressMenu('zhoumin', 'N1', 'mute')
  assert.match(r.got[0]?.text ?? '', /template_card_menu_event.+<EventKey><!\[CDATA\[mute]]>/)
  assert.doesNotMatch(r.got[0]?.text ?? '', /SelectedItems/)
  await assert.rejects(wecom.pressMenu('zhoumin', 'N1', 'other'), /no menu entry/)
})
