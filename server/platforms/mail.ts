import type { NodemailerError } from 'nodemailer'
import { MINUTE } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'

export interface MailConfig {
  /** `smtp://` or `smtps://`, with user and password. */
  smtpUrl: string
  from: string
}

/** One mail to one receiver. */
export interface Mail {
  to: string
  name?: string
  subject: string
  html: string
  text: string
  /** Without angle brackets: a mailbox shows two mails of one id once, which is all that SMTP has against sending twice. */
  messageId: string
  /** When it was written, ms UTC. */
  at: number
  /** The page that ends these mails, which also takes the one click of RFC 8058. */
  unsubscribe?: string
  /** Pictures that stand in the HTML as `cid:<name>`. */
  pictures?: { name: string; type: string; bytes: Buffer }[]
}

/** A mail server. Sending may throw a PlatformError('mail', …); its code is `bounced` when there is no such mailbox. */
export interface Mailer {
  send(mail: Mail): Promise<void>
  close(): void
}

/** Well below the outbox's lease: nobody else may begin while this is still under way. */
const PATIENCE_MS = 20_000
const CONNECT_MS = 8_000
const CONNECTIONS = 5

/** A client of one mail server; it connects with the first mail and keeps a few connections for the next. */
export function mailer(config: MailConfig): Mailer {
  const options = {
    pool: true,
    maxConnections: CONNECTIONS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: PATIENCE_MS,
    // A connection that breaks may have delivered: whether to try again is the outbox's to decide.
    maxRequeues: 0,
    // Mails are made of words and data: neither may make this machine read files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  } as const
  let transport: ReturnType<typeof connect> | undefined
  // Loaded at the first mail only.
  const connect = async () => (await import('nodemailer')).createTransport({ url: config.smtpUrl, ...options })
  return {
    async send(mail) {
      try {
        transport ??= connect()
        await (await transport).sendMail({
          ...envelope(mail),
          from: config.from,
          signal: AbortSignal.timeout(PATIENCE_MS),
        })
      } catch (error) {
        throw mailError(error as NodemailerError)
      }
    },
    close: () => void transport?.then((open) => open.close()),
  }
}

function envelope({ to, name, subject, html, text, messageId, at, unsubscribe, pictures = [] }: Mail) {
  return {
    to: name ? { name, address: to } : to,
    subject,
    html,
    text,
    messageId: `<${messageId}>`,
    date: new Date(at),
    headers: {
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribe && {
        'List-Unsubscribe': `<${unsubscribe}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
    attachments: pictures.map(({ name: filename, type, bytes }) => ({
      filename,
      cid: filename,
      content: bytes,
      contentType: type,
      contentDisposition: 'inline' as const,
    })),
  }
}

/** Greylisting and full queues want minutes; a wrong password waits for an administrator. */
const BUSY_WAIT = 5 * MINUTE
const SETUP_WAIT = 10 * MINUTE
/** Said of the receiver, these mean that there is no such mailbox (RFC 5321 §4.2.3, RFC 3463 X.1.x). */
const NO_MAILBOX = /^5\.1\.\d+ |^5\.1\.\d+$/
const NO_MAILBOX_CODES = new Set([550, 551, 553])

/** What went wrong, and whether it may go better later. Without an answer nobody knows whether the mail was taken. */
function mailError(error: NodemailerError): PlatformError {
  const { responseCode: code, command = '', permanent } = error
  const text = (error.response ?? error.message).replace(/\s+/g, ' ').slice(0, 200)
  if (error.code === 'EAUTH' || error.code === 'ENOAUTH') return refused(code ?? 'EAUTH', text, SETUP_WAIT, error)
  if (code === undefined) return unanswered(error, text)
  if (!permanent) return refused(code, text, BUSY_WAIT, error)
  const status = /^\d{3}[ -](.*)$/.exec(text)?.[1] ?? ''
  const unknown =
    command === 'RCPT TO' && (NO_MAILBOX.test(status) || (NO_MAILBOX_CODES.has(code) && !/^5\./.test(status)))
  return refused(unknown ? 'bounced' : code, text, undefined, error)
}

function refused(code: number | string, text: string, waitMs: number | undefined, cause: Error): PlatformError {
  return new PlatformError('mail', code, waitMs !== undefined, text, waitMs, { answered: true, cause })
}

/** A server that was never reached has taken nothing; afterwards it may have. */
function unanswered(error: NodemailerError, text: string): PlatformError {
  const never =
    error.originalCode === 'ECONNREFUSED' || error.code === 'EDNS' || error.timeoutType === 'CONNECT_TIMEOUT'
  const code = error.code === 'EABORT' ? 'timeout' : (error.originalCode ?? error.code ?? 'network')
  return new PlatformError('mail', code, true, text, undefined, { answered: never, cause: error })
}
