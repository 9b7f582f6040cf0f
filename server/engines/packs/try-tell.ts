import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Turn } from '../flows/hooks.ts'
import { checkAnswers, describeAnswers } from '../forms/answers.ts'
import type { Form, Option } from '../forms/form.ts'
import { Message } from '../messages/message.ts'
import { staffById } from '../staff/roster.ts'
import { conditionWords } from './draw-words.ts'

const KEY = 'messages/pack-try'

/** What a trial says in the terminal. */
export interface Teller {
  /** Where a step stands: what it is, whose, by when. */
  step(tx: Tx, turn: Turn): Promise<void>
  /** Every message that has come into the outbox since the last call, and whom it is for. */
  messages(tx: Tx): Promise<void>
  /** The answers with which something was filled in. */
  answers(form: Form, given: Record<string, unknown>, options: Record<string, Option[]>): void
  /** Which branch was taken and why. */
  branch(turn: Turn, to: string): void
  line(word: string, data?: Record<string, unknown>): void
}

/** Makes the voice of a trial. */
export function teller(words: Words, say: (line: string) => void): Teller {
  const seen = new Set<string>()
  const line = (word: string, data: Record<string, unknown> = {}) => say(words.text(`${KEY}.${word}`, data))
  return {
    line,
    async step(tx, { flow, step, definition }) {
      const sent = await tx.find(Message, `WHERE subjectId = ? AND kind = 'step' ORDER BY id`, [step.id])
      const owners = step.assigneeId ? [step.assigneeId] : sent.map(({ recipientId }) => recipientId)
      const names = await Promise.all(owners.map((id) => nameOf(tx, id)))
      const role = flow.roles[step.role] ?? step.role
      line('step', { title: definition.title, seq: step.seq, now: tx.now })
      if (step.role) line('who', { role, names, pool: !step.assigneeId, nobody: names.length === 0 })
      if (step.dueAt) line('due', { limitMs: step.limitMs, dueAt: step.dueAt, now: tx.now })
      if (definition.task) line('task', { task: definition.task })
    },
    async messages(tx) {
      for (const message of await tx.find(Message, 'ORDER BY createdAt, id')) {
        if (seen.has(message.id)) continue
        seen.add(message.id)
        line('message', { to: await receiver(tx, message, words), what: whatOf(message, words), at: message.createdAt })
      }
    },
    answers(form, given, options) {
      const { values } = checkAnswers(form, given, { options })
      for (const { label, text } of describeAnswers(form, values, { options, words })) line('answer', { label, text })
    },
    branch({ flow, definition }, to) {
      if (definition.next.length < 2) return
      const taken = definition.next.find((branch) => branch.to === to)
      const why = taken?.when ? conditionWords(taken.when, flow, words) : words.text(`${KEY}.otherwise`)
      const title = flow.steps.find(({ step }) => step === to)?.title || words.text(`${KEY}.place.${placeOf(to)}`)
      line('branch', { why, title })
    },
  }
}

async function receiver(tx: Tx, { channel, recipientId }: Message, words: Words): Promise<string> {
  return channel === 'staff' ? nameOf(tx, recipientId) : words.text(`${KEY}.channel.${channel}`, { name: recipientId })
}

/** A place in a flow that is no step of people. */
function placeOf(to: string): 'end' | 'join' | 'fork' {
  return to === 'end' || to === 'join' ? to : 'fork'
}

/** What a message is about: its kind in words, and the words that it brings. */
function whatOf({ kind, data }: Message, words: Words): string {
  const known = words.has(`${KEY}.kind.${kind}`) ? words.text(`${KEY}.kind.${kind}`) : kind
  const brought = [data.progress, data.question, data.result, data.text].find(
    (text) => typeof text === 'string' && text,
  )
  return words.text(`${KEY}.what`, { known, brought: brought ?? '' })
}

async function nameOf(tx: Tx, id: string): Promise<string> {
  return (await staffById(tx, id))?.name ?? id
}
