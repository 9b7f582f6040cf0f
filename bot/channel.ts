import { hash } from 'node:crypto'
import type { Channel } from '../server/engines/messages/channel.ts'
import type { Message } from '../server/engines/messages/message.ts'
import { accountsOf, staffById } from '../server/engines/staff/roster.ts'
import type { StaffAccount } from '../server/engines/staff/staff.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import type { Look } from './card.ts'
import type { Chat } from './chat.ts'
import { kinds } from './kinds.ts'
import { usePlatforms } from './platforms.ts'
import { basisOf } from './seen.ts'

/** A message's bytes, and the platform for which they were made. */
interface Wire {
  via: string
  body: object
}

interface Needs {
  /** Those that are configured; who wants none in particular is told on the first where they have an account. */
  chats: Chat[]
  words: Words
  /** Our own address, for links. */
  baseUrl: string
  /** When a message of this kind may go at the earliest. */
  notBefore: Channel['notBefore']
}

/**
 * The way to staff: each message drawn by its kind, sent once, on the platform where its receiver wants it; these
 * platforms are those among which people may choose.
 */
export function staffChannel({ chats, words, baseUrl, notBefore }: Needs): Channel {
  const byName = new Map(chats.map((chat) => [chat.platform, chat]))
  usePlatforms([...byName.keys()], words)
  return {
    limits: chats.flatMap(({ limits }) => limits),
    notBefore,
    async draw(tx, message) {
      const account = await accountFor(tx, message, byName)
      const chat = account && byName.get(account.platform)
      const look = chat && (await kinds.get(message.kind)?.draw(tx, message, words))
      if (!look || !account || !chat) return undefined
      const body = chat.wire(look, { userId: account.userId, messageId: message.id, baseUrl })
      return {
        wire: JSON.stringify({ via: chat.platform, body } satisfies Wire),
        via: chat.platform,
        shown: shownOf(look),
        basis: await basisOf(tx, message),
        superseded: 'card' in look && look.card.superseded,
      }
    },
    send({ attempts, createdAt, triedAt }, wire, again) {
      const { via, body } = JSON.parse(wire) as Wire
      const sinceMs = (triedAt ?? createdAt) - createdAt
      return need(byName, via).send(body, { again, attempts, sinceMs })
    },
    update(message, wire, now) {
      const { via, body } = JSON.parse(wire) as Wire
      return need(byName, via).update(message, body, now)
    },
  }
}

/** Hash of what a person sees; texts and pictures stay as they are and have none. */
export function shownOf(look: Look): string | undefined {
  return 'card' in look ? hash('sha256', JSON.stringify(look.card), 'base64url') : undefined
}

/** The account to which a message goes: where it went before, else where its receiver wants it. */
async function accountFor(tx: Tx, message: Message, chats: Map<string, Chat>): Promise<StaffAccount | undefined> {
  const accounts = (await accountsOf(tx, message.recipientId)).filter(({ platform }) => chats.has(platform))
  if (accounts.length < 2) return accounts[0]
  const wanted = message.via ?? (await staffById(tx, message.recipientId))?.chat
  const inOrder = [wanted, ...chats.keys()]
  return inOrder.flatMap((name) => accounts.find(({ platform }) => platform === name) ?? [])[0]
}

function need(chats: Map<string, Chat>, name: string): Chat {
  const chat = chats.get(name)
  if (!chat) throw new PlatformError(name, 'off', false, 'this work chat is not configured')
  return chat
}
