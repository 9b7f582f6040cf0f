import { readDocument } from '../server/engines/files/documents.ts'
import { readPicture } from '../server/engines/files/files.ts'
import type { Message } from '../server/engines/messages/message.ts'
import { HOUR, SECOND } from '../server/lib/clock.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Wecom } from '../server/platforms/wecom.ts'
import type { WecomMessage } from '../server/platforms/wecom-message.ts'
import { wecomBook } from './books.ts'
import type { Look } from './card.ts'
import type { Chat } from './chat.ts'
import { WECOM_LIMITS } from './limits.ts'
import { toWecom, toWecomText, type WecomCard } from './wecom.ts'

/** A response code lives 72 h; we stop a little earlier than the platform. */
const CODE_MS = 71 * HOUR
/**
 * Cards carry their task_id, so equal content can only be a repetition. A line of text may rightly be said again (the
 * bot repeats its question): only a try after one that may have arrived asks the platform to look for the same words,
 * among what was said since there was this line, the call itself included.
 */
const LONGEST_REPEAT_S = 14_400
const CALL_S = 60

type Wire = { user: string } & (
  | { card: WecomCard }
  | { text: string }
  | { picture: string }
  | { file: { id: string; name: string } }
)

/** WeCom as a work chat: application messages to members, template cards that change. */
export function wecomChat(wecom: Wecom): Chat {
  return {
    ...wecomBook(wecom),
    platform: 'wecom',
    limits: WECOM_LIMITS,
    wire: (look, { userId, messageId, baseUrl }) => wireOf(look, userId, messageId, baseUrl),
    async send(wire, { again, sinceMs }) {
      const { msgid, responseCode, invalidUsers } = await wecom.send(
        await toSend(wecom, wire as Wire, again ? sinceMs : undefined),
      )
      if (invalidUsers.length > 0)
        throw new PlatformError('wecom', 81013, false, `not reachable: ${invalidUsers.join()}`)
      return { platformRef: msgid, responseCode }
    },
    update: (message, wire, now) => update(wecom, message, wire as Wire, now),
    file: async (source) => (await wecom.download(source)).bytes,
  }
}

function wireOf(look: Look, user: string, taskId: string, baseUrl: string): Wire {
  if ('card' in look) return { user, card: toWecom(look.card, taskId) }
  if ('text' in look) return { user, text: toWecomText(look.text, look.link, baseUrl) }
  return { user, ...look }
}

async function toSend(wecom: Wecom, { user, ...look }: Wire, sinceMs?: number): Promise<WecomMessage> {
  const to = { touser: [user], enable_duplicate_check: 1 as const }
  if ('card' in look) {
    return { ...to, duplicate_check_interval: LONGEST_REPEAT_S, msgtype: 'template_card', template_card: look.card }
  }
  if ('text' in look) {
    const interval = Math.min(LONGEST_REPEAT_S, Math.ceil((sinceMs ?? 0) / SECOND) + CALL_S)
    const check = sinceMs === undefined ? { touser: [user] } : { ...to, duplicate_check_interval: interval }
    return { ...check, msgtype: 'text', text: { content: look.text } }
  }
  if ('file' in look) {
    const { id, name } = look.file
    const file = { name, mime: 'application/pdf', bytes: await readDocument(id) }
    return { touser: [user], msgtype: 'file', file: { media_id: await wecom.upload('file', file) } }
  }
  const bytes = await readPicture(look.picture)
  const mediaId = await wecom.upload('image', { name: `${look.picture}.jpg`, mime: 'image/jpeg', bytes })
  return { touser: [user], msgtype: 'image', image: { media_id: mediaId } }
}

async function update(wecom: Wecom, message: Message, { user, ...look }: Wire, now: number): Promise<boolean> {
  const age = now - (message.responseCodeAt ?? 0)
  if (!('card' in look) || !message.responseCode || age > CODE_MS) return false
  try {
    await wecom.updateCard({ userids: [user], responseCode: message.responseCode, card: look.card })
    return true
  } catch (error) {
    // A code that is used up or too old: the card cannot be changed any more, a fresh one names it.
    if (error instanceof PlatformError && !error.retryable) return false
    throw error
  }
}
