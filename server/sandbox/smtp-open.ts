import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Clock } from '../lib/clock.ts'
import { fresh } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { MailItem, SmtpFaults, SmtpStandIn } from './smtp.ts'

interface Needs {
  clock: Clock
  memory: Memory
  live: Live
}

/** Who may send through the stand-in: it asks, as every mail server of today does. */
const ACCOUNT = { user: 'yingke', pass: 'sandbox-smtp-secret' }
const LARGEST = 25 * 1024 * 1024
const KEPT = 500

/** Opens a mail server on the loopback interface. */
export async function openSmtp({ clock, memory, live }: Needs) {
  const state = memory.part<{ mails: MailItem[] }>('mail', { mails: [] })
  const faults: SmtpFaults = { down: false, slowMs: 0, refuseReceivers: [], refuseMails: [], loseAnswers: 0 }
  const taken: string[] = []

  async function keep(raw: Buffer, to: string): Promise<void> {
    const { default: PostalMime } = await import('postal-mime')
    const mail = await PostalMime.parse(raw)
    const item = itemOf(mail, to, clock.now())
    taken.push(item.messageId)
    if (state.mails.some((one) => one.messageId === item.messageId && one.to === to)) return
    for (const { contentId, content } of mail.attachments)
      if (contentId) await memory.keepBytes(blobOf(item.id, bare(contentId)), Buffer.from(content as ArrayBuffer))
    state.mails.push(item)
    state.mails.splice(0, Math.max(0, state.mails.length - KEPT))
    memory.touch()
    live.tell({ type: 'mail', address: to, item })
  }

  const options: SMTPServerOptions = {
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN'],
    size: LARGEST,
    logger: false,
    onAuth(auth, _session, done) {
      const good = auth.username === ACCOUNT.user && auth.password === ACCOUNT.pass
      done(
        good ? null : reply('535 5.7.8 Authentication credentials invalid'),
        good ? { user: ACCOUNT.user } : undefined,
      )
    },
    onConnect: (_session, done) => done(faults.down ? reply('421 4.3.2 Service not available') : undefined),
    async onRcptTo({ address }, _session, done) {
      if (faults.slowMs > 0) await sleep(faults.slowMs)
      const refusal = faults.refuseReceivers.shift()
      if (refusal) return done(reply(refusal))
      done(/^nobody/i.test(address) ? reply(`550 5.1.1 <${address}>: no such mailbox`) : undefined)
    },
    async onData(stream, session, done) {
      const parts: Buffer[] = []
      for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
      const refusal = faults.refuseMails.shift()
      if (refusal) return done(reply(refusal))
      for (const { address } of session.envelope.rcptTo) await keep(Buffer.concat(parts), address.toLowerCase())
      if (faults.loseAnswers > 0) {
        faults.loseAnswers--
        for (const connection of server.connections) if (connection.session === session) connection._socket.destroy()
        return
      }
      done(null, '250 2.0.0 Ok: queued')
    },
  }
  const server = new SMTPServer(options)
  // A client that is gone in the middle of a mail is no event worth a line.
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo

  const client: SmtpStandIn = {
    faults,
    taken,
    inbox: (address) => structuredClone(state.mails.filter(({ to }) => to === address.toLowerCase())),
    async picture(id, cid) {
      const type = state.mails.find((one) => one.id === id)?.pictures.find((one) => one.cid === cid)?.type
      const bytes = type && (await memory.bytes(blobOf(id, cid)))
      return bytes ? { type, bytes } : undefined
    },
  }
  return {
    url: `smtp://${ACCOUNT.user}:${ACCOUNT.pass}@127.0.0.1:${port}`,
    client,
    close: () =>
      new Promise<void>((closed) => {
        for (const connection of server.connections) connection._socket.destroy()
        server.close(() => closed())
      }),
  }
}

function itemOf(mail: Email, to: string, at: number): MailItem {
  return {
    id: fresh('m', 12),
    at,
    to,
    from: { name: mail.from?.name ?? '', address: mail.from?.address ?? '' },
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    messageId: mail.messageId ?? '',
    headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
    pictures: mail.attachments.flatMap(({ contentId, mimeType }) =>
      contentId ? [{ cid: bare(contentId), type: mimeType }] : [],
    ),
  }
}

function reply(line: string): Error {
  const [, code = '', text = ''] = /^(\d{3}) (.*)$/.exec(line) ?? []
  return Object.assign(new Error(text), { responseCode: Number(code) })
}

function bare(contentId: string): string {
  return contentId.replace(/^<|>$/g, '')
}

/** The name under which a picture's bytes lie; what came in a mail names no files. */
function blobOf(id: string, cid: string): string {
  return `${id}.${Buffer.from(cid).toString('base64url')}`
}
