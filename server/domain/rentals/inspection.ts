import { Worker } from '../../engines/dispatch/worker.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { entryField, OWN_LISTS, type OwnLists } from '../../engines/flows/own-lists.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { FlowStep } from '../../engines/flows/step.ts'
import { HOUR } from '../../lib/clock.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from '../bookings/booking.ts'
import { storeOf } from '../bookings/rental-file.ts'
import type { Terms } from '../bookings/terms.ts'
import type { Inspection, ShotTaken } from './rental.ts'
import { SHOTS } from './rentals.ts'

/** In which fields of a form an inspection stands. */
export interface InspectionFields {
  shots: string
  odometer: string
  fuel: string
  note?: string
  signature?: string
}

/** What the last step of that name has found: with its pictures, when, where and by whom they were taken. */
export async function inspectionAt(
  tx: Tx,
  { run }: Pick<Turn, 'run'>,
  step: string,
  fields: InspectionFields,
  { booking, terms, store }: { booking: Booking; terms: Terms; store: string },
): Promise<Inspection> {
  const answers = run.answers[step] ?? {}
  const row = await tx.first(FlowStep, `WHERE runId = ? AND name = ? AND state = 'done' ORDER BY seq DESC`, [
    run.id,
    step,
  ])
  const by = String(answers.by ?? row?.finishedBy ?? '')
  const odometer = Number(answers[fields.odometer])
  const fuel = Number(answers[fields.fuel])
  if (!Number.isFinite(odometer)) throw new Invalid(fields.odometer, 'wrong_value')
  if (!Number.isFinite(fuel)) throw new Invalid(fields.fuel, 'wrong_value')
  return {
    ...{ at: Number(answers.at ?? tx.now), by, stepId: row?.id ?? '', store, odometer, fuel },
    place: (await placeOf(tx, by)) ?? booking.doors?.deliver ?? storeOf(terms, store).place,
    shots: shotsIn(run, answers, fields.shots),
    signatureId: null,
    note: fields.note ? String(answers[fields.note] ?? '') : '',
  }
}

/** The pictures of a step by the entries of the run's list. */
export function shotsIn(run: FlowRun, answers: Record<string, unknown>, field: string): ShotTaken[] {
  const lists = (run.about?.[OWN_LISTS] ?? {}) as OwnLists
  return (lists[SHOTS] ?? []).flatMap(({ value: shot, label: title }) => {
    const ids = answers[entryField(field, shot)]
    return Array.isArray(ids) ? ids.map((id) => ({ shot, title, pictureId: String(id) })) : []
  })
}

/** Where a member of staff has said that they are, if they did so a moment ago. */
async function placeOf(tx: Tx, staffId: string): Promise<{ lat: number; lng: number } | null> {
  const worker = staffId ? await tx.get(Worker, staffId) : undefined
  if (!worker || worker.lat === null || worker.lng === null) return null
  return (worker.seenAt ?? 0) > tx.now - HOUR ? { lat: worker.lat, lng: worker.lng } : null
}
