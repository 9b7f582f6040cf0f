import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from '../suite.ts'
import { cardFor, DELIVER, openDingtalkReceiver, PARAMS } from './sandbox-dingtalk-receiver.ts'

const CARDS = '/v1.0/card/instances'
const ZHOU = 'dt-zhoumin'

test('a card is delivered once for ever, and told per place', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const sent = await r.call('POST', DELIVER, cardFor(ZHOU, 'T1'))
  const [result] = sent.body.result.deliverResults
  assert.deepEqual([result.spaceType, result.spaceId, result.success], ['IM_ROBOT', ZHOU, true])
  const again = await r.call('POST', DELIVER, cardFor(ZHOU, 'T1'))
  assert.deepEqual([again.status, again.body.code], [400, 'param.cardAlreadyExist'])
  const card = r.dingtalk.card(ZHOU, 'T1')
  assert.deepEqual(
    [card.card.title, card.card.facts[0]?.text, card.card.source?.mood],
    ['新的投诉', '王晓梅', 'urgent'],
  )
  assert.deepEqual(
    card.buttons.map(({ key, alive }) => [key, alive]),
    [
      ['accept', true],
      ['transfer', true],
    ],
  )
  assert.deepEqual([card.selects[0]?.selected, card.inputs[0]?.name, card.menu[0]?.key], [[], 'note', 'history'])

  const nobody = await r.call('POST', DELIVER, cardFor('nobody', 'T2'))
  assert.deepEqual([nobody.body.success, nobody.body.result.deliverResults[0].success], [true, false])
  r.dingtalk.faults.failDeliveries = 1
  const failed = await r.call('POST', DELIVER, cardFor(ZHOU, 'T3'))
  assert.equal(failed.body.result.deliverResults[0].success, false)
  assert.equal((await r.call('POST', DELIVER, cardFor(ZHOU, 'T3'))).body.result.deliverResults[0].success, true)
  assert.equal(r.dingtalk.cards(ZHOU).length, 2)
})

test('cards that lack something are refused as the platform does', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const code = async (more: object) => (await r.call('POST', DELIVER, cardFor(ZHOU, 'T1', { ...more }))).body.code
  assert.equal(await code({ cardTemplateId: '' }), 'param.cardTemplateIdEmpty')
  assert.equal(await code({ cardTemplateId: 'other' }), 'param.templateNotExist')
  assert.equal(await code({ outTrackId: '' }), 'param.outTrackIdEmpty')
  assert.equal(await code({ cardData: {} }), 'param.cardPublicDataEmpty')
  assert.equal(await code({ cardData: { cardParamMap: { count: 1 } } }), 'param.invalid')
  assert.equal(await code({ cardData: { cardParamMap: { title: '长'.repeat(342) } } }), 'param.invalid')
  assert.equal(await code({ cardData: { cardParamMap: { ['k'.repeat(101)]: '' } } }), 'param.invalid')
  assert.equal(await code({ openSpaceId: '' }), 'param.openSpaceIdEmpty')
  assert.equal(await code({ openSpaceId: `IM_ROBOT.${ZHOU}` }), 'param.openSpaceIdInvalid')
  assert.equal(await code({ imRobotOpenDeliverModel: undefined }), 'param.openDeliverModelEmpty')
  assert.equal(await code({ imRobotOpenDeliverModel: { spaceType: 'IM_GROUP' } }), 'param.openDeliverModelError')
  assert.equal(await code({ privateData: { nobody: { cardParamMap: {} } } }), 'param.userIdNotExist')
  assert.equal(await code({}), undefined)
})

test('an update overwrites unless it goes by key', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  await r.call('POST', DELIVER, cardFor(ZHOU, 'T1'))
  const update = (params: object, cardUpdateOptions?: object) =>
    r.call('PUT', CARDS, { outTrackId: 'T1', cardData: { cardParamMap: params }, cardUpdateOptions })
  const byKey = { updateCardDataByKey: true }
  assert.deepEqual((await update({ line: '已受理' }, byKey)).body, { success: true, result: true })
  assert.deepEqual(
    [r.dingtalk.card(ZHOU, 'T1').card.line, r.dingtalk.card(ZHOU, 'T1').card.title],
    ['已受理', '新的投诉'],
  )
  await update({ closed: '已由他人处理' }, byKey)
  const closed = r.dingtalk.card(ZHOU, 'T1')
  assert.deepEqual([closed.replaced, closed.alive, closed.buttons.length], ['已由他人处理', false, 0])
  await update({ line: '只剩这行' })
  assert.deepEqual([r.dingtalk.card(ZHOU, 'T1').card.title, r.dingtalk.card(ZHOU, 'T1').card.line], ['', '只剩这行'])
  assert.equal(
    (await r.call('PUT', CARDS, { outTrackId: 'none', cardData: { cardParamMap: {} } })).body.code,
    'param.cardNotExist',
  )
  assert.deepEqual(
    r.dingtalk.updates.map(({ taskId, how }) => [taskId, how]),
    [
      ['T1', 'update'],
      ['T1', 'update'],
      ['T1', 'update'],
    ],
  )
})

