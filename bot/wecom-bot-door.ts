import Router from 'koa-router'
import { cleanPicture, storePicture } from '../server/engines/files/files.ts'
import { takeOnce } from '../server/engines/messages/outbox.ts'
import { awaited } from '../server/engines/staff/conversation.ts'
import { staffByAccount } from '../server/engines/staff/roster.ts'
import type { Database } from '../server/lib/db.ts'
import { AppError } from '../server/lib/errors.ts'
import { errorText } from '../server/lib/http.ts'
import { newId } from '../server/lib/ids.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { refusing } from '../server/platforms/refusing.ts'
import type { BotAnswer, BotHandler, BotWords } from '../server/platforms/wecom-bot-answer.ts'
import type { WecomBotCallback } from '../server/platforms/wecom-bot-callback.ts'
import { type BotMessage, type BotPress, botDedupKey } from '../server/platforms/wecom-bot-event.ts'
import { fetchBotFile } from '../server/platforms/wecom-bot-media.ts'
import type { BotTurns } from '../server/platforms/wecom-bot-turns.ts'
import type { ButtonInteraction } from '../server/platforms/wecom-card.ts'
import type { CallbackQuery } from '../server/platforms/wx-crypto.ts'
import { type StoredPicture, takeReply } from './ask.ts'
import { press } from './bot.ts'
import type { Look } from './card.ts'
import { answerHere, type Here } from './commands.ts'
import { speaksOn } from './here.ts'
import { toWecom, toWecomText, UNCHOSEN } from './wecom.ts'

interface Needs {
  db: Database
  words: Words
  /** Our own address, for links. */
  baseUrl: string
}

/**
 * The AI bot's answers, alike in both of its modes: commands typed to it, alone or in a group, presses on the cards that
 * it answered with, and the pictures that a step waits for. What is personal is never said in a group: it goes to the
 * person's own chat.
 */
export function wecomBotHandler({ db, words, baseUrl }: Needs): BotHandler {
  const text = (line: string, data = {}) => words.text(`cards/assistant.${line}`, data)

  async function said(tx: Tx, event: BotMessage, pictures: StoredPicture[]): Promise<BotAnswer> {
    const staff = await staffByAccount(tx, 'wecom', event.userId)
    if (!staff) return { stream: text('unknown') }
    if (!(await takeOnce(tx, `wecom_bot:${botDedupKey(event)}`))) return { stream: text('done') }
    speaksOn(tx, staff.id, 'wecom')
    let taken = false
    for (const stored of pictures) taken = await takeReply(tx, staff, { stored })
    if (!event.text) return { stream: text(taken ? 'done' : 'words_only') }
    const here = await answerHere(tx, words, staff, event.text, event.conversation.kind === 'group')
    return here === 'private' ? { stream: text('private', { name: staff.name }) } : answerOf(here)
  }

  /**
   * The pictures of a message, if its sender is asked for something. Their addresses are good for five minutes, too short
   * for a duty that tries again: they are stored before anything else, and whoever hears that it failed sends them anew.
   */
  async function picturesOf({ userId, conversation, files }: BotMessage): Promise<StoredPicture[]> {
    if (files.length === 0 || conversation.kind === 'group') return []
    const now = await db.read(async (tx) => {
      const staff = await staffByAccount(tx, 'wecom', userId)
      return staff && (await awaited(tx, staff.id)) ? tx.now : undefined
    })
    if (now === undefined) return []
    return Promise.all(
      files.map(async (file) => {
        const stored = { id: newId(now), picture: await cleanPicture(await fetchBotFile(file)) }
        await storePicture(stored.id, stored.picture)
        return stored
      }),
    )
  }

  async function pressed(event: BotPress): Promise<BotAnswer> {
    const outcome = await press(db, words, {
      platform: 'wecom',
      userId: event.userId,
      dedupKey: `wecom_bot:${botDedupKey(event)}`,
      taskId: event.taskId,
      key: event.eventKey,
      chosen: Object.fromEntries(
        Object.entries(event.selected).flatMap(([name, [id]]) => (id && id !== UNCHOSEN ? [[name, id]] : [])),
      ),
    })
    if (!outcome.card || !outcome.taskId) return { stream: text('unknown_card') }
    return { updateCard: plainCard({ card: outcome.card }, outcome.taskId) }
  }

  /** One card at most goes with an answer; what cannot be drawn here is told in words. */
  function answerOf(here: Here[]): BotAnswer {
    const lines = here.flatMap(({ look }) => ('text' in look ? toWecomText(look.text, look.link, baseUrl) : []))
    const cards = here.flatMap(({ look, messageId }) => ('card' in look ? plainCard(look, messageId) : []))
    const [card] = cards
    // What is told in several places is told here once.
    const stream = [...new Set(lines)].join('\n\n')
    if (!card) return { stream: stream || text('done') }
    return stream ? { stream, card } : { card }
  }

  return async (event) => {
    if (event.kind === 'enter') return { welcome: text('welcome') }
    if (event.kind === 'card') return pressed(event)
    if (event.kind !== 'message') return undefined
    try {
      const pictures = await picturesOf(event)
      return await db.write((tx) => said(tx, event, pictures))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return { stream: errorText(words, error) }
    }
  }
}

/** A card of the bot has no grey label: one that is closed keeps a button that does nothing (PLATFORMS.md §3.1). */
function plainCard(look: Extract<Look, { card: unknown }>, taskId: string): ButtonInteraction {
  const { replace_text: _, ...card } = toWecom(look.card, taskId)
  return card
}

/** The sentences that the bot says by itself, from the templates. */
export function botWords(words: Words): BotWords {
  const text = (line: string) => words.text(`cards/assistant.${line}`)
  return {
    working: text('working'),
    later: text('later'),
    lost: text('lost'),
    failed: text('failed'),
    done: text('done'),
  }
}

/** The AI bot's HTTP door, when it runs in callback mode. */
export function wecomBotDoor(callback: WecomBotCallback, turns: BotTurns): Router {
  const router = new Router({ prefix: '/callbacks' })

  router.get('/wecom-bot', (ctx) => {
    ctx.body = refusing('wecom_bot', ctx, () => callback.verifyUrl(ctx.query as CallbackQuery)) ?? ''
    ctx.type = 'text/plain'
  })

  router.post('/wecom-bot', async (ctx) => {
    const raw = (ctx.request as { rawBody?: string }).rawBody ?? ''
    const event = refusing('wecom_bot', ctx, () => callback.open(ctx.query as CallbackQuery, raw))
    if (!event) return
    const body = await turns.answer(event)
    ctx.status = 200
    ctx.body = body ? callback.reply(ctx.query as CallbackQuery, body) : ''
    if (body) ctx.type = 'application/json'
  })

  return router
}
