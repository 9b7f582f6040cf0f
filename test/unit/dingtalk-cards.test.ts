import assert from 'node:assert/strict'
import type { DingtalkCard } from '../../server/platforms/dingtalk-card.ts'
import { afterEach, test } from '../suite.ts'
import { closeCompanies, company, fails, no } from './dingtalk-company.ts'
import type { Reply } from './platform-server.ts'

afterEach(closeCompanies)

const CREATE = '/v1.0/card/instances/createAndDeliver'
const DELIVER = '/v1.0/card/instances/deliver'

const card: DingtalkCard = { outTrackId: 'step_1', userId: 'u1', params: { title: '待受理' }, alert: '投诉待受理' }
const delivered = (success: boolean, errorMsg = '') => ({
  success: true,
  result: {
    outTrackId: 'step_1',
    deliverResults: [{ spaceType: 'IM_ROBOT', spaceId: 'u1', success, carrierId: success ? 'pq-1' : '', errorMsg }],
  },
})

test('a card is created and delivered to a person or a group', async () => {
  const { client, server } = await company(() => ({ json: delivered(true) }))
  assert.deepEqual(await client.deliverCard({ ...card, privateParams: { u1: { mine: 'true' } } }), {
    carrierId: 'pq-1',
  })
  const alert = {
    supportForward: false,
    lastMessageI18n: { ZH_CN: '投诉待受理' },
    notification: { alertContent: '投诉待受理', notificationOff: false },
  }
  const common = {
    cardTemplateId: 't-1.schema',
    outTrackId: 'step_1',
    userIdType: 1,
    cardData: { cardParamMap: { title: '待受理' } },
  }
  assert.deepEqual(server.last().json(), {
    ...common,
    callbackType: 'STREAM',
    privateData: { u1: { cardParamMap: { mine: 'true' } } },
    openSpaceId: 'dtv1.card//IM_ROBOT.u1',
    imRobotOpenSpaceModel: alert,
    imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode: 'dingabc' },
  })
  const http = await company(() => ({ json: delivered(true) }), { stream: false })
  const { userId: _, ...rest } = card
  await http.client.deliverCard({ ...rest, userId: undefined, openConversationId: 'cid1' })
  assert.deepEqual(http.server.last().json(), {
    ...common,
    callbackType: 'HTTP',
    callbackRouteKey: 'yingke',
    openSpaceId: 'dtv1.card//IM_GROUP.cid1',
    imGroupOpenSpaceModel: alert,
    imGroupOpenDeliverModel: { robotCode: 'dingabc' },
  })
  await http.client.registerCardCallback('https://y.example.com/callbacks/dingtalk-card', 'secret')
  assert.deepEqual(http.server.to('/v1.0/card/callbacks/register')[0]?.json(), {
    callbackRouteKey: 'yingke',
    callbackUrl: 'https://y.example.com/callbacks/dingtalk-card',
    apiSecret: 'secret',
    forceUpdate: true,
  })
})

test('a card whose answer was lost counts as delivered; one that nobody got does not', async () => {
  let answers: Record<string, Reply> = { [CREATE]: no('param.cardAlreadyExist') }
  const { client, server } = await company(({ path }) => answers[path] ?? no('param.invalid'))
  assert.deepEqual(await client.deliverCard(card), { carrierId: '' })

  answers = { [CREATE]: { json: delivered(false, 'flow control') } }
  await assert.rejects(client.deliverCard(card), fails('not_delivered', true))
  answers = { [CREATE]: no('param.cardAlreadyExist'), [DELIVER]: { json: delivered(false, 'spaceId is illegal') } }
  await assert.rejects(client.deliverCard(card), fails('not_delivered', false))
  answers[DELIVER] = { json: { success: true, result: delivered(true).result.deliverResults } }
  assert.deepEqual(await client.deliverCard(card), { carrierId: 'pq-1' })
  assert.deepEqual(server.to(DELIVER)[0]?.json(), {
    outTrackId: 'step_1',
    userIdType: 1,
    openSpaceId: 'dtv1.card//IM_ROBOT.u1',
    imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode: 'dingabc' },
  })
  assert.deepEqual(await client.deliverCard(card), { carrierId: '' })
  assert.equal(server.to(DELIVER).length, 2)

  answers = { [CREATE]: { json: { success: true, result: { deliverResults: [] } } } }
  await assert.rejects(client.deliverCard({ ...card, outTrackId: 'step_2' }), fails('not_delivered', false))
})

test('a card is changed by key and written on', async () => {
  const { client, server } = await company(() => ({ json: { success: true, result: true } }))
  await client.updateCard({ outTrackId: 'step_1', params: { mood: 'done' }, privateParams: { u1: { mine: '' } } })
  assert.deepEqual([server.last().method, server.last().path], ['PUT', '/v1.0/card/instances'])
  assert.deepEqual(server.last().json(), {
    outTrackId: 'step_1',
    cardData: { cardParamMap: { mood: 'done' } },
    privateData: { u1: { cardParamMap: { mine: '' } } },
    cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
    userIdType: 1,
  })
  const text = { outTrackId: 'ai_1', guid: 'g-1', key: 'content', content: '正在查' }
  await client.streamCard(text)
  assert.deepEqual([server.last().method, server.last().path], ['PUT', '/v1.0/card/streaming'])
  assert.deepEqual(server.last().json(), { ...text, isFull: true, isFinalize: false, isError: false })
  await client.streamCard({ ...text, guid: 'g-2', final: true })
  assert.equal(server.last().json<{ isFinalize: boolean }>().isFinalize, true)
  const broken = await company(() => ({ json: { success: false } }))
  await assert.rejects(broken.client.updateCard({ outTrackId: 'a', params: {} }), fails('bad_answer', true))
})
