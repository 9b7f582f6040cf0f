import { Event } from '../../server/engines/events/event.ts'
import { Attachment } from '../../server/engines/files/attachment.ts'
import { levelOf } from '../../server/engines/flows/acks.ts'
import type { Flow } from '../../server/engines/flows/flow.ts'
import { flowOf, stepsOf, turnOf } from '../../server/engines/flows/flows.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { photoCount } from '../../server/engines/flows/pictures.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { describeAnswers } from '../../server/engines/forms/answers.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, type CardKind, clip, type Look, TEXT_BYTES } from '../card.ts'
import { factsFor } from '../customer-sight.ts'
import { saidAt } from './earlier.ts'
import { untold } from './frame.ts'
import { toldOf } from './told.ts'

type Fact = Card['facts'][number]

/** What is told of somebody's words beside other things; the whole stands on the page. */
const ALERT_ROOM = 300
const HISTORY_ROOM = 60

/** One line of the chat, its words under cards/chat. */
const say: CardKind = {
  kind: 'say',
  async draw(tx, { data, subjectId }, words) {
    const meant = data.line === 'done_finish' ? meantBy(await turnOf(tx, subjectId), words, tx.now) : []
    return { text: words.text(`cards/chat.${data.line}`, { ...data, meant, now: tx.now }) }
  },
}

/** Kinds of fields whose words can be taken for something else than was meant. */
const READ = ['items', 'date', 'datetime']

/** What was made of the words with which somebody has finished a step, so that they see a mistake. */
function meantBy({ flow, run, step, definition }: Turn, words: Words, now: number): Fact[] {
  const fields = (flow.forms[definition.form ?? '']?.fields ?? []).filter(({ kind }) => READ.includes(kind))
  const meant = describeAnswers({ fields }, step.answers ?? {}, { words })
  return [...meant, ...(meant.some(({ kind }) => kind === 'items') ? toldOf(run, words, now).facts : [])]
}

/** A line about a step that concerns its assignee. */
function notice(kind: string): CardKind {
  return {
    kind,
    async draw(tx, message, words) {
      const { run, step, definition, flow } = await turnOf(tx, message.subjectId)
      // By what the supervisor chose: a working day has other hours everywhere.
      const span = flow.extensions.find(({ ms }) => ms === message.data.byMs)?.label ?? ''
      const seen = await factsFor(tx, message.recipientId, run.facts, run.customerId)
      const state = { step: definition.title, dueAt: step.dueAt ?? 0, waiting: step.dueAt === null, span }
      const about = { ...run.facts, ...seen, ...state }
      const data = { ...message.data, ...about, now: tx.now }
      return { text: words.text(`cards/notices.${kind}`, data) }
    },
  }
}

/** An urgent case, told at once to whoever must know (C4). */
const alert: CardKind = {
  kind: 'alert',
  async draw(tx, message, words) {
    const run = await tx.get(FlowRun, message.subjectId)
    if (run?.state !== 'running') return undefined
    const flow = await flowOf(tx, run.definitionId)
    const step = (await stepsOf(tx, run.id)).find((one) => one.isLive() && one.kind !== 'fork')
    const assignee = step?.assigneeId ? (await staffById(tx, step.assigneeId))?.name : ''
    const title = flow.steps.find((one) => one.step === step?.name)?.title ?? ''
    const text = clip(run.facts.text, ALERT_ROOM)
    const seen = await factsFor(tx, message.recipientId, run.facts, run.customerId)
    const rows = untold({ flow, run })
    const about = { text, rows, flow: flow.title, step: title, assignee, dueAt: step?.dueAt ?? 0 }
    const data = { ...run.facts, ...seen, ...about, now: tx.now }
    return {
      text: words.text(run.facts.safety === 'pass' ? 'cards/notices.alert' : 'cards/notices.alert_unchecked', data),
    }
  },
}

const photo: CardKind = {
  kind: 'photo',
  async draw(tx, message, words) {
    const picture = await tx.get(Attachment, message.subjectId)
    if (picture?.isVisible()) return { picture: picture.id }
    return {
      text: words.text(picture?.safety === 'blocked' ? 'cards/chat.photo_blocked' : 'cards/chat.photo_checking'),
    }
  },
}

const history: CardKind = {
  kind: 'history',
  draw: async (tx, message, words) => ({ text: await historyText(tx, message, words) }),
}

const page: CardKind = {
  kind: 'page',
  async draw(tx, { data, subjectId }, words): Promise<Look> {
    const { run, definition } = await turnOf(tx, subjectId)
    const about = { number: run.facts.number, step: definition.title }
    const link = { to: `/work/open/${data.token}`, label: words.text('cards/chat.page_link') }
    return { text: words.text('cards/chat.page', about), link }
  },
}

const NOTICES = ['withdrawn', 'extended', 'merged', 'watched', 'taken_back']

export const notices = [say, alert, photo, history, page, ...NOTICES.map(notice)]

async function historyText(tx: Tx, message: Message, words: Words): Promise<string> {
  const { run, flow } = await turnOf(tx, message.subjectId)
  const ids = message.data.events as string[]
  const events = await tx.find(Event, `WHERE id IN (${ids.map(() => '?').join(',')}) ORDER BY id`, ids)
  const title = words.text('cards/history.title', { number: run.facts.number, title: run.facts.title })
  const lines = await linesOf(tx, flow, events, words)
  let older = message.data.older ? [words.text('cards/history.older')] : []
  for (;;) {
    const text = [title, ...older, ...lines].join('\n')
    if (lines.length === 0 || Buffer.byteLength(text) <= TEXT_BYTES) return text
    lines.shift()
    older = [words.text('cards/history.older')]
  }
}

/** A line for each happening that has words. */
export async function linesOf(tx: Tx, flow: Flow, events: Event[], words: Words, now = tx.now): Promise<string[]> {
  const lines: string[] = []
  for (const event of events) {
    const key = `cards/history.${event.name.replace('.', '_')}`
    if (!words.has(key)) continue
    const by = event.actorType === 'staff' && event.actorId ? ((await staffById(tx, event.actorId))?.name ?? '') : ''
    const definition = flow.steps.find((one) => one.step === event.data.step)
    const given = event.data.answers as Record<string, unknown> | undefined
    const told = definition?.log && given ? await saidAt(tx, flow, definition, given, words) : ''
    const photos = photoCount(flow, definition?.form, given)
    const { reason = '', text = '', level } = event.data
    const to = flow.roles[levelOf(flow, Number(level))?.to ?? ''] ?? ''
    const short = { reason: clip(String(reason ?? ''), HISTORY_ROOM), text: clip(String(text ?? ''), HISTORY_ROOM) }
    const about = { said: told, to, by, step: definition?.title ?? '', photos, at: event.at, now }
    lines.push(words.text(key, { toName: '', csat: '', ...event.data, ...short, ...about }))
  }
  return lines
}
