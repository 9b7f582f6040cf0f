import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PlatformError } from '../../server/lib/errors.ts'
import { lockCallback, lockService } from '../../server/platforms/lock.ts'
import { CallbackRefused } from '../../server/platforms/wx-crypto.ts'
import { after, before, beforeEach, test } from '../suite.ts'

const KEY = 'a-key-of-the-lock-service'
let status = 200
let answer = ''
const heard: { method: string; url: string; body: string; signed: boolean }[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const { method = '', url = '', headers } = request
    const text = `${method}\n${url}\n${headers['lock-timestamp']}\n${body}\n`
    const signed = createHmac('sha256', KEY).update(text).digest('hex') === headers['lock-signature']
    heard.push({ method, url, body, signed })
    response.writeHead(status).end(answer)
  })
})
const locks = () => lockService({ apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, key: KEY })
before(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
after(() => server.close())
beforeEach(() => {
  heard.length = 0
  status = 200
})

test('each question is signed over its method, path, time and body', async () => {
  answer = '{"id":"C1","state":"accepted"}'
  assert.equal((await locks().unlock('C1', 'YK1')).state, 'accepted')
  await locks().look('C1')
  await locks().cancel('C1')
  assert.deepEqual(heard, [
    { method: 'POST', url: '/api/commands', body: '{"id":"C1","lock":"YK1","do":"unlock"}', signed: true },
    { method: 'GET', url: '/api/commands/C1', body: '', signed: true },
    { method: 'POST', url: '/api/commands/C1/cancel', body: '{}', signed: true },
  ])
})

test('what the service refuses is final; what it cannot do now is asked again', async () => {
  const error = async (code: number, text: string) => {
    status = code
    answer = text
    const thrown = await locks()
      .unlock('C1', 'YK1')
      .then(
        () => undefined,
        (one) => one,
      )
    assert.ok(thrown instanceof PlatformError)
    return [thrown.code, thrown.retryable]
  }
  assert.deepEqual(await error(404, '{"code":"lock_unknown","message":"x"}'), ['lock_unknown', false])
  assert.deepEqual(await error(409, '{"code":"in_service","message":"x"}'), ['in_service', false])
  assert.deepEqual(await error(429, '{"code":"slow","message":"x"}'), [429, true])
  assert.deepEqual(await error(503, '<html>'), [503, true])
  assert.deepEqual(await error(200, 'ok'), ['not_json', true])
  assert.deepEqual(await error(200, '{"id":"C1","state":"perhaps"}'), ['not_json', true])
})

test('only fresh news with the right signature is read', () => {
  const open = lockCallback({ key: KEY, maxAgeS: 300 })
  const news = { id: 'E1', type: 'locked', lock: 'YK1', at: 1, command: 'C1', place: { lat: 31, lng: 121 }, more: 'x' }
  const post = (body: string, { key = KEY, ageS = 0 } = {}) => {
    const timestamp = String(Math.floor(Date.now() / 1000) - ageS)
    const signature = createHmac('sha256', key).update(`POST\n/callbacks/lock\n${timestamp}\n${body}\n`).digest('hex')
    return { method: 'POST', path: '/callbacks/lock', body, timestamp, signature }
  }
  const { more: _more, ...read } = news
  assert.deepEqual(open(post(JSON.stringify(news))), read)
  const refused = (reason: string) => (error: unknown) => error instanceof CallbackRefused && error.reason === reason
  assert.throws(() => open(post(JSON.stringify(news), { key: 'another' })), refused('signature'))
  assert.throws(() => open({ ...post(JSON.stringify(news)), path: '/callbacks/other' }), refused('signature'))
  assert.throws(() => open({ ...post(JSON.stringify(news)), signature: '' }), refused('signature'))
  assert.throws(() => open(post(JSON.stringify(news), { ageS: 400 })), refused('stale'))
  assert.throws(() => open(post(JSON.stringify({ ...news, place: { lat: 91, lng: 0 } }))), refused('content'))
  assert.throws(() => open(post('[]')), refused('content'))
})
