import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Attachment } from '../files/attachment.ts'
import type { Belongs } from '../files/files.ts'
import type { Field } from '../forms/form.ts'
import type { Staff } from '../staff/staff.ts'
import type { Flow } from './flow.ts'
import { guardActor } from './guards.ts'
import type { Turn } from './hooks.ts'
import { ownFlow } from './own-lists.ts'
import { flowOf, stepsOf, turnOf } from './rows.ts'
import { FlowRun } from './run.ts'

/** So many a photo field takes that says nothing of it. */
const MOST = 9

/** Pictures that were given for one field of a step. */
export interface PictureGroup {
  stepId: string
  /** The titles of step and field. */
  step: string
  label: string
  ids: string[]
  /** Who gave the first of them, and when; null where nobody remembers. */
  by: string | null
  at: number
}

/** The pictures given for a step that are sound, by the field of its form for which they were. */
export async function picturesGiven(tx: Tx, stepId: string): Promise<Map<string, Attachment[]>> {
  const rows = await tx.find(Attachment, 'WHERE stepId = ? ORDER BY id', [stepId])
  return byField(rows.filter((row) => row.isSound()))
}

/** Where a picture belongs that somebody gives for a field of a step of theirs. Throws Invalid when the field is full. */
export async function belongsTo(tx: Tx, turn: Turn, staff: Staff, name: string): Promise<Belongs> {
  await guardActor(tx, turn, staff, 'finish')
  const field = pictureFields(turn.flow, turn.definition.form).find((one) => one.name === name)
  if (!field) throw new Invalid('picture', 'picture_not_asked')
  const { run, step } = turn
  const before = (await picturesGiven(tx, step.id)).get(name) ?? []
  // Whoever signs again means the new signature.
  if (field.kind === 'signature') await dropPictures(tx, step.id, before)
  else if (before.length >= mostPhotos(field)) {
    throw new Invalid(name, 'too_many_photos', { label: field.label, max: mostPhotos(field) })
  }
  return { subjectId: run.subjectId, stepId: step.id, field: name }
}

/** Takes pictures back that were given for a step: they count no more. */
export async function dropPictures(tx: Tx, stepId: string, pictures: Pick<Attachment, 'id'>[]): Promise<void> {
  for (const { id } of pictures) await tx.update(Attachment, id, { stepId: null, field: null }, { stepId })
}

/** Answers with the step's own pictures in its picture fields, whatever the door has put there. */
export async function withPictures(
  tx: Tx,
  turn: Turn,
  answers: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const fields = pictureFields(turn.flow, turn.definition.form)
  if (fields.length === 0) return answers
  const given = await picturesGiven(tx, turn.step.id)
  const names = new Set(fields.map(({ name }) => name))
  const others = Object.entries(answers).filter(([name]) => !names.has(name))
  const own = fields.flatMap((field) => {
    const ids = given.get(field.name)?.map(({ id }) => id) ?? []
    if (ids.length === 0) return []
    // Two that were sent at the same instant may be one too many.
    return [[field.name, field.kind === 'signature' ? ids.at(-1) : ids.slice(0, mostPhotos(field))] as const]
  })
  return Object.fromEntries([...others, ...own])
}

/** What staff have photographed in a run and in those around it, step by step; signatures are no photos. */
export async function pictureTrail(tx: Tx, { run }: Turn): Promise<PictureGroup[]> {
  const groups: PictureGroup[] = []
  for (const one of await familyOf(tx, run)) groups.push(...(await groupsOf(tx, one)))
  return groups.sort((a, b) => a.at - b.at)
}

/** How many photos a run's finished steps have brought, those that were done more than once included. */
export function photosBrought(flow: Flow, run: FlowRun): number {
  return flow.steps.reduce((sum, { step }) => sum + photosAt(flow, run, step), 0)
}

/** How many photos the finished rounds of one step have brought. */
export function photosAt(flow: Flow, { answers }: FlowRun, step: string): number {
  const form = flow.steps.find((one) => one.step === step)?.form
  return photoCount(flow, form, answers[step]) + Number(answers[step]?.photosBefore ?? 0)
}

/** How many photos stand in the answers of a form. */
export function photoCount(flow: Flow, form: string | undefined, answers: Record<string, unknown> | undefined): number {
  return pictureFields(flow, form).reduce((sum, { name, kind }) => {
    return sum + (kind === 'photos' ? idsIn(answers?.[name]).length : 0)
  }, 0)
}

/** How many photos a field takes. */
export function mostPhotos({ max }: Field): number {
  return max ?? MOST
}

/** The fields of a step's form into which pictures go. */
export function pictureFields(flow: Flow, form: string | undefined): Field[] {
  const fields = (form && flow.forms[form]?.fields) || []
  return fields.filter(({ kind }) => kind === 'photos' || kind === 'signature')
}

async function groupsOf(tx: Tx, run: FlowRun): Promise<PictureGroup[]> {
  const flow = ownFlow(await flowOf(tx, run.definitionId), run)
  const groups: PictureGroup[] = []
  for (const step of await stepsOf(tx, run.id)) {
    const definition = flow.steps.find((one) => one.step === step.name)
    const fields = pictureFields(flow, definition?.form).filter(({ kind }) => kind === 'photos')
    if (fields.length === 0) continue
    const given = await picturesGiven(tx, step.id)
    for (const { name, label } of fields) {
      const rows = given.get(name) ?? []
      // What a finished step has brought was given before pictures were tied to steps, too.
      const ids = step.state === 'done' ? idsIn(step.answers?.[name]) : rows.map(({ id }) => id)
      const by = rows[0]?.ownerId ?? step.finishedBy
      const at = rows[0]?.createdAt ?? step.finishedAt ?? step.openedAt
      if (ids.length > 0) groups.push({ stepId: step.id, step: definition?.title ?? '', label, ids, by, at })
    }
  }
  return groups
}

/** A run with the one that called it and those that it has called. */
async function familyOf(tx: Tx, run: FlowRun): Promise<FlowRun[]> {
  let root = run
  while (root.parentStepId) root = (await turnOf(tx, root.parentStepId)).run
  const family = [root]
  for (const one of family) {
    const tail = `WHERE subjectId = ? AND parentStepId IN (SELECT id FROM flow_steps WHERE runId = ?) ORDER BY id`
    family.push(...(await tx.find(FlowRun, tail, [one.subjectId, one.id])))
  }
  return family
}

function byField(rows: Attachment[]): Map<string, Attachment[]> {
  const given = new Map<string, Attachment[]>()
  for (const row of rows) if (row.field) given.set(row.field, [...(given.get(row.field) ?? []), row])
  return given
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
