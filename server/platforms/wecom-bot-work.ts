import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '../lib/log.ts'
import type { BotAnswer, BotHandler, BotWords } from './wecom-bot-answer.ts'
import type { BotEvent } from './wecom-bot-event.ts'
import type { TemplateCard } from './wecom-card.ts'

/** One question and what the handler's work has come to so far. */
export interface BotWork {
  /** The whole text so far; '' when there is none yet. */
  readonly content: string
  /** A card that came with the end. */
  readonly card?: TemplateCard
  readonly feedbackId?: string
  readonly finished: boolean
  /** What the handler answered to an event, when it is no stream. */
  readonly answer?: BotAnswer
  /** Resolves at the next change, or after `ms`. */
  changed(ms: number): Promise<void>
}

/** Lets the handler work; a failure is logged and becomes a calm sentence. */
export function startWork(handler: BotHandler, event: BotEvent, words: BotWords): BotWork {
  let tell: () => void = () => undefined
  let next = new Promise<void>((resolve) => {
    tell = resolve
  })
  const stir = () => {
    tell()
    next = new Promise<void>((resolve) => {
      tell = resolve
    })
  }
  const work = {
    content: '',
    card: undefined as TemplateCard | undefined,
    feedbackId: undefined as string | undefined,
    answer: undefined as BotAnswer | undefined,
    finished: false,
    async changed(ms: number) {
      if (work.finished) return
      const patience = new AbortController()
      await Promise.race([next, sleep(ms, undefined, { signal: patience.signal, ref: false }).catch(() => undefined)])
      patience.abort()
    },
  }

  async function run(): Promise<void> {
    const answer = await handler(event)
    work.answer = answer
    if (!answer) return
    if ('card' in answer) work.card = answer.card
    if (!('stream' in answer)) return
    work.feedbackId = answer.feedbackId
    if (typeof answer.stream === 'string') {
      work.content = answer.stream
      return
    }
    for await (const content of answer.stream) {
      work.content = content
      stir()
    }
  }

  run()
    .catch((error: unknown) => {
      log.error({ err: error, msgId: event.msgId }, 'the AI bot could not answer')
      work.content = work.content ? `${work.content}\n\n${words.failed}` : words.failed
    })
    .finally(() => {
      work.finished = true
      stir()
    })
  return work
}
