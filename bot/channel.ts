import { createHash } from 'node:crypto'
import { readPicture } from '../server/engines/files/files.ts'
import type { Channel } from '../server/engines/messages/channel.ts'
import { accountsOf } from '../server/engines/staff/roster.ts'
import { HOUR, MINUTE, SECOND } from '../server/lib/clock.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Words } from '../server/lib/render.ts'
import type { Wecom } from '../server/platforms/wecom.ts'
import type { TemplateCard } from '../server/platforms/wecom-card.ts'
import type { WecomMessage } from '../server/platforms/wecom-message.ts'
import type { Look } from './card.ts'
import { kinds } from './kinds.ts'
import { toWecom, toWecomText } from './wecom.ts'

/** A response code lives 72 h; we stop a little earlier than the platform. */
const CODE_MS = 71 * HOUR
/**
 * Cards carry their task_id, so equal content can only be a repetition. A line of text may rightly be said again (the
 * bot repeats its question): only a try after one that may have arrived asks the platform to look for the same words.
 */
const CARD_REPEAT_S = 14_400
const TEXT_REPEAT_S = 180
/** The longest that a call to the platform may take. */
const CALL_MS = 10 * SECOND

type Wire = { user: string } & ({ card: TemplateCard } | { text: string } | { picture: string })

interface Needs {
  wecom?: Wecom
  words: Words
  /** Our own address, for links. */
  baseUrl: string
  /** When a message of this kind may go at the earliest. */
  notBefore: Channel['notBefore']
}

/** The way to staff: each message drawn by its kind, sent as an application message of WeCom. */
export function staffChannel({ wecom, words, baseUrl, notBefore }: Needs): Channel {
  return {
    // PLATFORMS.md §1.9: what exceeds 30 a minute or 1,000 an hour to one member is dropped silently, so we stay below.
    limits: [
      // We count when a message sets out, the platform when it arrives: the longer window bears what was slow on the way.
      { per: 'recipient', count: 28, windowMs: MINUTE + CALL_MS },
      { per: 'recipient', count: 950, windowMs: HOUR },
      { per: 'channel', count: 9_000, windowMs: MINUTE },
    ],
    notBefore,
    async draw(tx, message) {
      const [account] = await accountsOf(tx, message.recipientId)
      const look = account && (await kinds.get(message.kind)?.draw(tx, message, words))
      if (!look || !account) return undefined
      return {
        wire: JSON.stringify(wireOf(account.userId, look, message.id, baseUrl)),
        shown: shownOf(look),
        superseded: 'card' in look && look.card.superseded,
      }
    },
    async send(_message, wire, again) {
      const message = await toSend(need(wecom), JSON.parse(wire), again)
      const { msgid, responseCode, invalidUsers } = await need(wecom).send(message)
      if (invalidUsers.length > 0)
        throw new PlatformError('wecom', 81013, false, `not reachable: ${invalidUsers.join()}`)
      return { platformRef: msgid, responseCode }
    },
    async update(message, wire, now) {
      const { user, ...look } = JSON.parse(wire) as Wire
      const age = now - (message.responseCodeAt ?? 0)
      if (!('card' in look) || !message.responseCode || age > CODE_MS) return false
      try {
        await need(wecom).updateCard({ userids: [user], responseCode: message.responseCode, card: look.card })
        return true
      } catch (error) {
        // A code that is used up or too old: the card cannot be changed any more, a fresh one names it.
        if (error instanceof PlatformError && !error.retryable) return false
        throw error
      }
    },
  }
}

/** Hash of what a person sees; texts and pictures stay as they are and have none. */
export function shownOf(look: Look): string | undefined {
  return 'card' in look ? createHash('sha256').update(JSON.stringify(look.card)).digest('base64url') : undefined
}

function wireOf(user: string, look: Look, taskId: string, baseUrl: string): Wire {
  if ('card' in look) return { user, card: toWecom(look.card, taskId) }
  if ('text' in look) return { user, text: toWecomText(look.text, look.link, baseUrl) }
  return { user, ...look }
}

async function toSend(wecom: Wecom, { user, ...look }: Wire, again: boolean): Promise<WecomMessage> {
  const to = { touser: [user], enable_duplicate_check: 1 as const }
  if ('card' in look) {
    return { ...to, duplicate_check_interval: CARD_REPEAT_S, msgtype: 'template_card', template_card: look.card }
  }
  if ('text' in look) {
    const check = again ? { ...to, duplicate_check_interval: TEXT_REPEAT_S } : { touser: [user] }
    return { ...check, msgtype: 'text', text: { content: look.text } }
  }
  const bytes = await readPicture(look.picture)
  const mediaId = await wecom.upload('image', { name: `${look.picture}.jpg`, mime: 'image/jpeg', bytes })
  return { touser: [user], msgtype: 'image', image: { media_id: mediaId } }
}

function need(wecom: Wecom | undefined): Wecom {
  if (!wecom) throw new PlatformError('wecom', 'off', false, 'no work chat is configured')
  return wecom
}