test('each person of a group sees their own', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const group = r.dingtalk.groups[0]?.openConversationId ?? ''
  const place = {
    openSpaceId: `dtv1.card//IM_GROUP.${group}`,
    imGroupOpenSpaceModel: { supportForward: false },
    imGroupOpenDeliverModel: { robotCode: 'dingsandbox0001' },
    privateData: { [ZHOU]: { cardParamMap: { buttons: '[{"key":"approve","text":"同意"}]' } } },
  }
  await r.call('POST', DELIVER, cardFor('', 'G1', place))
  const keys = (userid: string) => r.dingtalk.card(userid, 'G1').buttons.map(({ key }) => key)
  assert.deepEqual(keys(ZHOU), ['approve'])
  assert.deepEqual(keys('dt-linxiaoyu'), ['accept', 'transfer'])
  assert.equal(r.dingtalk.cards(group).length, 1)
})

test('a card that is written as one reads takes each writing once', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  await r.call('POST', DELIVER, cardFor(ZHOU, 'A1'))
  const write = (guid: string, content: string, more: object = {}) =>
    r.call('PUT', '/v1.0/card/streaming', { outTrackId: 'A1', guid, key: 'content', content, isFull: true, ...more })
  await write('g1', '一')
  await write('g1', '一二')
  assert.deepEqual([r.dingtalk.card(ZHOU, 'A1').card.content, r.dingtalk.card(ZHOU, 'A1').card.flowStatus], ['一', '2'])
  await write('g2', '一二三', { isFinalize: true })
  assert.deepEqual(
    [r.dingtalk.card(ZHOU, 'A1').card.content, r.dingtalk.card(ZHOU, 'A1').card.flowStatus],
    ['一二三', '3'],
  )
  assert.equal((await write('', 'x')).body.code, 'param.stream.guidEmpty')
  assert.equal((await write('g3', '长'.repeat(1025))).body.code, 'param.stream.content')
  assert.equal((await write('g4', 'x', { outTrackId: 'none' })).body.code, 'param.stream.outTrackId')
})

test('a card with an HTTP callback presses at the registered address, signed', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  await r.call('POST', DELIVER, cardFor(ZHOU, 'H1', { callbackType: 'HTTP', callbackRouteKey: 'cards' }))
  const lost = await r.dingtalk.press(ZHOU, 'H1', 'accept')
  assert.deepEqual([lost.status, lost.way, lost.changed], [0, 'nowhere', false])
  const register = (callbackUrl: string, forceUpdate = false) =>
    r.call('POST', '/v1.0/card/callbacks/register', {
      callbackRouteKey: 'cards',
      callbackUrl,
      apiSecret: 's1',
      forceUpdate,
    })
  await register(`${r.productUrl}/callbacks/dingtalk-card`)
  const kept = await register('https://example.com/elsewhere')
  assert.equal(kept.body.result.callbackUrl, `${r.productUrl}/callbacks/dingtalk-card`)

  const options = { updateCardDataByKey: true }
  r.answer = () => JSON.stringify({ cardData: { cardParamMap: { line: '处理中' } }, cardUpdateOptions: options })
  const pressed = await r.dingtalk.press(ZHOU, 'H1', 'transfer', { to: ['b'], note: '请跟进' })
  assert.deepEqual(
    [pressed.status, pressed.way, pressed.changed, pressed.card.card.line],
    [200, 'http', true, '处理中'],
  )
  const [{ headers, body } = assert.fail('nothing came')] = r.got
  const timestamp = String(headers['x-ddpaas-signature-timestamp'])
  assert.equal(headers['x-ddpaas-signature'], createHmac('sha256', 's1').update(timestamp).digest('base64'))
  const press = JSON.parse(body)
  assert.deepEqual([press.type, press.outTrackId, press.userId, press.spaceId], ['actionCallback', 'H1', ZHOU, ZHOU])
  assert.deepEqual(JSON.parse(press.content).cardPrivateData, {
    actionIds: ['transfer'],
    params: { action: 'transfer', to: { index: 1, value: 'b' }, note: '请跟进' },
  })

  r.dingtalk.faults.duplicateCallbacks = 1
  await r.dingtalk.press(ZHOU, 'H1', 'accept')
  r.dingtalk.faults.duplicateCallbacks = 0
  const [one, copy] = r.got.slice(1)
  assert.ok(one && copy && one.body === copy.body)
  assert.equal(one.headers['x-ddpaas-signature'], copy.headers['x-ddpaas-signature'])

  r.answer = () => JSON.stringify({ privateData: {} })
  assert.match((await r.dingtalk.press(ZHOU, 'H1', 'accept')).refused ?? '', /userPrivateData/)
  r.answer = () => 500
  assert.equal((await r.dingtalk.press(ZHOU, 'H1', 'accept')).status, 500)
  r.answer = () => JSON.stringify({ cardData: { cardParamMap: PARAMS } })
  assert.equal((await r.dingtalk.pressMenu(ZHOU, 'H1', 'history')).changed, true)
  await assert.rejects(r.dingtalk.press(ZHOU, 'H1', 'nothing'), /no live button/)
})
