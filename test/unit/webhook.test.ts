import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { PlatformError } from '../../server/lib/errors.ts'
import { readWebhooks } from '../../server/lib/webhook-settings.ts'
import { callWebhook, isPrivate, signWebhook } from '../../server/platforms/webhook.ts'
import { test } from '../suite.ts'

const CALL = { id: 'msg_1', body: '{"a":1}' }

async function refusal(url: string, manners = { privateToo: false, timeoutMs: 500 }): Promise<PlatformError> {
  try {
    await callWebhook({ url, secret: 's' }, CALL, manners)
  } catch (error) {
    if (error instanceof PlatformError) return error
    throw error
  }
  throw new Error('it was taken')
}

/** A receiver that answers as told. */
async function receiver(answer: (path: string) => number | 'hang') {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    const status = answer(request.url ?? '')
    request.resume()
    if (status !== 'hang') response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(200_000))
  })
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const { port } = server.address() as { port: number }
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, port, seen, close }
}

test('the signature is that of the Standard Webhooks specification', () => {
  // The specification's own example.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const signature = signWebhook(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', '{"test": 2432232314}')
  assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  assert.equal(
    signWebhook('plain', 'a', '1', 'b'),
    `v1,${createHmac('sha256', 'plain').update('a.1.b').digest('base64')}`,
  )
})

test('addresses of this machine and of private networks are told from all others', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
  ])
    assert.equal(isPrivate(address), true, address)
  for (const address of ['1.1.1.1', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])
    assert.equal(isPrivate(address), false, address)
})

test('what must not be called is not, however it is written; with leave it is', async () => {
  const { url, port, seen, close } = await receiver(() => 204)
  try {
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f000001', '0177.0.0.1']) {
      const { code, retryable } = await refusal(`http://${host}:${port}/`)
      assert.deepEqual([code, retryable], ['private_address', false], host)
    }
    assert.deepEqual(seen, [])
    await callWebhook({ url, secret: 's' }, CALL, { privateToo: true })
    await callWebhook({ url: `http://localhost:${port}/by-name`, secret: 's' }, CALL, { privateToo: true })
    assert.deepEqual(seen, ['/', '/by-name'])
  } finally {
    close()
  }
})

test('a redirect is not followed, a busy receiver is asked again, a refusing one is not, silence has an end', async () => {
  const answers: Record<string, number | 'hang'> = {
    '/moved': 302,
    '/busy': 503,
    '/much': 429,
    '/no': 400,
    '/gone': 410,
    '/hang': 'hang',
  }
  const { url, seen, close } = await receiver((path) => answers[path] ?? 200)
  try {
    const of = async (path: string) => {
      const { code, retryable } = await refusal(url + path, { privateToo: true, timeoutMs: 500 })
      return [code, retryable]
    }
    assert.deepEqual(await of('/moved'), [302, false])
    assert.deepEqual(await of('/busy'), [503, true])
    assert.deepEqual(await of('/much'), [429, true])
    assert.deepEqual(await of('/no'), [400, false])
    assert.deepEqual(await of('/gone'), [410, false])
    assert.deepEqual(await of('/hang'), ['timeout', true])
    assert.ok(!seen.includes('/elsewhere'))
    await callWebhook({ url: `${url}/long`, secret: 's' }, CALL, { privateToo: true })
    close()
    assert.deepEqual((await of('/closed'))[1], true)
  } finally {
    close()
  }
})

test('settings: names, secrets with signs in them, addresses with commas; a secret never stands in a complaint', () => {
  const problems: string[] = []
  const hooks = readWebhooks(
    'crm=whsec_a=b@https://crm.example.com/in?x=1,2,erp=p@ss@http://erp.internal:8080/',
    problems,
  )
  assert.deepEqual(hooks, {
    crm: { secret: 'whsec_a=b', url: 'https://crm.example.com/in?x=1,2' },
    erp: { secret: 'p@ss', url: 'http://erp.internal:8080/' },
  })
  assert.deepEqual(problems, [])
  readWebhooks('crm=topsecret', problems)
  readWebhooks(`${'n'.repeat(27)}=s@https://a.example`, problems)
  readWebhooks('a=s@https://a.example,a=s@https://b.example', problems)
  assert.equal(problems.length, 3, problems.join('\n'))
  assert.doesNotMatch(problems.join(), /topsecret/)
})
