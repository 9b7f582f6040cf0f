import { Asset } from '../../server/domain/assets/asset.ts'
import { storeDefinition } from '../../server/engines/definitions/definitions.ts'
import { crewOf, decide, type Job, type WorkerState } from '../../server/engines/dispatch/decide.ts'
import { openDispatch, sendOn } from '../../server/engines/dispatch/dispatch.ts'
import { DispatchOffer } from '../../server/engines/dispatch/offer.ts'
import { type DispatchRule, dispatchSchema, freezeRule } from '../../server/engines/dispatch/rule.ts'
import { Worker } from '../../server/engines/dispatch/worker.ts'
import type { Flow, StepDefinition } from '../../server/engines/flows/flow.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { Staff, StaffRole } from '../../server/engines/staff/staff.ts'
import type { House } from '../../server/house.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { type Point, zoneAt } from '../../server/lib/geo.ts'
import type { New, Tx } from '../../server/lib/tx.ts'
import { copyId, patternOf } from './crowd.ts'
import { openGround, openRooms, welcome } from './ground.ts'
import { median, percentile, perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const WORKERS = 500
const ASSETS = 50_000
const OPEN = 5_000
const NEW = 3_000
const ROUNDS = 6
const PER_ROUND = 500
const NAIVE_PER_ROUND = 5
const GOAL_P99_MS = 20
const NOW = Date.parse('2026-11-23T15:00:00+08:00')

/** Dispatch decisions per second, written and all, in a city at work; and against reading every worker anew. */
export async function dispatching(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  const on = mysql ? 'MariaDB' : 'SQLite'
  // Each statement of a decision is a way to the server and back.
  const goal = mysql ? 200 : 1_000
  const ground = await openGround()
  const house = await openRooms(ground, new FixedClock(NOW))
  openDispatch()
  const { rule, waiting } = await cityAtWork(house)

  const decideAndWrite = (id: string) => house.db.write(async (tx) => sendOn(tx, await turnOf(tx, id)))
  for (const id of waiting.splice(0, 100)) await decideAndWrite(id)
  const times: number[] = []
  const naiveTimes: number[] = []
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const ours: number[] = []
    for (const id of waiting.splice(0, round === 0 ? PER_ROUND : (NEW - 100 - PER_ROUND) / (ROUNDS - 1)))
      ours.push(await timed(() => decideAndWrite(id)))
    const theirs: number[] = []
    for (let i = 0; i < NAIVE_PER_ROUND; i++) {
      const place = placeNo(round * 100 + i)
      theirs.push(await timed(() => house.db.write((tx) => naively(tx, rule, place))))
    }
    times.push(...ours)
    naiveTimes.push(...theirs)
    ratios.push(mean(theirs) / mean(ours))
  }
  await house.db.close()
  await ground.clear()
  const rate = perSecond(1, mean(times))
  const p99 = percentile(times, 0.99)
  const city = { workers: WORKERS, assets: ASSETS, 'open steps': OPEN }
  return [
    rowOf(`dispatch decisions, written, ${on}`, rate / goal, 1, { 'per s': rate, 'goal per s': goal, ...city }),
    rowOf(`dispatch: p99 of a decision, ${on}`, GOAL_P99_MS / p99, 1, {
      'p99 ms': p99,
      'median ms': median(times),
      'goal ms': GOAL_P99_MS,
    }),
    // The other one writes nothing: it only reads and chooses.
    rowOf(`dispatch against reading every worker anew, ${on}`, median(ratios), 20, {
      'ms anew': mean(naiveTimes),
      'ms ours': mean(times),
      slowest: Math.min(...ratios),
    }),
  ]
}

/** How one would write it first: every worker's facts, open steps and latest job are read, and all are scored. */
async function naively(tx: Tx, rule: DispatchRule, place: Point): Promise<void> {
  const members = await tx.query<{ staffId: string }>('SELECT staffId FROM staff_roles WHERE role = ?', [rule.role])
  const workers: WorkerState[] = []
  for (const { staffId: id } of members) {
    const staff = await tx.get(Staff, id)
    const facts = await tx.get(Worker, id)
    const steps = await tx.find(FlowStep, `WHERE assigneeId = ? AND state IN ('open', 'waiting')`, [id])
    const job = await tx.first(DispatchOffer, 'WHERE staffId = ? AND live = 1 ORDER BY offeredAt DESC, id DESC', [id])
    const at = job ?? facts
    workers.push({
      id,
      onDuty: staff?.onDuty ?? false,
      breakUntil: null,
      skills: facts?.skills ?? [],
      zones: facts?.zones ?? [],
      at: at?.lat && at.lng ? { lat: Number(at.lat), lng: Number(at.lng) } : null,
      load: steps.length,
      capacity: rule.capacity,
    })
  }
  const zone = zoneAt(rule.zones, place)?.zone
  const job: Job = { place, zone, skills: ['锁'], urgent: false, dueAt: null, asked: new Set() }
  decide(rule, job, crewOf(workers), tx.now)
}

