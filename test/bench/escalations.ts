import type { Flow } from '../../server/engines/flows/flow.ts'
import { timesOf } from '../../server/engines/flows/ladder.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { sweepSteps } from '../../server/engines/flows/sweep.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { copyId, fill, patternOf } from './crowd.ts'
import { openGround, openRooms, welcome } from './ground.ts'
import { median, perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const MANY = 100_000
const FEW = 20_000
const ROUNDS = 6
/** A plain working Monday, 15:00 in Shanghai: working time runs. */
const NOW = Date.parse('2026-11-23T15:00:00+08:00')

/** Due escalations decided per second among 100,000 open steps; and that it is the due ones that cost. */
export async function escalations(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  const on = mysql ? 'MariaDB' : 'SQLite'
  const goal = mysql ? 800 : 2_000
  const many = await houseWith(MANY)
  await many.round(1_000)
  const rates: number[] = []
  for (let round = 0; round < 2; round++) rates.push(perSecond(20_000, await many.round(20_000)))

  const few = await houseWith(FEW)
  await few.round(1_000)
  const times: Record<'few' | 'many', number[]> = { few: [], many: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.few.push(await few.round(3_000))
    times.many.push(await many.round(3_000))
  }
  await few.close()
  await many.close()
  const rate = median(rates)
  const amongFew = median(times.few)
  const amongMany = median(times.many)
  return [
    rowOf(`escalations among 100 k open steps, ${on}`, rate / goal, 1, {
      'decided per s': rate,
      'goal per s': goal,
      due: 20_000,
      slowest: Math.min(...rates),
    }),
    // Were it the open ones that cost, this would be 0.2.
    rowOf(`escalations: 3 k due of 100 k against of 20 k, ${on}`, amongFew / amongMany, 0.7, {
      'ms among 20 k': amongFew,
      'ms among 100 k': amongMany,
    }),
  ]
}

async function houseWith(count: number) {
  const ground = await openGround()
  const clock = new FixedClock(NOW)
  const house = await openRooms(ground, clock)
  const customer = await welcome(house, { openid: 'oBench00000', nickname: '王晓梅', phone: '13800001234' })
  const flow = house.shelf.flowFor('complaint').body
  const pattern = await patternOf(house, customer)
  await fill(house.db, pattern, count)
  // What filling has left to be written back belongs to no round.
  if (house.db.dialect === 'sqlite') await house.db.source.query('PRAGMA wal_checkpoint(TRUNCATE)')
  // Each step is late once: a second time on the same rung would be no decision but a repetition.
  // Neighbours come due together, as those do that were opened together.
  const waiting = Array.from({ length: count }, (_, i) => copyId(pattern.step, 'S0', i))

  /** Makes this many steps due and says how many ms the sweep takes to decide them. */
  async function round(due: number): Promise<number> {
    const chosen = waiting.splice(0, due)
    for (let from = 0; from < due; from += 500) {
      await house.db.write(async (tx) => {
        for (const [i, id] of chosen.slice(from, from + 500).entries()) await tx.update(FlowStep, id, lateBy(flow, i))
      })
    }
    let fired = 0
    const ms = await timed(async () => {
      fired = await sweepSteps(house.db)
    })
    if (fired !== due) throw new Error(`${due} steps were due and ${fired} fired`)
    return ms
  }

  return {
    round,
    async close() {
      await house.db.close()
      await ground.clear()
    },
  }
}

/** The columns of a step whose next rung has been due for half a minute: each rung of the ladder in turn. */
function lateBy(flow: Flow, i: number): Partial<FlowStep> {
  const limitMs = flow.steps[0]?.limitMs ?? 0
  const index = i % flow.ladder.length
  const rung = flow.ladder[index]
  if (!rung) throw new Error('the flow has no ladder')
  const late = 30_000
  const climbed = rung.kind === 'escalate' ? rung.afterMs : Math.round(limitMs * rung.share)
  const rungAt = rung.kind === 'escalate' ? NOW - late - climbed : null
  const openedAt = rungAt === null ? NOW - late - climbed : rungAt - 2 * limitMs
  const level = rung.kind === 'escalate' ? rung.level - 1 : 0
  const clocked = { openedAt, limitMs, rung: index, rungAt, ackUntil: null }
  return { ...clocked, ...timesOf(flow, clocked, []), level, overdueAt: rungAt && rungAt - limitMs }
}
