import { signatureHolds, signText } from '../../lib/crypto.ts'

/** What a link in a mail is for; a token for one is worth nothing for another. */
export type MailLink = 'open' | 'click' | 'stop'

const TOKEN = /^([0-9A-Z]{26})(?:\.([\w-]+))?\.([\w-]{43})$/

/** The signed end of a link in a mail: which message, and where it leads if it leads on. */
export function mailToken(link: MailLink, messageId: string, target = ''): string {
  const parts = target ? [messageId, Buffer.from(target).toString('base64url')] : [messageId]
  return [...parts, signText(signed(link, messageId, target))].join('.')
}

/** What a token says, if it is one of ours and for this. */
export function readMailToken(link: MailLink, token: string): { messageId: string; target: string } | undefined {
  const [, messageId, encoded = '', signature] = TOKEN.exec(token) ?? []
  if (!messageId || !signature) return undefined
  const target = Buffer.from(encoded, 'base64url').toString()
  return signatureHolds(signed(link, messageId, target), signature) ? { messageId, target } : undefined
}

function signed(link: MailLink, messageId: string, target: string): string {
  return `mail ${link}\n${messageId}\n${target}`
}