/** Five hundred workers with ten jobs each, fifty thousand things, and steps that nobody has yet. */
async function cityAtWork(house: House): Promise<{ rule: DispatchRule; waiting: string[] }> {
  const { db } = house
  const customer = await welcome(house, { openid: 'oBench00000', nickname: '王晓梅', phone: '13800001234' })
  const pattern = await patternOf(house, customer)
  const rule = ruleOfCity()
  const flow = house.shelf.flowFor('complaint').body
  const step: StepDefinition = { ...(flow.steps[0] as StepDefinition), role: rule.role, assign: { dispatch: 'field' } }
  const body: Flow = { ...flow, flow: 'repair', dispatch: { field: rule }, steps: [step, ...flow.steps.slice(1)] }
  const { id: definitionId } = await db.write((tx) =>
    storeDefinition(tx, { kind: 'flow', name: 'repair', pack: 'bench', body }),
  )
  const workerIds = Array.from({ length: WORKERS }, (_, i) => copyId(pattern.step, 'W0', i))
  await db.write((tx) => settleWorkers(tx, workerIds, rule.role))
  await db.write((tx) =>
    tx.insert(
      Asset,
      Array.from({ length: ASSETS }, (_, i) => assetNo(pattern.step.id, i)),
    ),
  )
  const waiting: string[] = []
  const all = Array.from({ length: OPEN + NEW }, (_, i) => i)
  for (let from = 0; from < all.length; from += 500) {
    const slice = all.slice(from, from + 500)
    const place = placeNo
    await db.write(async (tx) => {
      const runs = slice.map((i): New<FlowRun> => {
        const facts = { ...pattern.run.facts, place: place(i) }
        const answers = { form: { fault: 'lock' } }
        const own = { id: copyId(pattern.step, 'R0', i), subjectId: copyId(pattern.step, 'T0', i) }
        return { ...pattern.run, ...own, definitionId, facts, answers }
      })
      await tx.insert(FlowRun, runs as FlowRun[])
      const steps = slice.map((i) => {
        const assigneeId = i < OPEN ? (workerIds[i % WORKERS] as string) : null
        return { ...pattern.step, id: copyId(pattern.step, 'S0', i), runId: copyId(pattern.step, 'R0', i), assigneeId }
      })
      await tx.insert(FlowStep, steps as FlowStep[])
      const given = slice.filter((i) => i < OPEN)
      if (given.length > 0)
        await tx.insert(
          DispatchOffer,
          given.map((i) => offerNo(pattern.step, workerIds, i)),
        )
    })
    waiting.push(...slice.filter((i) => i >= OPEN).map((i) => copyId(pattern.step, 'S0', i)))
  }
  return { rule, waiting }
}

function ruleOfCity(): DispatchRule {
  const source = {
    dispatch: 'field',
    role: 'field_worker',
    skills: { lock: ['锁'] },
    skill_from: 'form.fault',
    capacity: 30,
    overflow: 'supervisor',
  }
  // Twenty districts in stripes.
  const zones = Array.from({ length: 20 }, (_, i) => {
    const [west, east] = [121.2 + i * 0.03, 121.23 + i * 0.03]
    const outline = [west, east, east, west, west].map((lng, corner) => [lng, corner < 2 || corner === 4 ? 31 : 31.4])
    return { zone: `district ${i}`, polygons: [[outline]] }
  })
  return freezeRule(dispatchSchema.parse(source), zones)
}

async function settleWorkers(tx: Tx, ids: string[], role: string): Promise<void> {
  await tx.insert(
    Staff,
    ids.map((id, i) => ({
      id,
      name: `worker ${i}`,
      position: '',
      departments: [],
      active: true,
      onDuty: i % 10 > 0,
      updatedAt: tx.now,
    })),
  )
  await tx.insert(
    StaffRole,
    ids.map((id) => ({ id: `${id}:${role}`, staffId: id, role })),
  )
  await tx.insert(
    Worker,
    ids.map((id, i) => ({
      id,
      skills: i % 2 ? ['锁'] : ['轮胎'],
      zones: i % 3 ? null : [`district ${i % 20}`],
      ...placeNo(i * 31),
      seenAt: tx.now,
    })),
  )
}

function offerNo(step: FlowStep, workerIds: string[], i: number): New<DispatchOffer> {
  return {
    id: copyId(step, 'O0', i),
    stepId: copyId(step, 'S0', i),
    staffId: workerIds[i % WORKERS] as string,
    n: 1,
    state: 'accepted',
    live: true,
    away: false,
    score: 0,
    why: { tier: 'free', load: 0, capacity: 30 },
    ...placeNo(i),
    offeredAt: NOW - 1000 + (i % 1000),
    until: NOW,
  }
}

function assetNo(pattern: string, i: number): New<Asset> {
  return {
    id: copyId({ id: pattern }, 'A0', i),
    code: `B${i}`,
    kind: 'bike',
    state: 'available',
    causes: [],
    stateAt: NOW,
    ...placeNo(i * 17),
    meters: 0,
    publicId: copyId({ id: pattern }, 'P0', i),
    registeredAt: NOW,
    version: 0,
  } as New<Asset>
}

/** A place in the city, scattered: the primes have nothing in common with its size. */
function placeNo(i: number): Point {
  return { lat: 31 + ((i * 7919) % 4001) / 10_000, lng: 121.2 + ((i * 104_729) % 6007) / 10_000 }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
