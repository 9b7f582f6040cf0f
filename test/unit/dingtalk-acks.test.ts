import assert from 'node:assert/strict'
import type { DingtalkCardPress, DingtalkEvent } from '../../server/platforms/dingtalk-event.ts'
import type { DingtalkAnswer } from '../../server/platforms/dingtalk-frame.ts'
import { afterEach, test } from '../suite.ts'
import { CARD, frames, shown, stopStreams, stream } from './dingtalk-streaming.ts'

afterEach(stopStreams)

test('each kind of frame is acknowledged in its own shape', async () => {
  const answers: Record<DingtalkEvent['kind'], DingtalkAnswer> = {
    robot_message: {},
    card: { card: { params: { status: '已受理' }, privateParams: { mine: 'true' } } },
    event: {},
  }
  const { gateway, client, seen } = await stream(async ({ kind }) => answers[kind])
  const caller = await gateway.caller(1)

  caller.push(...frames.robot('m1'))
  assert.deepEqual(shown(await caller.acked('m1')), { code: 200, data: { response: null } })
  caller.push(...frames.card('m2'))
  assert.deepEqual(shown(await caller.acked('m2')), {
    code: 200,
    data: {
      response: {
        cardData: { cardParamMap: { status: '已受理' } },
        userPrivateData: { cardParamMap: { mine: 'true' } },
        cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
      },
    },
  })
  caller.push(...frames.event('m3'))
  assert.deepEqual(shown(await caller.acked('m3')), { code: 200, data: { status: 'SUCCESS', message: '' } })
  answers.card = {}
  caller.push(...frames.card('m4'))
  assert.deepEqual(shown(await caller.acked('m4')), { code: 200, data: { response: {} } })
  answers.event = { again: true }
  caller.push(...frames.event('m5', 'e2'))
  assert.deepEqual(shown(await caller.acked('m5')), { code: 200, data: { status: 'LATER', message: '' } })

  caller.push('SYSTEM', { topic: 'ping', messageId: 'm6' }, { opaque: '0d-1' })
  assert.deepEqual(shown(await caller.acked('m6')), { code: 200, data: { opaque: '0d-1' } })
  caller.push('CALLBACK', { topic: '/v1.0/graph/api/invoke', messageId: 'm7' }, {})
  assert.equal((await caller.acked('m7')).code, 404)
  caller.push('CALLBACK', { topic: CARD, messageId: 'm8' }, { userId: 'u1' })
  assert.equal((await caller.acked('m8')).code, 500)
  caller.socket.send('no json')
  caller.socket.send('{"type":"CALLBACK","headers":null}')
  caller.push('SYSTEM', { topic: 'KEEPALIVE', messageId: 'm9' }, {})
  caller.push('SYSTEM', { topic: 'ping', messageId: 'm10' }, {})
  await caller.acked('m10')
  assert.deepEqual(caller.acks, [], 'nothing else is answered')

  assert.deepEqual(
    seen.map(({ kind }) => kind),
    ['robot_message', 'card', 'event', 'card', 'event'],
  )
  assert.ok(seen[1]?.kind === 'card' && seen[1].pushId === 'm2' && seen[1].key === 'accept')
  assert.ok(seen[2]?.kind === 'event' && seen[2].eventId === 'e1' && seen[2].eventType === 'user_leave_org')
  assert.deepEqual(seen[2].userIds, ['u1'])
  assert.equal(client.state().connections, 1)
})

test('what comes twice is handled once, also on two connections and while it is in hand', async () => {
  let go = () => {}
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  const { gateway, seen } = await stream(async (event) => {
    if (event.kind === 'card') await held
    return event.kind === 'card' ? { card: { params: { status: 'done' } } } : undefined
  })
  const caller = await gateway.caller(1)
  caller.push(...frames.card('m1'))
  caller.push(...frames.card('m1'))
  caller.push(...frames.robot('m2'))
  await caller.acked('m2')
  go()
  const [first, second] = [await caller.acked('m1'), await caller.acked('m1')]
  assert.deepEqual(first, second)
  caller.push(...frames.event('m3'))
  await caller.acked('m3')

  caller.push('SYSTEM', { topic: 'disconnect', messageId: 'm4' }, {})
  const next = await gateway.caller(2)
  next.push(...frames.event('m5'))
  assert.deepEqual(shown(await next.acked('m5')).data, { status: 'SUCCESS', message: '' })
  next.push(...frames.robot('m6'))
  await next.acked('m6')
  next.push(...frames.card('m7'))
  await next.acked('m7')
  assert.deepEqual(
    seen.map(({ kind }) => kind),
    ['card', 'robot_message', 'event', 'card'],
    'another press is another message',
  )
})

test('a handler that fails is told as 500 and gets the event again', async () => {
  let fails = true
  const { gateway, seen } = await stream(async () => {
    if (fails) throw new Error('the database is away')
    return undefined
  })
  const caller = await gateway.caller(1)
  caller.push(...frames.robot('m1'))
  assert.deepEqual(shown(await caller.acked('m1')), { code: 500, data: { response: null } })
  caller.push(...frames.card('m2'))
  assert.deepEqual(shown(await caller.acked('m2')), { code: 500, data: { response: {} } })
  caller.push(...frames.event('m3'))
  assert.deepEqual(shown(await caller.acked('m3')), { code: 500, data: { status: 'LATER', message: '' } })
  fails = false
  caller.push(...frames.event('m4'))
  assert.deepEqual(shown(await caller.acked('m4')), { code: 200, data: { status: 'SUCCESS', message: '' } })
  assert.equal(seen.length, 4)
})

test('a slow press is acknowledged in time, and its answer follows', async () => {
  const late: { press: DingtalkCardPress; answer: DingtalkAnswer }[] = []
  const waiting: (() => void)[] = []
  const { gateway, client, seen } = await stream(
    async () => {
      await new Promise<void>((go) => waiting.push(go))
      return { card: { params: { status: 'done' } } }
    },
    { pressMs: 20, eventMs: 20 },
    {
      late: async (press, answer) => {
        // Longer than closing would take.
        await new Promise((next) => setTimeout(next, 50))
        late.push({ press, answer })
      },
    },
  )
  const caller = await gateway.caller(1)
  caller.push(...frames.card('m1'))
  assert.deepEqual(shown(await caller.acked('m1')), { code: 200, data: { response: {} } })
  caller.push(...frames.card('m1'))
  assert.deepEqual(shown(await caller.acked('m1')), { code: 200, data: { response: {} } })
  caller.push(...frames.event('m2'))
  assert.deepEqual(shown(await caller.acked('m2')), { code: 200, data: { status: 'LATER', message: '' } })
  assert.equal(late.length, 0)
  assert.equal(seen.length, 2)
  const stopped = client.stop()
  for (const go of waiting) go()
  await stopped
  assert.deepEqual(
    late.map(({ press, answer }) => [press.outTrackId, press.userId, answer]),
    [['step_1', 'u1', { card: { params: { status: 'done' } } }]],
    'once, and also when it is time to stop',
  )
})
