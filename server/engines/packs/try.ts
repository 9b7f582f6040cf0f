import type { Database, Tx } from '../../lib/db.ts'
import { soonest } from '../../lib/due.ts'
import { AppError, Invalid } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import { addPromisedPicture } from '../files/files.ts'
import { type Flow, openingForm, spanMs } from '../flows/flow.ts'
import { turnOf } from '../flows/flows.ts'
import { formOptions } from '../flows/guards.ts'
import type { Turn } from '../flows/hooks.ts'
import { calendarOf } from '../flows/ladder.ts'
import { belongsTo, pictureFields } from '../flows/pictures.ts'
import { FlowRun } from '../flows/run.ts'
import { FlowStep } from '../flows/step.ts'
import { finishStep } from '../flows/steps.ts'
import { nextWake, sweepSteps } from '../flows/sweep.ts'
import type { Form, Option } from '../forms/form.ts'
import { Message } from '../messages/message.ts'
import { membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { type Ask, askedAnswers, photosOf, validAnswers } from './try-answers.ts'
import { decide, type Plan, verdictFor } from './try-decide.ts'
import { hirePeople } from './try-people.ts'
import { type Teller, teller } from './try-tell.ts'

/** Where a trial takes place. */
export interface Trial {
  db: Database
  clock: { now(): number; advance(ms: number): void }
  words: Words
  flow: Flow
  plan: Plan
  ask: Ask
  say(line: string): void
  /** Lets a customer open the flow; returns the subject's id. */
  open(tx: Tx, answers: Record<string, unknown>): Promise<string>
}

/** A trial comes to its end within so many steps, or never. */
const MOST_STEPS = 60
/** Without a plan a step takes ten minutes, or a third of its limit where that is shorter. */
const ORDINARY_MS = 600_000

/** Walks a flow from its opening to its end on the real engine; says whether it got there. */
export async function tryFlow(trial: Trial): Promise<boolean> {
  const tell = teller(trial.words, trial.say)
  try {
    await walk(trial, tell)
    return true
  } catch (error) {
    if (error instanceof Stopped) tell.line(`stopped.${error.why}`, error.data)
    else if (error instanceof AppError) tell.line('stopped.refused', { reason: reasonOf(error, trial.words) })
    else throw error
    return false
  }
}

/** The trial cannot go on; `why` is a key under `stopped` in templates/messages/pack-try.yaml. */
class Stopped extends Error {
  constructor(
    readonly why: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(why)
  }
}

async function walk(trial: Trial, tell: Teller): Promise<void> {
  const { db, flow, clock, words } = trial
  const begun = clock.now()
  await db.write((tx) => hirePeople(tx, flow.roles, words))
  tell.line('begin', { title: flow.title, at: begun })
  const opening = openingForm(flow)
  const answers = opening ? await answersFor(trial, 'form', opening, {}, 0) : {}
  if (opening) tell.answers(opening, answers, {})
  const subjectId = await db.write((tx) => trial.open(tx, answers))
  const visits = new Map<string, number>()
  for (let count = 0; count < MOST_STEPS; count++) {
    const live = await db.read((tx) => liveOf(tx, subjectId))
    if (live.length === 0) return end(trial, tell, subjectId, begun)
    const next = live.find(({ definition }) => definition.approval || definition.actions.includes('finish'))
    if (next) await doStep(trial, tell, next, visits)
    else await waitFor(trial, tell, live)
  }
  throw new Stopped('endless', { most: MOST_STEPS })
}

async function end({ db, clock }: Trial, tell: Teller, subjectId: string, begun: number): Promise<void> {
  await db.read((tx) => tell.messages(tx))
  const run = await db.read((tx) => tx.first(FlowRun, 'WHERE subjectId = ? ORDER BY id', [subjectId]))
  tell.line('end', { tookMs: clock.now() - begun, at: clock.now(), cancelled: run?.state === 'cancelled' })
}

/** Every step of the subject's runs at which something can still be done, those of a flow within a flow too. */
async function liveOf(tx: Tx, subjectId: string): Promise<Turn[]> {
  const steps = await tx.find(
    FlowStep,
    `WHERE runId IN (SELECT id FROM flow_runs WHERE subjectId = ?) AND state IN ('open', 'waiting') ORDER BY openedAt, seq`,
    [subjectId],
  )
  return Promise.all(steps.map(({ id }) => turnOf(tx, id)))
}

async function doStep(trial: Trial, tell: Teller, { step, definition, flow, run }: Turn, visits: Map<string, number>) {
  const { db, plan } = trial
  const visit = visits.get(definition.step) ?? 0
  visits.set(definition.step, visit + 1)
  await db.read((tx) => tell.step(tx, { step, definition, flow, run }))
  await db.read((tx) => tell.messages(tx))
  await letPass(trial, tell, timeOf(plan, flow, step))
  const form = definition.form ? flow.forms[definition.form] : undefined
  const options = form ? await db.read((tx) => formOptions(tx, form)) : {}
  const answers = form ? await answersFor(trial, definition.step, form, options, visit) : {}
  const before = await db.read((tx) => stepIds(tx, run.subjectId))
  if (definition.approval) {
    const verdict = await verdictFor(plan, trial.ask, trial.words, definition.step, visit)
    if (!verdict) throw new Stopped('gone')
    const by = await db.write(async (tx) => decide(tx, await turnOf(tx, step.id), verdict))
    tell.line(`decided.${verdict.decision}`, { by: by?.name ?? '', at: trial.clock.now(), words: verdict.words })
  } else {
    const by = await db.write(async (tx) => {
      const turn = await turnOf(tx, step.id)
      const staff = await handsOf(tx, turn)
      await photograph(tx, turn, staff, answers)
      await finishStep(tx, turn, staff, answers)
      return staff
    })
    tell.line('done', { by: by.name, at: trial.clock.now() })
  }
  if (form) tell.answers(form, answers, options)
  await db.read(async (tx) => {
    const opened = (await stepsOfSubject(tx, run.subjectId)).find(({ id }) => !before.has(id))
    const joined = definition.next.some(({ to }) => to === 'join')
    const over = !(await turnOf(tx, step.id)).step.isLive()
    if (over) tell.branch({ step, definition, flow, run }, opened?.name ?? (joined ? 'join' : 'end'))
    await tell.messages(tx)
  })
}

/** Gives the step as many pictures as the answers tell of. */
async function photograph(tx: Tx, turn: Turn, staff: Staff, answers: Record<string, unknown>): Promise<void> {
  for (const { name } of pictureFields(turn.flow, turn.definition.form)) {
    const told = answers[name] === undefined ? [] : [answers[name]].flat()
    for (const picture of told) {
      await addPromisedPicture(tx, staff.id, `trial:${picture}`, await belongsTo(tx, turn, staff, name))
    }
  }
}

/** Who does a step in the trial: its assignee, else the first who was asked, else the first who holds the role. */
async function handsOf(tx: Tx, { step, definition }: Turn): Promise<Staff> {
  const asked = await tx.first(Message, `WHERE subjectId = ? AND kind = 'step' ORDER BY id`, [step.id])
  const id = step.assigneeId ?? asked?.recipientId
  const staff = (id && (await staffById(tx, id))) || (await membersOf(tx, step.role))[0]
  if (!staff) throw new Stopped('nobody', { title: definition.title })
  return staff
}

async function stepsOfSubject(tx: Tx, subjectId: string): Promise<FlowStep[]> {
  return tx.find(FlowStep, 'WHERE runId IN (SELECT id FROM flow_runs WHERE subjectId = ?) ORDER BY seq', [subjectId])
}

async function stepIds(tx: Tx, subjectId: string): Promise<Set<string>> {
  return new Set((await stepsOfSubject(tx, subjectId)).map(({ id }) => id))
}

/** Nobody can do anything: time moves on to the next deadline. */
async function waitFor(trial: Trial, tell: Teller, live: Turn[]): Promise<void> {
  const { db, clock } = trial
  const titles = live.flatMap(({ definition }) => definition.title || [])
  const next = await db.read((tx) => soonest(tx, [nextWake]))
  if (next === undefined) throw new Stopped('stuck', { titles })
  tell.line('waiting', { titles, until: next, now: clock.now() })
  await letPass(trial, tell, Math.max(0, next - clock.now()))
}

/** Lets time pass through every deadline on the way, and says what each brings. */
async function letPass({ db, clock }: Trial, tell: Teller, ms: number): Promise<void> {
  const until = clock.now() + ms
  for (;;) {
    const next = await db.read((tx) => soonest(tx, [nextWake]))
    if (next === undefined || next > until) break
    clock.advance(Math.max(0, next - clock.now()))
    if ((await sweepSteps(db)) === 0) break
    tell.line('late', { at: clock.now() })
    await db.read((tx) => tell.messages(tx))
  }
  clock.advance(Math.max(0, until - clock.now()))
}

function timeOf({ takes }: Plan, flow: Flow, { name, limitMs }: FlowStep): number {
  const span = takes?.[name]
  return span ? spanMs(span, calendarOf(flow).workdayMs) : Math.min(ORDINARY_MS, Math.round(limitMs / 3))
}

/** The answers for a form: the plan's, else found, else asked for. Throws Stopped. */
async function answersFor(
  { plan, ask, words, clock }: Trial,
  step: string,
  form: Form,
  options: Record<string, Option[]>,
  visit: number,
): Promise<Record<string, unknown>> {
  const planned = plan.answers?.[step]
  const given = Array.isArray(planned) ? planned[Math.min(visit, planned.length - 1)] : planned
  if (typeof given === 'object' && given !== null) return meant(given as Record<string, unknown>, form, options)
  if (plan.auto) return validAnswers(form, options, visit, clock.now(), words)
  const asked = await askedAnswers(form, options, ask, words)
  if (!asked) throw new Stopped('gone')
  return asked
}

/** A plan names people, whose ids nobody knows beforehand, and tells how many photos there are. */
function meant(given: Record<string, unknown>, form: Form, options: Record<string, Option[]>): Record<string, unknown> {
  const photos = new Set(form.fields.filter(({ kind }) => kind === 'photos').map(({ name }) => name))
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (photos.has(name) && typeof value === 'number') return [name, photosOf(value)]
      return [name, options[name]?.find(({ label }) => label === value)?.value ?? value]
    }),
  )
}

function reasonOf(error: AppError, words: Words): string {
  const keys = [`messages/form-errors.form.${error.why}`, `messages/errors.${error.why}`]
  const key = keys.find((one) => words.has(one))
  const field = error instanceof Invalid ? error.field : ''
  return key ? words.text(key, { label: field, ...error.data }) : error.why
}
