import Router from 'koa-router'
import type { Change } from '../server/engines/staff/book.ts'
import type { Database } from '../server/lib/db.ts'
import type { Words } from '../server/lib/render.ts'
import { refusing } from '../server/platforms/refusing.ts'
import type { WecomCallback } from '../server/platforms/wecom-callback.ts'
import type { WecomEvent } from '../server/platforms/wecom-event.ts'
import type { CallbackQuery } from '../server/platforms/wx-crypto.ts'
import { wecomChange } from './books.ts'
import { hear, noteRefusal, type Outcome, press } from './bot.ts'
import { greet } from './greet.ts'
import { toWecom, UNCHOSEN } from './wecom.ts'

interface Needs {
  db: Database
  words: Words
  callback?: WecomCallback
  /** What to do when the address book has changed. */
  onContacts: (platform: string, change: Change) => Promise<void>
}

/** WeCom's door: URL verification, card presses, messages (PLATFORMS.md §2). */
export function wecomDoor({ db, words, callback, onContacts }: Needs): Router {
  const router = new Router({ prefix: '/callbacks' })
  if (!callback) return router

  router.get('/wecom', (ctx) => {
    ctx.body = refusing('wecom', ctx, () => callback.verifyUrl(ctx.query as CallbackQuery)) ?? ''
    ctx.type = 'text/plain'
  })

  router.post('/wecom', async (ctx) => {
    const raw = (ctx.request as { rawBody?: string }).rawBody ?? ''
    const event = refusing('wecom', ctx, () => callback.open(ctx.query as CallbackQuery, raw))
    if (!event) return
    ctx.status = 200
    ctx.body = ''
    if (event.kind === 'change_contact') return onContacts('wecom', wecomChange(event))
    const outcome = await take(event, callback.dedupKey(event))
    noteRefusal('wecom', event, outcome)
    if (!outcome?.card || !outcome.taskId) return
    ctx.type = 'application/xml'
    ctx.body = callback.reply({
      to: event.from,
      msgtype: 'update_template_card',
      card: toWecom(outcome.card, outcome.taskId),
    })
  })

  async function take(event: WecomEvent, dedupKey: string): Promise<Outcome | undefined> {
    const who = { platform: 'wecom', userId: event.from, dedupKey: `wecom:${dedupKey}` }
    switch (event.kind) {
      case 'template_card_event':
      case 'template_card_menu_event': {
        const selected = 'selected' in event ? event.selected : {}
        return press(db, words, {
          platform: who.platform,
          userId: who.userId,
          dedupKey: who.dedupKey,
          taskId: event.taskId,
          key: event.eventKey,
          chosen: Object.fromEntries(
            Object.entries(selected).flatMap(([name, [id]]) => (id && id !== UNCHOSEN ? [[name, id]] : [])),
          ),
          responseCode: event.responseCode || undefined,
        })
      }
      case 'click':
        return hear(db, words, { ...who, reply: { text: event.eventKey } })
      case 'enter_agent':
        await greet(db, 'wecom', event.from)
        return undefined
      case 'text':
        return hear(db, words, { ...who, reply: { text: event.content } })
      case 'location':
        return hear(db, words, {
          ...who,
          reply: { place: { lat: event.latitude, lng: event.longitude, address: event.label } },
        })
      case 'image':
        return hear(db, words, { ...who, reply: { picture: `wecom:${event.mediaId}` } })
      case 'voice':
      case 'video':
      case 'other_message':
        return hear(db, words, { ...who, reply: { other: event.kind } })
      default:
        return undefined
    }
  }

  return router
}
