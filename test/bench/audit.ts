import { audit } from '../../server/engines/flows/audit.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { fill, patternOf } from './crowd.ts'
import { openGround, openRooms, welcome } from './ground.ts'
import { median, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const MANY = 100_000
const FEW = 20_000
const ROUNDS = 9
const GOAL_MS = 2_000
/** A plain working Monday, 15:00 in Shanghai. */
const NOW = Date.parse('2026-11-23T15:00:00+08:00')

/** What a pass of the auditor costs over 100,000 open steps; and that it is what is wrong that costs. */
export async function auditing(): Promise<BenchRow[]> {
  const on = process.env.TEST_DATABASE_URL ? 'MariaDB' : 'SQLite'
  const few = await houseWith(FEW)
  const many = await houseWith(MANY)
  const thorough = await many.pass(true)
  const healthy: Record<'few' | 'many', number[]> = { few: [], many: [] }
  for (let round = 0; round < ROUNDS; round++) {
    healthy.few.push(await few.pass())
    healthy.many.push(await many.pass())
  }
  const ill: Record<'few' | 'many', number[]> = { few: [], many: [] }
  for (let round = 0; round < ROUNDS; round++) {
    ill.few.push(await few.repairing(round))
    ill.many.push(await many.repairing(round))
  }
  await few.close()
  await many.close()
  const slowest = Math.max(thorough, ...healthy.many, ...ill.many)
  const [amongFew, amongMany] = [median(ill.few), median(ill.many)]
  return [
    rowOf(`audit of 100 k open steps, ${on}`, GOAL_MS / slowest, 1, {
      'slowest ms': slowest,
      'thorough ms': thorough,
      'all well ms': median(healthy.many),
      'all well among 20 k ms': median(healthy.few),
    }),
    // Were it the open ones that cost, this would be 0.2.
    rowOf(`audit: 200 wrong of 100 k against of 20 k, ${on}`, amongFew / amongMany, 0.7, {
      'ms among 20 k': amongFew,
      'ms among 100 k': amongMany,
    }),
  ]
}

async function houseWith(count: number) {
  const ground = await openGround()
  const house = await openRooms(ground, new FixedClock(NOW))
  const customer = await welcome(house, { openid: 'oBench00000', nickname: '王晓梅', phone: '13800001234' })
  await fill(house.db, await patternOf(house, customer), count)
  // WeChat has reported what became of each.
  await house.db.write((tx) => tx.run(`UPDATE messages SET state = 'confirmed' WHERE channel = 'customer'`))
  if (house.db.dialect === 'sqlite') await house.db.source.query('PRAGMA wal_checkpoint(TRUNCATE)')
  const analyze = house.db.dialect === 'mysql' ? 'ANALYZE TABLE flow_steps, flow_runs, messages' : 'ANALYZE'
  await house.db.source.query(analyze)

  async function pass(thorough = false): Promise<number> {
    let well = false
    const ms = await timed(async () => {
      well = await audit(house.db, { reportTo: [], thorough })
    })
    if (!well) throw new Error('the crowd is not well')
    return ms
  }

  return {
    pass,
    /** Spoils the times of some steps and says how many ms the pass takes that puts them right. */
    async repairing(round: number): Promise<number> {
      const broken = await house.db.write(async (tx) => {
        const rows = await tx.query<{ id: string }>(
          `SELECT id FROM flow_steps WHERE wakeAt IS NOT NULL ORDER BY id LIMIT 200 OFFSET ${round * 200}`,
        )
        const ids = rows.map(({ id }) => id)
        return tx.run(`UPDATE flow_steps SET wakeAt = NULL WHERE id IN (${ids.map(() => '?').join(',')})`, ids)
      })
      if (broken !== 200) throw new Error(`${broken} steps were spoilt`)
      return pass()
    },
    async close() {
      await house.db.close()
      await ground.clear()
    },
  }
}
