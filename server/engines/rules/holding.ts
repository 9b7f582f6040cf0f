import { idsBehind } from '../events/aliases.ts'
import type { Holding } from '../privacy/holding.ts'
import { blankRows, dropRows, slots, sum, tellRows } from '../privacy/rows.ts'
import { FollowUp } from './follow-up.ts'
import { RuleRun, RuleTrace } from './run.ts'

/** What rules did for a customer, and what was said when somebody called: figures stay, words do not. */
export const ruleHolding: Holding = {
  name: 'rules',
  async tell(tx, customerId, after) {
    const ids = await idsBehind(tx, customerId)
    return tellRows(tx, RuleTrace, {
      where: `customerId IN (${slots(ids)})`,
      values: ids,
      after,
      look: ({ rule, kind, at, data }) => ({ rule, what: kind, at, ...data }),
    })
  },
  async erase(tx, { customerId, alias }) {
    const swap = (text: string | null) => text?.replaceAll(customerId, alias) ?? null
    const runs = await blankRows(tx, RuleRun, 'customerId = ?', [customerId], (run) => ({
      customerId: alias,
      runKey: swap(run.runKey) as string,
      openKey: null,
      entryKey: swap(run.entryKey) as string,
      subjects: {},
      occasion: { name: run.occasion.name, at: run.occasion.at },
      memory: { answers: {}, splits: run.memory.splits },
      ...(run.state === 'running' && { state: 'ended' as const, outcome: 'left' as const, endedAt: tx.now }),
      wakeAt: null,
      version: run.version + 1,
    }))
    const traces = await blankRows(tx, RuleTrace, 'customerId = ?', [customerId], (trace) => ({
      customerId: alias,
      runKey: swap(trace.runKey) as string,
      dedupKey: swap(trace.dedupKey),
      data: {},
    }))
    const seen = await dropRows(tx, 'rule_seen', 'id LIKE ?', [`customer:${customerId}:%`])
    const gone = []
    for (const table of ['rule_looks', 'rule_dates', 'rule_contacts'])
      gone.push(await dropRows(tx, table, 'customerId = ?', [customerId]))
    return sum([runs, traces, seen, ...gone])
  },
}

/** The calls that staff were asked to make. */
export const followUpHolding: Holding = {
  name: 'follow_ups',
  tell: (tx, customerId, after) =>
    tellRows(tx, FollowUp, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ title, points, state, outcome, reason, note, createdAt, answeredAt }) => {
        return { title, points, state, outcome, reason, note, createdAt, answeredAt }
      },
    }),
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, FollowUp, 'customerId = ?', [customerId], (call) => ({
      customerId: alias,
      effectKey: call.effectKey.replaceAll(customerId, alias),
      points: [],
      reason: null,
      note: null,
      ...(call.isOpen() && { state: 'void' as const, wakeAt: null }),
      version: call.version + 1,
    })),
}
