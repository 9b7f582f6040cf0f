import assert from 'node:assert/strict'
import { backoffMs } from '../../server/platforms/dingtalk-stream.ts'
import { afterEach, test } from '../suite.ts'
import { openGateway } from './dingtalk-gateway.ts'
import { CARD, frames, ROBOT, shown, stopStreams, stream, until } from './dingtalk-streaming.ts'

afterEach(stopStreams)

test('it asks for a ticket for all it can read and connects with it', async () => {
  const { gateway, client } = await stream()
  const { ticket } = await gateway.caller(1)
  assert.equal(ticket, 't+1/=')
  const [asked] = gateway.http.requests
  assert.equal(asked?.headers.accept, 'application/json')
  const { ua, ...body } = asked?.json<Record<string, unknown>>() ?? {}
  assert.match(String(ua), /^yingke\//)
  assert.deepEqual(body, {
    clientId: 'dingkey',
    clientSecret: 's3',
    subscriptions: [
      { type: 'EVENT', topic: '*' },
      { type: 'CALLBACK', topic: ROBOT },
      { type: 'CALLBACK', topic: CARD },
    ],
  })
  await until(() => client.state().connected)
  assert.deepEqual([client.state().connections, client.state().failures], [1, 0])
})

test('told to leave, it opens the next connection first and serves the old one until its end', async () => {
  const { gateway, client, seen } = await stream()
  const old = await gateway.caller(1)
  old.push('SYSTEM', { topic: 'disconnect', messageId: 'm1' }, { reason: 'persistent connection is timeout' })
  const next = await gateway.caller(2)
  assert.equal(old.socket.readyState, old.socket.OPEN)
  assert.equal(gateway.http.requests.length, 2, 'with a ticket of its own')
  await until(() => client.state().connections === 2)
  old.push(...frames.event('m2', 'e1'))
  next.push(...frames.event('m3', 'e2'))
  await Promise.all([old.acked('m2'), next.acked('m3')])
  assert.equal(seen.length, 2)
  old.socket.close()
  await until(() => client.state().connections === 1)
  next.push(...frames.event('m4', 'e3'))
  await next.acked('m4')
  assert.equal(gateway.callers.length, 2)
  assert.ok(client.state().connected)
})

test('an old connection that the server forgets to close is closed by us', async () => {
  const { gateway, client } = await stream(undefined, { drainMs: 30 })
  const old = await gateway.caller(1)
  old.push('SYSTEM', { topic: 'disconnect', messageId: 'm1' }, {})
  await old.gone
  await until(() => client.state().connections === 1)
})

test('a connection that falls silent is given up for a new one', async () => {
  const gateway = await openGateway({ autoPong: false })
  const { client } = await stream(undefined, { pingMs: 15 }, { gateway })
  const first = await gateway.caller(1)
  await first.gone
  await gateway.caller(2)
  await until(() => client.state().lastError === 'silent')
})

test('a quiet connection that still answers pings is kept', async () => {
  const { gateway, client } = await stream(undefined, { pingMs: 15 })
  const { socket } = await gateway.caller(1)
  let pings = 0
  socket.on('ping', () => pings++)
  await until(() => pings > 5)
  assert.deepEqual([gateway.callers.length, client.state().connected], [1, true])
})

test('a refused ticket, a torn connection and a gateway that is down are tried again', async () => {
  const gateway = await openGateway()
  gateway.badTickets = 2
  const { client } = await stream(undefined, {}, { gateway })
  const first = await gateway.caller(1)
  assert.deepEqual([first.ticket, gateway.http.requests.length], ['t+3/=', 3])
  first.socket.terminate()
  const second = await gateway.caller(2)
  gateway.refusal = { status: 503, body: 'down' }
  const asked = gateway.http.requests.length
  second.socket.terminate()
  await until(() => gateway.http.requests.length > asked + 8)
  const { connected, failures, lastError } = client.state()
  assert.equal(connected, false)
  assert.ok(failures > 5 && lastError?.includes('503'), JSON.stringify({ failures, lastError }))
  gateway.refusal = undefined
  await gateway.caller(3)
  await until(() => client.state().connected)
})

test('the waits double from a second to half a minute, with chance in them', () => {
  const waits = (chance: number) => [0, 1, 2, 3, 5, 6, 50].map((failures) => backoffMs(failures, undefined, chance))
  assert.deepEqual(waits(1), [1000, 1000, 2000, 4000, 16_000, 30_000, 30_000])
  assert.deepEqual(waits(0), [500, 500, 1000, 2000, 8000, 15_000, 15_000])
  assert.notEqual(backoffMs(1), backoffMs(1))
})

test('a block is waited out', async () => {
  const gateway = await openGateway()
  gateway.refusal = { json: { status: 1111, wait: 5, source: 'x5', punish: 'deny' } }
  const { client } = await stream(undefined, {}, { gateway })
  await until(() => client.state().lastError?.includes('1111') ?? false)
  // Longer than any other wait of this client.
  await new Promise((next) => setTimeout(next, 60))
  assert.equal(gateway.http.requests.length, 1)
})

test('a gateway that turns everybody away at once is not hammered', async () => {
  const { gateway, client } = await stream(undefined, { firstWaitMs: 40, longestWaitMs: 40, settledMs: 10_000 })
  const at = performance.now()
  for (const count of [1, 2, 3]) {
    const caller = await gateway.caller(count)
    caller.push('SYSTEM', { topic: 'disconnect', messageId: 'm' }, {})
  }
  await gateway.caller(4)
  assert.ok(performance.now() - at >= 55, 'three waits of at least 20 ms')
  assert.ok(client.state().failures >= 3)
})

test('stopping sends the acks that are due, closes and does not come back', async () => {
  let go = () => {}
  const held = new Promise<undefined>((resolve) => {
    go = () => resolve(undefined)
  })
  const { gateway, client, seen } = await stream(() => held)
  const caller = await gateway.caller(1)
  caller.push(...frames.event('m1'))
  await until(() => seen.length === 1)
  const stopped = client.stop()
  go()
  await stopped
  await caller.gone
  assert.deepEqual(
    caller.acks.map((ack) => shown(ack).data),
    [{ status: 'SUCCESS', message: '' }],
  )
  assert.equal(client.state().connected, false)
  // Longer than any wait of this client.
  await new Promise((next) => setTimeout(next, 40))
  assert.equal(gateway.http.requests.length, 1)
})
