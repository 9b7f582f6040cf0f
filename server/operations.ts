import Router from 'koa-router'
import { collectDefaultMetrics, Gauge, register } from 'prom-client'
import { lastPass } from './engines/audit/findings.ts'
import { rotationState } from './engines/keys/rotate.ts'
import type { House } from './house.ts'

const outbox = new Gauge({
  name: 'yingke_outbox_messages',
  help: 'Messages of the outbox by state',
  labelNames: ['state'],
})
const late = new Gauge({ name: 'yingke_steps_late', help: 'Open steps whose sweep is overdue by more than a minute' })
const rulesLate = new Gauge({
  name: 'yingke_rule_runs_late',
  help: 'Runs of rules whose next step is overdue by more than a minute',
})
const auditFindings = new Gauge({
  name: 'yingke_audit_findings',
  help: 'What the auditor found at its last pass and could not put right, by kind',
  labelNames: ['kind'],
})
const auditOk = new Gauge({
  name: 'yingke_audit_last_ok_seconds',
  help: 'Seconds since the auditor last found all well; NaN before the first time',
})
const keyColumns = new Gauge({
  name: 'yingke_key_columns_left',
  help: 'Sealed columns that may still hold what older keys of DATA_KEYS have sealed; 0: those keys can go',
})
const keyRows = new Gauge({ name: 'yingke_key_rows_resealed', help: 'Rows that were sealed anew by the first key' })
const packProblems = new Gauge({ name: 'yingke_pack_problems', help: 'Mistakes in the packs at the last reading' })

/** Health and metrics (I4). */
export function operations({ db, shelf }: House): Router {
  const router = new Router()
  if (!register.getSingleMetric('process_cpu_user_seconds_total')) collectDefaultMetrics()

  router.get('/healthz', async (ctx) => {
    await db.read((tx) => tx.query('SELECT 1'))
    ctx.body = { status: 'ok' }
  })

  router.get('/metrics', async (ctx) => {
    await db.read(async (tx) => {
      const states = await tx.query<{ state: string; n: number }>(
        `SELECT state, COUNT(*) AS n FROM messages WHERE nextAt IS NOT NULL GROUP BY state
         UNION ALL SELECT 'failed', COUNT(*) FROM messages WHERE state = 'failed'`,
      )
      outbox.reset()
      for (const state of ['pending', 'sending', 'failed']) outbox.set({ state }, 0)
      for (const { state, n } of states) outbox.set({ state }, Number(n))
      const [row] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM flow_steps WHERE wakeAt < ?', [
        tx.now - 60_000,
      ])
      late.set(Number(row?.n ?? 0))
      const [overdue] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM rule_runs WHERE wakeAt < ?', [
        tx.now - 60_000,
      ])
      rulesLate.set(Number(overdue?.n ?? 0))
      const pass = await lastPass(tx)
      auditFindings.reset()
      for (const [kind, count] of Object.entries(pass?.counts ?? {})) auditFindings.set({ kind }, count)
      const { left, rewritten } = await rotationState(tx, db.source)
      keyColumns.set(left)
      keyRows.set(rewritten)
      auditOk.set(pass?.wellAt ? (tx.now - pass.wellAt) / 1000 : Number.NaN)
    })
    packProblems.set(shelf.problems.length)
    ctx.type = register.contentType
    ctx.body = await register.metrics()
  })

  return router
}
