import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { PlatformError } from '../../server/lib/errors.ts'
import { robotSign } from '../../server/platforms/dingtalk-sign.ts'
import { sendByWebhook } from '../../server/platforms/dingtalk-webhook.ts'
import { afterEach, test } from '../suite.ts'
import { type PlatformServer, platformServer, type Reply } from './platform-server.ts'

interface Sample {
  id: string
  inputs: Record<'timestamp' | 'secret', string>
  expected: Record<'sign' | 'signUrlEncoded', string>
}

const samples: Sample[] = JSON.parse(
  readFileSync(new URL('../../../test/vectors/dingtalk.json', import.meta.url), 'utf8'),
)

const servers: PlatformServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** A webhook robot's address. */
async function robot(answer: () => Reply = () => ({ json: { errcode: 0, errmsg: 'ok' } })) {
  const server = await platformServer(answer)
  servers.push(server)
  return server
}

test('a webhook robot signs as the platform expects it', async () => {
  const { inputs, expected } = samples.find(({ id }) => id === 'dingtalk-webhook-sign') ?? assert.fail()
  assert.equal(robotSign(inputs.timestamp, inputs.secret), expected.sign)
  const server = await robot()
  const message = { msgtype: 'text' as const, text: { content: '已升级' }, msgUuid: 'id-1' }
  const now = () => Number(inputs.timestamp)
  await sendByWebhook(server.base, { accessToken: 'T', secret: inputs.secret }, message, now)
  assert.equal(server.last().path, '/robot/send')
  assert.deepEqual(Object.fromEntries(server.last().query), {
    access_token: 'T',
    timestamp: inputs.timestamp,
    sign: expected.sign,
  })
  assert.deepEqual(server.last().json(), message)
  await sendByWebhook(server.base, { accessToken: 'T' }, message, now)
  assert.deepEqual(Object.fromEntries(server.last().query), { access_token: 'T' })
})

test('who is called by name stands in the text as well', async () => {
  const server = await robot()
  const at = { atMobiles: ['13800000000'], atUserIds: ['u1'] }
  await sendByWebhook(server.base, { accessToken: 'T' }, { msgtype: 'text', text: { content: '请看 @u1' }, at })
  assert.deepEqual(server.last().json(), { msgtype: 'text', text: { content: '请看 @u1 @13800000000' }, at })
  const markdown = { title: '升级', text: '# 升级' }
  await sendByWebhook(server.base, { accessToken: 'T' }, { msgtype: 'markdown', markdown, at })
  assert.deepEqual(server.last().json<{ markdown: object }>().markdown, {
    ...markdown,
    text: '# 升级 @13800000000 @u1',
  })
})

test('a webhook robot’s refusals say when to come back', async () => {
  const minutes = 60_000
  const expected: [number, boolean, number?][] = [
    [310000, true, 10 * minutes],
    [130101, true, 10 * minutes],
    [300001, true, 10 * minutes],
    [400401, false, undefined],
  ]
  for (const [errcode, retryable, wait] of expected) {
    const server = await robot(() => ({ json: { errcode, errmsg: 'no' } }))
    await assert.rejects(
      sendByWebhook(server.base, { accessToken: 'hush' }, { msgtype: 'text', text: { content: 'a' } }),
      (error: unknown) => {
        assert.ok(error instanceof PlatformError)
        assert.deepEqual([error.code, error.retryable, error.retryAfterMs], [errcode, retryable, wait])
        assert.doesNotMatch(String(error), /hush/)
        return true
      },
    )
  }
})
