import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest, whenever } from '../../lib/due.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset, AssetService } from './asset.ts'
import { fleet, type Plan, plansOf } from './fleet.ts'

const BATCH = 50
/** Work that was called off is asked for again after so long. */
const AGAIN_AFTER = DAY

/**
 * What is registered on one day must not leave the streets on one day: the first time comes earlier by up to this share
 * of the span, by chance.
 */
const HEAD_START = 0.5

/** Sets the work going that a plan asks for; returns the run that does it. main.ts hands it over. */
export type OpenWork = (tx: Tx, asset: Asset, plan: Plan) => Promise<string>

/** Enters the plans of new assets: when each piece of work is due first. */
export async function planServices(
  tx: Tx,
  assets: Pick<Asset, 'id' | 'kind' | 'meters'>[],
  only?: string,
): Promise<void> {
  const rows = assets.flatMap((asset) =>
    plansOf(asset.kind)
      .filter(({ name }) => !only || name === only)
      .map((plan) => ({
        id: newId(tx.now),
        assetId: asset.id,
        plan: plan.name,
        ...nextTimes(plan, asset.meters, tx.now),
        ...(plan.everyMs !== undefined && {
          dueAt: tx.now + Math.round(plan.everyMs * (1 - HEAD_START * Math.random())),
        }),
        version: 0,
      })),
  )
  await tx.insert(AssetService, rows)
}

/** Makes work due whose distance an asset has covered. */
export async function serviceDueBy(tx: Tx, asset: Asset): Promise<void> {
  await tx.run(
    `UPDATE asset_services SET dueAt = ?, version = version + 1
     WHERE assetId = ? AND runId IS NULL AND dueMeters <= ? AND (dueAt IS NULL OR dueAt > ?)`,
    [tx.now, asset.id, asset.meters, tx.now],
  )
}

/** Opens the work that is due, once each, and notes the work that is done. Returns how much it did. */
export async function sweepServices(db: Database, open: OpenWork): Promise<number> {
  const planned = await planLate(db)
  const over = await db.read((tx) =>
    tx.query<{ id: string; state: string }>(
      `SELECT s.id AS id, r.state AS state FROM asset_services s JOIN flow_runs r ON r.id = s.runId
       WHERE s.runId IS NOT NULL AND r.state <> 'running' LIMIT ${BATCH}`,
    ),
  )
  for (const { id, state } of over) await db.write((tx) => settle(tx, id, state === 'ended'))
  const due = await db.read((tx) =>
    tx.find(AssetService, `WHERE dueAt <= ? AND runId IS NULL ORDER BY dueAt LIMIT ${BATCH}`, [tx.now]),
  )
  for (const { id } of due) await db.write((tx) => begin(tx, id, open))
  return planned + over.length + due.length
}

/** When the next work is due. */
export const nextService = earliest('asset_services', 'dueAt', 'runId IS NULL')

/** Work that is being done: its end sets the next time. */
export const servicesOpen = whenever('asset_services WHERE runId IS NOT NULL')

async function begin(tx: Tx, id: string, open: OpenWork): Promise<void> {
  const service = await tx.get(AssetService, id)
  const asset = service && (await tx.get(Asset, service.assetId))
  if (!service || !asset || service.runId !== null || service.dueAt === null || service.dueAt > tx.now) return
  const plan = plansOf(asset.kind).find(({ name }) => name === service.plan)
  // Neither what is scrapped nor what the pack no longer plans is looked after.
  if (asset.isScrapped() || !plan) return changeService(tx, service, { dueAt: null, dueMeters: null })
  await changeService(tx, service, { dueAt: null, runId: await open(tx, asset, plan) })
}

async function settle(tx: Tx, id: string, done: boolean): Promise<void> {
  const service = await tx.get(AssetService, id)
  const asset = service && (await tx.get(Asset, service.assetId))
  if (!service || !asset || service.runId === null) return
  const plan = plansOf(asset.kind).find(({ name }) => name === service.plan)
  if (!done) return changeService(tx, service, { runId: null, dueAt: plan ? tx.now + AGAIN_AFTER : null })
  const next = plan ? nextTimes(plan, asset.meters, tx.now) : { dueAt: null, dueMeters: null }
  await changeService(tx, service, { ...next, runId: null, doneAt: tx.now })
}

const planned = new WeakSet<object>()

/** Plans that a pack has got since: the assets that were there before are entered, a batch at a time. */
async function planLate(db: Database): Promise<number> {
  const now = fleet()
  if (planned.has(now)) return 0
  for (const [kind, { maintenance }] of Object.entries(now.kinds)) {
    for (const plan of maintenance) {
      const count = await db.write(async (tx) => {
        const without = await tx.find(
          Asset,
          `WHERE kind = ? AND id NOT IN (SELECT assetId FROM asset_services WHERE plan = ?) LIMIT ${BATCH * 10}`,
          [kind, plan.name],
        )
        await planServices(tx, without, plan.name)
        return without.length
      })
      if (count > 0) return count
    }
  }
  planned.add(now)
  return 0
}

function nextTimes(plan: Plan, meters: number, now: number): Pick<AssetService, 'dueAt' | 'dueMeters'> {
  return {
    dueAt: plan.everyMs === undefined ? null : now + plan.everyMs,
    dueMeters: plan.every_km === undefined ? null : meters + plan.every_km * 1000,
  }
}

async function changeService(tx: Tx, service: AssetService, changes: Partial<AssetService>): Promise<void> {
  const next = { ...changes, version: service.version + 1 }
  if (!(await tx.update(AssetService, service.id, next, { version: service.version }))) throw new LostRace()
}
