import type { z } from 'zod'
import { compile } from '../../lib/condition.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Actor } from '../events/events.ts'
import type { Form } from '../forms/form.ts'
import type { Staff } from '../staff/staff.ts'
import type { Flow, StepDefinition } from './flow.ts'
import type { FlowRun } from './run.ts'
import type { FlowStep } from './step.ts'
import type { StepSource } from './step-source.ts'

/** A step with what it belongs to. */
export interface Turn {
  flow: Flow
  run: FlowRun
  step: FlowStep
  definition: StepDefinition
}

/** What a noun wants to hear of the flows that run for it. main.ts hands these over. */
export interface FlowSubject {
  stepOpened(tx: Tx, turn: Turn): Promise<void>
  stepFinished(tx: Tx, turn: Turn): Promise<void>
  questionAsked(tx: Tx, turn: Turn, question: Question): Promise<void>
  runEnded(tx: Tx, run: FlowRun): Promise<void>
}

export interface Question {
  staffId: string
  staffName: string
  text: string
}

export type Moment = 'entry' | 'accept' | 'finish' | 'overdue'

/** Whoever is about to take a step in hand, and whether they chose it themselves from the pool of its role. */
export interface Taker {
  staff: Staff
  claims: boolean
}

/** Where a pack says a word: at which step and moment, with which form. */
export interface Said {
  moment: Moment
  step: StepSource
  form?: Form
}

/** A word that flows can say on entry, when somebody takes a step in hand, on finish or when overdue. */
export interface FlowWord<Args = unknown> {
  name: string
  args: z.ZodType<Args>
  /** The fields of the step's form whose answers it shows to others: none of them may be private. */
  shows?(args: Args): string[]
  /** What is wrong with saying it there, with the path of the argument. */
  misfit?(args: Args, said: Said): { path: PropertyKey[]; reason: string } | undefined
  run(tx: Tx, turn: Turn, args: Args, taker?: Taker): Promise<void>
}

const subjects = new Map<string, FlowSubject>()
const words = new Map<string, FlowWord>()
const stopped: Stopped[] = []

/** Lets a noun hear of its flows. */
export function flowSubject(type: string, subject: FlowSubject): void {
  subjects.set(type, subject)
}

/** Lends words to the flows. */
export function flowWords(lent: FlowWord[]): void {
  for (const word of lent) words.set(word.name, word)
}

/** What a noun does when a run is stopped before its end: no word of its steps will give back what they hold. */
type Stopped = (tx: Tx, run: FlowRun, by: Actor) => Promise<void>

/** Lets a noun hear of runs that are stopped before their end. */
export function whenStopped(hear: Stopped): void {
  if (!stopped.includes(hear)) stopped.push(hear)
}

/** Tells whoever wants to hear of it that a run was stopped. */
export async function tellStopped(tx: Tx, run: FlowRun, by: Actor): Promise<void> {
  for (const hear of stopped) await hear(tx, run, by)
}

/** The noun for which a run runs. */
export function subjectOf(run: FlowRun): FlowSubject {
  const subject = subjects.get(run.subjectType)
  if (!subject) throw new Error(`nobody hears of flows for "${run.subjectType}"`)
  return subject
}

/** A word by its name, or undefined. */
export function flowWord(name: string): FlowWord | undefined {
  return words.get(name)
}

/** The names of all words, for error messages. */
export function flowWordNames(): string[] {
  return [...words.keys()]
}

/** Says those words of a moment of a step that fit the case, in order; a word may find what one before it has brought. */
export async function sayWords(tx: Tx, turn: Turn, moment: Moment, taker?: Taker): Promise<void> {
  for (const { do: name, when, ...args } of turn.definition[moment] ?? []) {
    if (when && !compile(when)({ ...turn.run.answers, priority: turn.run.priority })) continue
    const word = words.get(name)
    if (!word) throw new Error(`flow ${turn.flow.flow} says an unknown word: ${name}`)
    await word.run(tx, turn, word.args.parse(args), taker)
  }
}
