import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import Koa from 'koa'
import { ShiftedClock } from '../../server/lib/clock.ts'
import { type Mail, mailer } from '../../server/platforms/mail.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const AES = 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA'
const PNG = Buffer.from('iVBORw0KGgo=', 'base64')
const MAIL: Mail = {
  to: 'wangxiaomei@example.com',
  subject: '您好',
  html: '<html><head></head><body><img src="cid:a.png"><script>alert(1)</script><a href="http://x.example">x</a></body></html>',
  text: '您好',
  messageId: 'm1@yingke.example',
  at: Date.parse('2026-11-23T10:00:00+08:00'),
  pictures: [{ name: 'a.png', type: 'image/png', bytes: PNG }],
}

let sandbox: Sandbox
let desk: string
let close: () => void
beforeEach(async () => {
  sandbox = await openSandbox({
    clock: new ShiftedClock(),
    productUrl: 'http://127.0.0.1:9',
    wecom: { corpId: 'c', agentId: 1, secret: 's', token: 't', encodingAesKey: AES },
    wechat: { appId: 'a', appSecret: 's', pushToken: 't', pushAesKey: AES },
    sms: { accessKeyId: 'k', accessKeySecret: 's', signName: '迎客', templates: () => [] },
    mail: true,
  })
  const server = createServer(new Koa().use(sandbox.desk).callback()).listen(0, '127.0.0.1')
  await new Promise((open) => server.once('listening', open))
  desk = `http://127.0.0.1:${(server.address() as { port: number }).port}/desk/api`
  close = () => server.close()
})
afterEach(async () => {
  close()
  await sandbox.close()
})

test('a mail lies in the mailbox and on the desk, its HTML apart from everything, its pictures in it', async () => {
  const client = mailer({ smtpUrl: sandbox.smtpUrl, from: '迎客 <service@yingke.example>' })
  await client.send(MAIL)
  client.close()
  const state = (await (await fetch(`${desk}/state`)).json()) as {
    letters: { mail: Record<string, { id: string; subject: string; html?: string }[]>; sms: object }
  }
  const [mail] = Object.values(state.letters.mail).flat()
  assert.deepEqual([mail?.subject, mail?.html], ['您好', undefined])
  const answer = await fetch(`${desk}/mail/${encodeURIComponent(MAIL.to)}/${mail?.id}`)
  const policy = String(answer.headers.get('content-security-policy'))
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /sandbox allow-popups allow-popups-to-escape-sandbox$/)
  const html = await answer.text()
  assert.match(html, new RegExp(`src="data:image/png;base64,${PNG.toString('base64').replace('+', '\\+')}"`))
  assert.match(html, /<base target="_blank">/)
  assert.equal((await fetch(`${desk}/mail/other%40example.com/${mail?.id}`)).status, 404)
  const strange = await fetch(`${desk}/mail/x/y`, { headers: { origin: 'http://evil.example' } })
  assert.equal(strange.status, 403)
})

test('the mail server wants a password, takes no mail for nobody, and says so in its own codes', async () => {
  const failing = async (url: string, mail: Partial<Mail> = {}) => {
    const client = mailer({ smtpUrl: url, from: 'service@yingke.example' })
    try {
      await client.send({ ...MAIL, ...mail })
      return 'sent'
    } catch (error) {
      const { code, retryable, answered } = error as { code: unknown; retryable: boolean; answered: boolean }
      return [code, retryable, answered]
    } finally {
      client.close()
    }
  }
  assert.deepEqual(await failing(sandbox.smtpUrl.replace('sandbox-smtp-secret', 'wrong')), [535, true, true])
  assert.deepEqual(await failing(sandbox.smtpUrl, { to: 'nobody@example.com' }), ['bounced', false, true])
  assert.deepEqual(await failing('smtp://127.0.0.1:9'), ['ECONNREFUSED', true, true])
  sandbox.smtp?.faults.refuseMails.push('452 4.3.1 Insufficient system storage')
  assert.deepEqual(await failing(sandbox.smtpUrl), [452, true, true])
  if (sandbox.smtp) sandbox.smtp.faults.loseAnswers = 1
  const lost = await failing(sandbox.smtpUrl)
  assert.deepEqual(lost.slice(1), [true, false], 'whether it was taken, nobody knows')
  assert.equal(sandbox.smtp?.taken.length, 1)
})

test('it listens on this machine only', async () => {
  const { hostname, port } = new URL(sandbox.smtpUrl)
  assert.equal(hostname, '127.0.0.1')
  const other = Object.values((await import('node:os')).networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address
  if (!other) return
  const reached = await new Promise((done) => {
    const socket = connect({ host: other, port: Number(port) }, () => done(true))
    socket.on('error', () => done(false))
  })
  assert.equal(reached, false)
})
