import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Actor } from '../events/events.ts'
import { touchCards } from '../messages/outbox.ts'
import { forget } from '../staff/conversation.ts'
import { revokeLinks } from '../staff/link.ts'
import { membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { chainRoles, leastBusy } from './assign.ts'
import { passOn } from './hands.ts'
import type { Turn } from './hooks.ts'
import { changeStep, turnOf } from './rows.ts'
import { FlowStep } from './step.ts'

/** How many leaders up the line are asked before the roles of the chain are. */
const LINE = 10

/**
 * Hands over everything that a person has open: to one person, or each step to whoever it falls to (the least busy of
 * its role, else their leader, else the roles of its chain). What the bot was asking them and their page sessions end.
 * `reason` is `leaver`, `sick` or `asked`. Returns how many steps changed hands.
 */
export async function handOverAll(
  tx: Tx,
  from: Staff,
  to: Staff | undefined,
  by: Actor,
  reason: string,
): Promise<number> {
  const own = await tx.find(FlowStep, `WHERE assigneeId = ? AND state IN ('open', 'waiting') ORDER BY id`, [from.id])
  const orphaned = to ? [] : await orphanedPools(tx, from)
  for (const { id } of [...own, ...orphaned]) {
    const turn = await turnOf(tx, id)
    const heir = to ?? (await heirOf(tx, turn, from))
    if (heir) await passOn(tx, turn, heir, by, { from, reason })
    else await backToPool(tx, turn)
  }
  await forget(tx, from.id)
  await revokeLinks(tx, from.id)
  return own.length + orphaned.length
}

/** The person to whom a step falls when somebody drops out, or undefined when the house is empty. */
async function heirOf(tx: Tx, { flow, run, step }: Turn, from: Staff): Promise<Staff | undefined> {
  const [first, ...above] = [step.role, ...chainRoles(flow)]
  const peer = await idlest(tx, first as string, from, run.id)
  if (peer) return peer
  const leader = await leaderOf(tx, from)
  if (leader) return leader
  for (const role of above) {
    const heir = await idlest(tx, role, from, run.id)
    if (heir) return heir
  }
  return undefined
}

async function idlest(tx: Tx, role: string, from: Staff, matterId: string): Promise<Staff | undefined> {
  const others = (await membersOf(tx, role)).filter(({ id }) => id !== from.id)
  const onDuty = others.filter((member) => member.onDuty)
  if (others.length === 0) return undefined
  return leastBusy(tx, onDuty.length > 0 ? onDuty : others, matterId)
}

/** The nearest leader who is still here: a whole line may leave on one day. */
async function leaderOf(tx: Tx, staff: Staff): Promise<Staff | undefined> {
  let next = staff.leaderId
  for (let up = 0; next && up < LINE; up++) {
    const leader = await staffById(tx, next)
    if (leader?.active && leader.id !== staff.id) return leader
    next = leader?.leaderId ?? null
  }
  return undefined
}

/** Steps of a pool in which, without this person, nobody who is here has a card. */
async function orphanedPools(tx: Tx, from: Staff): Promise<FlowStep[]> {
  const cards = (whose: string) => `SELECT m.subjectId FROM messages m WHERE m.kind = 'step' AND ${whose}`
  const others =
    'm.subjectId = flow_steps.id AND m.recipientId <> ? AND m.recipientId IN (SELECT id FROM staff WHERE active = 1)'
  return tx.find(
    FlowStep,
    `WHERE id IN (${cards('m.recipientId = ?')}) AND assigneeId IS NULL AND state IN ('open', 'waiting')
     AND NOT EXISTS (${cards(others)}) ORDER BY id`,
    [from.id, from.id],
  )
}

/** Nobody at all is there: whoever comes into the role next finds it in the pool. */
async function backToPool(tx: Tx, { step }: Turn): Promise<void> {
  log.error({ step: step.id, role: step.role }, 'a step has nobody left to do it')
  await changeStep(tx, step, { assigneeId: null, acceptedAt: null })
  await touchCards(tx, step.id)
}
