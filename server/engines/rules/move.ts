import type { Tx } from '../../lib/tx.ts'
import { touchCards } from '../messages/outbox.ts'
import { openKeyOf } from './enter.ts'
import { RuleContact, RuleLook } from './heard.ts'
import { changeRun, endRun } from './rows.ts'
import { RuleRun } from './run.ts'

/** The tables of the rules in which a customer is named and which `moveRuns` looks after. */
export const MOVED_TABLES = ['rule_runs', 'follow_ups', 'rule_contacts', 'rule_dates', 'rule_looks']

/** What it takes to take a move back. */
export interface MovedRuns {
  runs: Pick<RuleRun, 'id' | 'runKey'>[]
  /** Those that left because both were in the same rule, as they were. */
  left: Pick<RuleRun, 'id' | 'customerId' | 'runKey' | 'wakeAt' | 'arrived'>[]
  followUps: string[]
  contacts: string[]
  dates: string[]
}

/**
 * Two customers turned out to be one: what rules had under way for one goes on for the other. Where both are in the same
 * rule, the one that began later leaves. Traces stay as they were written.
 */
export async function moveRuns(tx: Tx, fromId: string, toId: string): Promise<MovedRuns> {
  const moved: MovedRuns = { runs: [], left: [], followUps: [], contacts: [], dates: [] }
  const runs = await tx.find(RuleRun, 'WHERE customerId = ? ORDER BY id', [fromId])
  const leave = async (run: RuleRun) => {
    const { id, customerId, runKey, wakeAt, arrived } = run
    moved.left.push({ id, customerId, runKey, wakeAt, arrived })
    await endRun(tx, run, 'left', { why: 'merged' })
  }
  for (const run of runs) {
    const runKey = run.runKey === fromId ? toId : run.runKey
    if (run.state === 'running') {
      const openKey = openKeyOf(run.rule, runKey)
      const other = openKey === run.openKey ? undefined : await tx.first(RuleRun, 'WHERE openKey = ?', [openKey])
      if (other && other.id < run.id) {
        await leave(run)
        continue
      }
      if (other) await leave(other)
    }
    // What is over counts for whether they may come in again.
    const openKey = run.state === 'running' ? openKeyOf(run.rule, runKey) : null
    moved.runs.push({ id: run.id, runKey: run.runKey })
    await changeRun(tx, run, { customerId: toId, runKey, openKey })
  }
  moved.followUps = await repoint(tx, 'follow_ups', fromId, toId, ', version = version + 1')
  for (const id of moved.followUps) await touchCards(tx, id)
  // What one was told counts for the cap of both; the dates of the one that is no more are looked at as the other's.
  moved.contacts = await repoint(tx, 'rule_contacts', fromId, toId)
  await tx.run('DELETE FROM rule_dates WHERE subjectId = ?', [fromId])
  moved.dates = await repoint(tx, 'rule_dates', fromId, toId)
  await tx.run('DELETE FROM rule_looks WHERE subjectId = ?', [fromId])
  await repoint(tx, 'rule_looks', fromId, toId)
  await look(tx, toId)
  return moved
}

/** The two turned out not to be one: each has again what was under way for them, as far as it still is. */
export async function moveRunsBack(tx: Tx, fromId: string, toId: string, moved: MovedRuns): Promise<void> {
  for (const { id, runKey } of moved.runs) {
    const run = await tx.get(RuleRun, id)
    if (run?.customerId !== toId) continue
    const openKey = run.state === 'running' ? openKeyOf(run.rule, runKey) : null
    await changeRun(tx, run, { customerId: fromId, runKey, openKey })
  }
  for (const { id, customerId, runKey, wakeAt, arrived } of moved.left) {
    const run = await tx.get(RuleRun, id)
    if (run?.outcome !== 'left') continue
    const openKey = openKeyOf(run.rule, runKey)
    if (await tx.first(RuleRun, 'WHERE openKey = ?', [openKey])) await changeRun(tx, run, { customerId, runKey })
    else {
      const alive = { state: 'running' as const, outcome: null, endedAt: null }
      await changeRun(tx, run, { ...alive, customerId, runKey, openKey, wakeAt, arrived })
    }
  }
  const back = (table: string, ids: string[], also = '') => repointThese(tx, table, toId, fromId, ids, also)
  await back('follow_ups', moved.followUps, ', version = version + 1')
  for (const id of moved.followUps) await touchCards(tx, id)
  await back('rule_contacts', moved.contacts)
  await renumber(tx, toId)
  await back('rule_dates', moved.dates)
  for (const id of [fromId, toId]) await look(tx, id)
}

/** Places are counted: those of messages that came while the two were one close up. */
async function renumber(tx: Tx, customerId: string): Promise<void> {
  const rows = await tx.find(RuleContact, 'WHERE customerId = ? ORDER BY at, id', [customerId])
  const counts = new Map<string, number>()
  const wanted = rows.map((row) => {
    const day = `${customerId}:${row.kind}:${row.day}`
    const n = counts.get(day) ?? 0
    counts.set(day, n + 1)
    return { ...row, id: `${day}:${n}` }
  })
  if (rows.every(({ id }, i) => id === wanted[i]?.id)) return
  await tx.run('DELETE FROM rule_contacts WHERE customerId = ?', [customerId])
  await tx.insert(RuleContact, wanted)
}

async function look(tx: Tx, customerId: string): Promise<void> {
  const row = { subjectType: 'customer', subjectId: customerId, customerId, dueAt: tx.now }
  await tx.insertOnce(RuleLook, { id: `customer:${customerId}`, ...row })
}

async function repoint(tx: Tx, table: string, fromId: string, toId: string, also = ''): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(`SELECT id FROM ${table} WHERE customerId = ? ORDER BY id`, [fromId])
  const ids = rows.map(({ id }) => id)
  await repointThese(tx, table, fromId, toId, ids, also)
  return ids
}

async function repointThese(
  tx: Tx,
  table: string,
  fromId: string,
  toId: string,
  ids: string[],
  also: string,
): Promise<void> {
  for (let at = 0; at < ids.length; at += 500) {
    const slice = ids.slice(at, at + 500)
    await tx.run(
      `UPDATE ${table} SET customerId = ?${also} WHERE customerId = ? AND id IN (${slice.map(() => '?').join(',')})`,
      [toId, fromId, ...slice],
    )
  }
}
