import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest, whenever } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { turnOf } from '../flows/flows.ts'
import type { Turn } from '../flows/hooks.ts'
import { staffById } from '../staff/roster.ts'
import { doubt } from './board.ts'
import { outlookOf, type Passing, sendOn } from './dispatch.ts'
import { DispatchOffer, DispatchWait } from './offer.ts'
import { Worker } from './worker.ts'

const BATCH = 100
/** A step that cannot be read is looked at again after so long. */
const PUT_OFF_MS = 10 * MINUTE

/** Offers whose step has gone another way: accepted, finished, in other hands. */
const SETTLED = `SELECT o.id FROM dispatch_offers o JOIN flow_steps f ON f.id = o.stepId WHERE o.live = 1
  AND (f.state NOT IN ('open', 'waiting') OR f.assigneeId IS NULL OR f.assigneeId <> o.staffId
    OR (o.state = 'offered' AND f.acceptedAt IS NOT NULL)) LIMIT ${BATCH}`

/** Offers to people who have gone off duty without accepting; whoever was on a break when they were asked may be. */
const LEFT = `WHERE live = 1 AND state = 'offered' AND away = 0
  AND staffId IN (SELECT id FROM staff WHERE onDuty = 0) ORDER BY until LIMIT ${BATCH}`

/**
 * Settles what was accepted, takes on what was not accepted in time, and gives what waits to whoever has hands free.
 * Rows are claimed by compare-and-set, so several processes may sweep at once. Returns how much was done.
 */
export async function sweepDispatch(db: Database): Promise<number> {
  const settled = await settleOffers(db)
  const due = await db.read((tx) =>
    tx.find(DispatchOffer, `WHERE live = 1 AND state = 'offered' AND until <= ? ORDER BY until LIMIT ${BATCH}`, [
      tx.now,
    ]),
  )
  const left = await db.read((tx) => tx.find(DispatchOffer, LEFT))
  let passed = 0
  for (const offer of due) if (await db.write((tx) => pass(tx, offer, 'expired'))) passed += 1
  for (const offer of left) if (await db.write((tx) => pass(tx, offer, 'off_duty'))) passed += 1
  return settled + passed + (await retryWaits(db))
}

/** When the next offer ends or the queue is looked at again, or undefined. */
export const nextOffer = [
  earliest('dispatch_offers', 'until', `live = 1 AND state = 'offered'`),
  earliest('dispatch_waits', 'retryAt'),
]

/** Hands become free and offers are settled by what people do: while there are any they are looked at. */
export const dispatchOpen = [whenever('dispatch_offers WHERE live = 1'), whenever('dispatch_waits')]

async function settleOffers(db: Database): Promise<number> {
  let settled = 0
  for (;;) {
    const rows = await db.read((tx) => tx.query<{ id: string }>(SETTLED))
    if (rows.length > 0) settled += await db.write((tx) => settleAll(tx, rows))
    if (rows.length < BATCH) return settled
  }
}

async function settleAll(tx: Tx, rows: { id: string }[]): Promise<number> {
  let settled = 0
  for (const { id } of rows) {
    const offer = await tx.get(DispatchOffer, id)
    const turn = offer && (await readable(tx, offer))
    if (offer && turn && (await settle(tx, offer, turn))) settled += 1
  }
  return settled
}

/** Writes down what became of an offer, from how its step stands. */
async function settle(tx: Tx, offer: DispatchOffer, { step }: Turn): Promise<boolean> {
  if (step.state === 'done' && step.finishedBy === offer.staffId) await stoodAt(tx, offer, step.finishedAt ?? tx.now)
  const theirs = step.assigneeId === offer.staffId
  const taken = theirs && step.acceptedAt !== null
  const state = offer.state !== 'offered' ? offer.state : taken ? 'accepted' : 'withdrawn'
  return tx.update(
    DispatchOffer,
    offer.id,
    { state, live: theirs && step.isLive() },
    { state: offer.state, live: true },
  )
}

const STOOD = 'UPDATE workers SET lat = ?, lng = ?, seenAt = ? WHERE id = ? AND (seenAt IS NULL OR seenAt < ?)'

/** Whoever has finished a job was at its place, unless they have said since where they are. */
async function stoodAt(tx: Tx, { staffId, lat, lng }: DispatchOffer, at: number): Promise<void> {
  if (lat === null || lng === null) return
  await tx.insertOnce(Worker, { id: staffId })
  if ((await tx.run(STOOD, [lat, lng, at, staffId, at])) === 1) doubt(tx, staffId)
}

/** Takes a step away from whoever did not accept it; exactly once, whoever else sweeps. */
async function pass(tx: Tx, offer: DispatchOffer, reason: Passing): Promise<boolean> {
  const turn = await readable(tx, offer)
  if (!turn) return false
  const { step } = turn
  if (!step.isLive() || step.assigneeId !== offer.staffId || step.acceptedAt !== null) return settle(tx, offer, turn)
  const expected = { state: 'offered' as const, live: true }
  if (
    !(await tx.update(
      DispatchOffer,
      offer.id,
      { state: reason === 'expired' ? 'expired' : 'withdrawn', live: false },
      expected,
    ))
  )
    return false
  await sendOn(tx, turn, await staffById(tx, offer.staffId), reason)
  return true
}

async function readable(tx: Tx, offer: DispatchOffer): Promise<Turn | undefined> {
  try {
    return await turnOf(tx, offer.stepId)
  } catch (error) {
    // One broken step must not stop the others.
    log.error({ step: offer.stepId, err: error }, 'a dispatched step cannot be read')
    await tx.update(DispatchOffer, offer.id, { until: tx.now + PUT_OFF_MS }, { state: offer.state })
    return undefined
  }
}

/** Gives what waits to whoever has hands free: what is urgent first, then what was promised first. */
async function retryWaits(db: Database): Promise<number> {
  const { waits, late } = await db.read(async (tx) => {
    const all = await tx.find(DispatchWait, `ORDER BY urgent DESC, dueAt IS NULL, dueAt, since, id LIMIT ${BATCH}`)
    return { waits: all, late: all.some(({ retryAt }) => retryAt <= tx.now) }
  })
  const full = new Set<string>()
  let given = 0
  for (const wait of waits) {
    // Whoever stands further back in the queue waits for the same hands.
    if (full.has(wait.role)) continue
    const outcome = await db.write((tx) => retry(tx, wait))
    if (outcome === 'given') given += 1
    if (outcome === 'full') full.add(wait.role)
  }
  if (late) await db.write((tx) => tx.run(PUT_OFF, [tx.now, tx.now]))
  return given
}

const PUT_OFF = 'UPDATE dispatch_waits SET retryAt = ? + everyMs WHERE retryAt <= ?'

async function retry(tx: Tx, { id }: DispatchWait): Promise<'given' | 'busy' | 'full' | 'gone'> {
  const turn = await waitingTurn(tx, id)
  if (turn) {
    const outlook = await outlookOf(tx, turn)
    if (outlook !== 'open') return outlook
  }
  if ((await tx.run('DELETE FROM dispatch_waits WHERE id = ?', [id])) !== 1 || !turn) return 'gone'
  await sendOn(tx, turn)
  return 'given'
}

/** The turn of a step that still waits, or undefined when somebody took it or it ended. */
async function waitingTurn(tx: Tx, stepId: string): Promise<Turn | undefined> {
  try {
    const turn = await turnOf(tx, stepId)
    return turn.step.isLive() && turn.step.assigneeId === null ? turn : undefined
  } catch (error) {
    log.error({ step: stepId, err: error }, 'a waiting step cannot be read')
    return undefined
  }
}
