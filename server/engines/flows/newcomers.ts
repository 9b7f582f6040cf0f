import { log } from '../../lib/log.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import { enqueueAll } from '../messages/outbox.ts'
import { seatFirst } from './approval-open.ts'
import { chooseHands } from './assign.ts'
import type { Turn } from './hooks.ts'
import { joinRoom } from './rooms.ts'
import { changeStep, stepCard, turnOf } from './rows.ts'
import { FlowStep } from './step.ts'

/** So many at once; what is left waits for the next reading of the address book. */
const MOST = 200

/**
 * Gives what was opened while there was nobody for it, in its role or in the chain above, to those who are there now: the
 * first minutes of a house, a role that its last member had left. The clock has run all the while. Where a dispatch rule
 * finds the people, its own sweep does. Returns how many steps found hands.
 */
export async function offerUnowned(tx: Tx): Promise<number> {
  const unowned = await tx.find(
    FlowStep,
    `WHERE assigneeId IS NULL AND state = 'open' AND kind = 'task' AND NOT EXISTS (
       SELECT 1 FROM messages m WHERE m.subjectId = flow_steps.id AND m.channel = 'staff'
         AND m.recipientId IN (SELECT id FROM staff WHERE active = 1))
     ORDER BY openedAt LIMIT ${MOST}`,
  )
  let given = 0
  for (const { id } of unowned) {
    const turn = await readable(tx, id)
    if (!turn) continue
    const { flow, run, step, definition } = turn
    if (flow.dispatch && typeof definition.assign !== 'string' && 'dispatch' in definition.assign) continue
    const { assigneeId, people } = await chooseHands(tx, flow, run, definition)
    if (people.length === 0) continue
    await changeStep(tx, step, { assigneeId, hands: step.hands + 1 })
    if (definition.approval) await seatFirst(tx, turn)
    await enqueueAll(
      tx,
      people.map((person) => stepCard(step, run, person.id)),
    )
    await joinRoom(
      tx,
      flow,
      run,
      people.map((person) => person.id),
    )
    given += 1
  }
  return given
}

/** A step with its flow; undefined, and logged, where that cannot be read: the address book must not wait for it. */
async function readable(tx: Tx, id: string): Promise<Turn | undefined> {
  try {
    return await turnOf(tx, id)
  } catch (error) {
    if (errorCode(error)) throw error
    log.error({ step: id, err: error }, 'a step that nobody has cannot be read')
    return undefined
  }
}
