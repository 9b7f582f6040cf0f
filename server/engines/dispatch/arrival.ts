import { MINUTE } from '../../lib/clock.ts'
import { metresBetween, type Point } from '../../lib/geo.ts'
import type { Tx } from '../../lib/tx.ts'
import { record } from '../events/events.ts'
import { about, turnOf } from '../flows/flows.ts'
import { person } from '../flows/guards.ts'
import type { Turn } from '../flows/hooks.ts'
import { FlowStep } from '../flows/step.ts'
import { acceptStep } from '../flows/steps.ts'
import { touchCards } from '../messages/outbox.ts'
import type { Staff } from '../staff/staff.ts'
import { offerTo } from './dispatch.ts'
import { DispatchOffer } from './offer.ts'
import { ruleOf } from './rule.ts'
import { Worker } from './worker.ts'
import { placeWorker } from './workers.ts'

/** Whoever says that they are so near to where they are expected has arrived. */
const THERE_METRES = 150
/** Nobody can say to the minute when they will come. */
const STEP_MS = 5 * MINUTE

const TAKEN = `JOIN flow_steps b ON b.id = a.stepId AND b.assigneeId = a.staffId
  WHERE a.staffId = ? AND a.live = 1 AND a.lat IS NOT NULL AND a.lng IS NOT NULL AND b.state IN ('open', 'waiting')
  AND b.acceptedAt IS NOT NULL ORDER BY b.acceptedAt, a.id`

/** When whoever has taken a step will be there, or since when they are; neither is there while it is not known. */
export interface Arrival {
  expectedAt?: number
  arrivedAt?: number
}

/** Somebody is where they were sent to. Said again it changes nothing. Throws Conflict or Forbidden. */
export async function arriveStep(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await acceptStep(tx, turn, staff, 'arrive')
  const offer = await offerTo(tx, turn.step.id, staff.id)
  if (!offer || !(await tx.update(DispatchOffer, offer.id, { arrivedAt: tx.now }, { arrivedAt: null }))) return
  if (offer.lat !== null && offer.lng !== null) await placeWorker(tx, staff.id, { lat: offer.lat, lng: offer.lng })
  await touchCards(tx, turn.step.id)
  await record(tx, 'step.arrived', {
    ...about(turn.run),
    by: person(staff),
    data: { step: turn.step.name, name: staff.name },
  })
}

/** Somebody has said where they are: what they took on close by, they have arrived at. Returns the numbers of those. */
export async function arriveNear(tx: Tx, staff: Staff, at: Point): Promise<string[]> {
  const numbers: string[] = []
  for (const { offer } of await takenBy(tx, staff.id)) {
    if (offer.arrivedAt !== null || metresBetween(at, offer as Point) > THERE_METRES) continue
    const turn = await turnOf(tx, offer.stepId)
    if (!turn.definition.actions.includes('arrive')) continue
    await arriveStep(tx, turn, staff)
    numbers.push(turn.run.facts.number)
  }
  return numbers
}

/**
 * An estimate from where they are, the way there at the rule's speed, and what they have taken on before, each at the
 * rule's minutes. Nothing is said when nobody knows where they are, or when that time has gone by.
 */
export async function arrivalOf(tx: Tx, { flow, step, definition }: Turn): Promise<Arrival> {
  const rule = ruleOf(flow, definition)
  if (!rule?.jobMs || step.acceptedAt === null || step.assigneeId === null) return {}
  const taken = await takenBy(tx, step.assigneeId)
  const place = taken.findIndex(({ offer }) => offer.stepId === step.id)
  const own = taken[place]?.offer
  if (!own) return {}
  if (own.arrivedAt !== null) return { arrivedAt: own.arrivedAt }

  const worker = await tx.get(Worker, step.assigneeId)
  let from = pointOf(worker)
  let at = Math.max(step.acceptedAt, worker?.seenAt ?? 0)
  const fresh = worker?.seenAt && step.acceptedAt - worker.seenAt <= (rule.freshMs ?? 0)
  if (!from || !fresh) return {}
  for (const { offer, waits } of taken.slice(0, place)) {
    // While a customer is asked, others come first.
    if (waits) continue
    at = offer.arrivedAt ?? at + travel(from, offer as Point, rule.metresPerMinute)
    // Whoever takes longer than usual is still there.
    at = Math.max(at + rule.jobMs, tx.now)
    from = offer as Point
  }
  at += travel(from, own as Point, rule.metresPerMinute)
  return at > tx.now ? { expectedAt: Math.ceil(at / STEP_MS) * STEP_MS } : {}
}

/** What somebody has taken on and is not done with, where it has a place; what they took first comes first. */
async function takenBy(tx: Tx, staffId: string): Promise<{ offer: DispatchOffer; waits: boolean }[]> {
  const rows = await tx.joined<[DispatchOffer, FlowStep]>([DispatchOffer, FlowStep], TAKEN, [staffId])
  return rows.flatMap(([offer, step]) => (offer && step ? { offer, waits: step.state === 'waiting' } : []))
}

function pointOf(worker: Worker | undefined): Point | undefined {
  if (!worker || worker.lat === null || worker.lng === null) return undefined
  return { lat: worker.lat, lng: worker.lng }
}

function travel(from: Point, to: Point, metresPerMinute: number): number {
  return (metresBetween(from, to) / metresPerMinute) * MINUTE
}
