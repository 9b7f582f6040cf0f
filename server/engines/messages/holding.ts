import type { Holding } from '../privacy/holding.ts'
import { blankRows, sum, tellRows } from '../privacy/rows.ts'
import { Message, NEVER_AGAIN } from './message.ts'

const CUT = {
  data: {},
  wire: null,
  error: null,
  shown: null,
  refreshAt: null,
  nextAt: null,
  responseCode: null,
} as const

/** What was sent to a customer, and cards about them: that something went stays, what it said does not. */
export const messageHolding: Holding = {
  name: 'messages',
  tell: (tx, customerId, after) =>
    tellRows(tx, Message, {
      where: `channel = 'customer' AND recipientId = ?`,
      values: [customerId],
      after,
      look: ({ kind, via, createdAt, sentAt, state, data }) => ({ what: kind, via, createdAt, sentAt, state, ...data }),
    }),
  async erase(tx, { customerId, alias }) {
    const done = ({ state }: Message) =>
      state === 'pending' || state === 'sending' ? { state: 'obsolete' as const } : {}
    const mine = await blankRows(tx, Message, `channel = 'customer' AND recipientId = ?`, [customerId], (message) => ({
      ...CUT,
      ...done(message),
      recipientId: alias,
      dedupKey: `erased:${message.id}`,
      subjectId: message.subjectId === customerId ? alias : message.subjectId,
      checkedAt: NEVER_AGAIN,
    }))
    // Cards about them that staff have had: by what they are about, or because they name the customer. No message about
    // somebody is older than their row.
    const about = await blankRows(
      tx,
      Message,
      `channel <> 'customer' AND id > ? AND data <> '{}' AND (subjectId = ? OR data LIKE ? OR subjectId IN
       (SELECT id FROM flow_runs WHERE customerId = ?) OR subjectId IN
       (SELECT s.id FROM flow_steps s JOIN flow_runs r ON r.id = s.runId WHERE r.customerId = ?) OR subjectId IN
       (SELECT subjectId FROM flow_runs WHERE customerId = ?) OR subjectId IN
       (SELECT id FROM rule_runs WHERE customerId = ?) OR subjectId IN
       (SELECT id FROM follow_ups WHERE customerId = ?))`,
      [customerId, customerId, `%${customerId}%`, ...Array(5).fill(customerId)],
      (message) => ({
        ...CUT,
        ...done(message),
        dedupKey: `erased:${message.id}`,
        subjectId: message.subjectId === customerId ? alias : message.subjectId,
        checkedAt: NEVER_AGAIN,
      }),
    )
    // Cards of steps have nothing of their own in their data, and may still wait with their bytes.
    const wires = await blankRows(
      tx,
      Message,
      `wire IS NOT NULL AND subjectId IN
       (SELECT s.id FROM flow_steps s JOIN flow_runs r ON r.id = s.runId WHERE r.customerId = ?)`,
      [customerId],
      () => ({ wire: null }),
    )
    return sum([mine, about, wires])
  },
}
