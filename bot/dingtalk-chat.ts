import { readDocument } from '../server/engines/files/documents.ts'
import { readPicture } from '../server/engines/files/files.ts'
import type { Sent } from '../server/engines/messages/channel.ts'
import { MINUTE } from '../server/lib/clock.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Words } from '../server/lib/render.ts'
import type { Dingtalk } from '../server/platforms/dingtalk.ts'
import { dingtalkBook } from './books.ts'
import { addressOf, type Look } from './card.ts'
import type { Chat } from './chat.ts'
import { alertOf, cardInWords, type DingtalkCard, toDingtalk } from './dingtalk.ts'
import type { TakePlace } from './dingtalk-notices.ts'
import { DINGTALK_LIMITS } from './limits.ts'

type Wire = { user: string } & (
  | { outTrackId: string; params: DingtalkCard; alert: string; words: string }
  | { text: string; link?: { url: string; label: string } }
  | { picture: string }
  | { file: { id: string; name: string } }
)

/** So often a card is tried, half a minute in all; then a plain notification tells of it. */
const CARD_TRIES = 3

/** A work notification has no card that could be changed. */
const NOTIFIED = 'notified:'

interface Ways {
  dingtalk: Dingtalk
  /** Asked before each work notification. */
  takePlace: TakePlace
  words: Pick<Words, 'text'>
}

/** DingTalk as a work chat: the robot's single chat, interactive cards that change, the work notification as fallback. */
export function dingtalkChat({ dingtalk, takePlace, words }: Ways): Chat {
  return {
    ...dingtalkBook(dingtalk),
    platform: 'dingtalk',
    limits: DINGTALK_LIMITS,
    wire: (look, { userId, messageId, baseUrl }) => wireOf(look, userId, messageId, baseUrl, words),
    send: (wire, { attempts }) => send({ dingtalk, takePlace }, wire as Wire, attempts),
    async update(message, wire) {
      const card = wire as Wire
      if (!('params' in card) || message.platformRef?.startsWith(NOTIFIED)) return false
      try {
        await dingtalk.updateCard({ outTrackId: card.outTrackId, params: card.params })
        return true
      } catch (error) {
        // A card that the platform does not know any more: a fresh one names it.
        if (error instanceof PlatformError && !error.retryable) return false
        throw error
      }
    },
    file: async (source) => (await dingtalk.download(source)).bytes,
  }
}

function wireOf(look: Look, user: string, outTrackId: string, baseUrl: string, say: Ways['words']): Wire {
  if ('card' in look) {
    const { card } = look
    const words = cardInWords(card, say.text('cards/chat.in_words'))
    return { user, outTrackId, params: toDingtalk(card), alert: alertOf(card), words }
  }
  if ('text' in look) {
    const { text, link } = look
    return { user, text, ...(link && { link: { url: addressOf(link, baseUrl), label: link.label } }) }
  }
  return { user, ...look }
}

async function send({ dingtalk, takePlace }: Omit<Ways, 'words'>, wire: Wire, attempts: number): Promise<Sent> {
  const { user } = wire
  if ('params' in wire) {
    const { outTrackId, params, alert } = wire
    try {
      return { platformRef: (await dingtalk.deliverCard({ outTrackId, userId: user, params, alert })).carrierId }
    } catch (error) {
      if (!(error instanceof PlatformError) || mayStillPass(error, attempts)) throw error
      // Better a plain notification than nothing: the card itself is found by "my tasks".
      await takePlace(outTrackId)
      return { platformRef: NOTIFIED + (await notified(dingtalk, user, alert, wire.words, error)) }
    }
  }
  if ('text' in wire) {
    const { text, link } = wire
    const msg = link
      ? {
          msgKey: 'sampleActionCard',
          msgParam: { title: text, text, singleTitle: link.label, singleURL: link.url },
        }
      : { msgKey: 'sampleText', msgParam: { content: text } }
    return { platformRef: (await dingtalk.sendToUser(user, msg)).processQueryKey }
  }
  if ('file' in wire) {
    const { id, name: fileName } = wire.file
    const file = { name: fileName, mime: 'application/pdf', bytes: await readDocument(id) }
    const msgParam = { mediaId: await dingtalk.upload('file', file), fileName, fileType: 'pdf' }
    return { platformRef: (await dingtalk.sendToUser(user, { msgKey: 'sampleFile', msgParam })).processQueryKey }
  }
  const bytes = await readPicture(wire.picture)
  const photoURL = await dingtalk.upload('image', { name: `${wire.picture}.jpg`, mime: 'image/jpeg', bytes })
  const sent = await dingtalk.sendToUser(user, { msgKey: 'sampleImageMsg', msgParam: { photoURL } })
  return { platformRef: sent.processQueryKey }
}

/** Whether the card itself may reach its receiver before long: nobody shall wait for what an operator has to mend first. */
function mayStillPass({ retryable, retryAfterMs = 0 }: PlatformError, attempts: number): boolean {
  return retryable && attempts < CARD_TRIES && retryAfterMs < 5 * MINUTE
}

async function notified(
  dingtalk: Dingtalk,
  user: string,
  title: string,
  text: string,
  refusal: PlatformError,
): Promise<string> {
  try {
    const { taskId } = await dingtalk.notify({
      userIds: [user],
      msg: { msgtype: 'markdown', markdown: { title, text } },
    })
    return taskId
  } catch (error) {
    // What the first way has refused says more than that the second is closed as well.
    throw error instanceof PlatformError && error.retryable ? error : refusal
  }
}
