import Router from 'koa-router'
import type { Change } from '../server/engines/staff/book.ts'
import type { Database } from '../server/lib/db.ts'
import { log } from '../server/lib/log.ts'
import type { Words } from '../server/lib/render.ts'
import type { Dingtalk } from '../server/platforms/dingtalk.ts'
import type { DingtalkHandler } from '../server/platforms/dingtalk-acks.ts'
import type { DingtalkCallback } from '../server/platforms/dingtalk-callback.ts'
import { cardAnswer } from '../server/platforms/dingtalk-card.ts'
import type { DingtalkCardPress, DingtalkRobotMessage } from '../server/platforms/dingtalk-event.ts'
import type { DingtalkAnswer } from '../server/platforms/dingtalk-frame.ts'
import { refusing } from '../server/platforms/refusing.ts'
import type { Reply } from './ask.ts'
import { dingtalkChange } from './books.ts'
import { hear, noteRefusal, press } from './bot.ts'
import { chosenOf, toDingtalk } from './dingtalk.ts'

interface Needs {
  db: Database
  words: Words
  dingtalk: Dingtalk
  /** What to do when the address book has changed. */
  onContacts: (platform: string, change: Change) => Promise<void>
}

/**
 * What DingTalk tells us, whichever way it comes: over Stream or to our HTTP door. A press is answered with what the
 * card shows from now on (PLATFORMS.md §5.6).
 */
export function dingtalkHandler({ db, words, dingtalk, onContacts }: Needs): DingtalkHandler {
  async function pressed(event: DingtalkCardPress): Promise<DingtalkAnswer> {
    const outcome = await press(db, words, {
      platform: 'dingtalk',
      userId: event.userId,
      dedupKey: `dingtalk:${event.pushId}`,
      taskId: event.outTrackId,
      key: event.key,
      chosen: chosenOf(event.params),
    })
    noteRefusal('dingtalk', { from: event.userId, kind: event.kind }, outcome)
    return outcome.card ? { card: { params: toDingtalk(outcome.card) } } : {}
  }

  async function heard(event: DingtalkRobotMessage): Promise<DingtalkAnswer> {
    // Nowhere else does DingTalk show the id by which a group is written to.
    if (event.group)
      log.info({ group: event.conversationTitle, id: event.conversationId }, 'called in a DingTalk group')
    const who = { platform: 'dingtalk', userId: event.userId, dedupKey: `dingtalk:${event.msgId}` }
    const outcome = await hear(db, words, { ...who, reply: replyOf(event) })
    noteRefusal('dingtalk', { from: event.userId, kind: event.kind }, outcome)
    return {}
  }

  return {
    async handle(event) {
      if (event.kind === 'card') return pressed(event)
      if (event.kind === 'robot_message') return heard(event)
      const change = dingtalkChange(event)
      if (change) await onContacts('dingtalk', change)
      return {}
    },
    async late(event, { card }) {
      if (event.kind !== 'card' || !card?.params) return
      await dingtalk.updateCard({ outTrackId: event.outTrackId, params: card.params })
    },
  }
}

/** DingTalk's HTTP door, for companies that do not use Stream: events and robot messages, and card presses. */
export function dingtalkDoor(handler: DingtalkHandler, callback: DingtalkCallback): Router {
  const router = new Router({ prefix: '/callbacks' })

  router.post('/dingtalk', async (ctx) => {
    const event = refusing('dingtalk', ctx, () => callback.open(ctx.query, ctx.headers, rawBody(ctx)))
    if (!event) return
    await handler.handle(event)
    ctx.status = 200
    ctx.body = event.kind === 'event' ? callback.success(String(ctx.query.nonce ?? '')) : {}
  })

  router.post('/dingtalk-card', async (ctx) => {
    const event = refusing('dingtalk', ctx, () => callback.openCard(ctx.headers, rawBody(ctx)))
    if (!event) return
    // Nothing in a press over HTTP tells it from the next one but the moment at which it was signed.
    const pushId = `${event.outTrackId}:${event.userId}:${ctx.get('x-ddpaas-signature-timestamp')}`
    const answer = await handler.handle({ ...event, pushId })
    ctx.status = 200
    ctx.body = cardAnswer(answer?.card)
  })

  return router
}

function rawBody(ctx: { request: object }): string {
  return (ctx.request as { rawBody?: string }).rawBody ?? ''
}

function replyOf({ text, files, msgtype }: DingtalkRobotMessage): Reply {
  const picture = files.find(({ kind }) => kind === 'picture')
  if (picture) return { picture: `dingtalk:${picture.downloadCode}` }
  return text ? { text } : { other: msgtype }
}
