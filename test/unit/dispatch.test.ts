import assert from 'node:assert/strict'
import { crewOf, decide, type Job, type WorkerState } from '../../server/engines/dispatch/decide.ts'
import { dispatchSchema, freezeRule } from '../../server/engines/dispatch/rule.ts'
import { MovingPoints, metresBetween, type Zone, zoneAt } from '../../server/lib/geo.ts'
import { test } from '../suite.ts'

const RULE = freezeRule(
  dispatchSchema.parse({ dispatch: 'field', role: 'worker', overflow: 'boss', skills: {}, capacity: 3 }),
  [],
)
const NOW = 1_000_000_000
/** The same walk on every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

function worker(id: string, more: Partial<WorkerState> = {}): WorkerState {
  const at = { lat: 31.2, lng: 121.5 }
  return { id, onDuty: true, breakUntil: null, skills: [], zones: [], at, load: 0, capacity: 3, ...more }
}

function job(more: Partial<Job> = {}): Job {
  return { place: { lat: 31.2, lng: 121.5 }, skills: [], urgent: false, dueAt: null, asked: new Set(), ...more }
}

function chosen(jobToDo: Job, workers: WorkerState[]): string {
  const decision = decide(RULE, jobToDo, crewOf(workers), NOW)
  return decision.kind === 'offer' ? `${decision.worker.id} ${decision.why.tier}` : decision.kind
}

test('the index finds the nearest as a look at all would, however the points move', () => {
  const roll = dice(7)
  const points = new MovingPoints()
  const all = new Map<string, { lat: number; lng: number }>()
  const somewhere = () => ({ lat: 31 + roll() / 2, lng: 121 + roll() / 2 })
  for (let turn = 0; turn < 400; turn++) {
    const key = `p${Math.floor(roll() * 120)}`
    const place = roll() < 0.1 ? null : somewhere()
    points.set(key, place)
    if (place) all.set(key, place)
    else all.delete(key)
    if (turn % 10) continue
    const from = somewhere()
    const accept = (id: string) => Number(id.slice(1)) % 3 > 0
    const found = [...points.nearest(from, accept)].map((one) => one.key)
    const sorted = [...all]
      .filter(([id]) => accept(id))
      .sort((a, b) => metresBetween(from, a[1]) - metresBetween(from, b[1]))
    assert.deepEqual(
      found,
      sorted.map(([id]) => id),
    )
  }
})

test('an earlier zone wins over a later one, any over a global one, and one out of its time does not count', () => {
  const box = (west: number, east: number) => [
    [
      [
        [west, 31],
        [east, 31],
        [east, 32],
        [west, 32],
        [west, 31],
      ],
    ], // one polygon, no hole
  ]
  const zones: Zone[] = [
    { zone: 'fair', polygons: box(121, 122), start: 100, end: 200 },
    { zone: 'park', polygons: box(121, 121.5) },
    { zone: 'everywhere', polygons: null },
    { zone: 'town', polygons: box(121, 122) },
  ]
  const at = (lng: number, now?: number) => zoneAt(zones, { lat: 31.5, lng }, now)?.zone
  assert.deepEqual(
    [at(121.2, 150), at(121.2, 200), at(121.7, 200), at(123, 150)],
    ['fair', 'park', 'town', 'everywhere'],
  )
  assert.equal(at(121.5, 50), 'park')
})

test('the best of the nearest is the best of all', () => {
  const roll = dice(3)
  for (let turn = 0; turn < 200; turn++) {
    const workers = Array.from({ length: 60 }, (_, i) =>
      worker(`w${i}`, {
        at: { lat: 31 + roll() / 3, lng: 121.3 + roll() / 3 },
        load: Math.floor(roll() * 4),
        skills: roll() < 0.5 ? ['lock'] : [],
        zones: roll() < 0.3 ? [roll() < 0.5 ? 'east' : 'west'] : [],
        onDuty: roll() < 0.9,
      }),
    )
    const wanted = job({ place: { lat: 31 + roll() / 3, lng: 121.3 + roll() / 3 }, zone: 'east', skills: ['lock'] })
    const fast = decide(RULE, wanted, crewOf(workers), NOW)
    assert.ok(fast.kind === 'offer')
    const free = workers.filter(({ onDuty, load, zones }) => onDuty && load < 3 && !zones.includes('west'))
    // Each alone tells their score.
    const scores = free.map((one) => {
      const alone = decide(RULE, wanted, crewOf([one]), NOW)
      return alone.kind === 'offer' ? alone.score : Number.NaN
    })
    assert.equal(fast.score, Math.min(...scores))
  }
})

test('the ladder: free, in another zone, on a break, busy means waiting, nobody means up', () => {
  const near = worker('near')
  const nowhere = worker('nowhere', { at: null })
  const foreign = worker('foreign', { zones: ['west'] })
  const away = worker('away', { onDuty: false, breakUntil: NOW + 1 })
  const busy = worker('busy', { load: 3 })
  const off = worker('off', { onDuty: false })
  const east = job({ zone: 'east' })
  assert.equal(chosen(east, [off, busy, away, foreign, nowhere, near]), 'near free')
  assert.equal(chosen(east, [off, busy, away, foreign, nowhere]), 'nowhere free')
  assert.equal(chosen(east, [off, busy, away, foreign]), 'foreign free')
  assert.equal(chosen(east, [off, busy, away]), 'away away')
  assert.equal(chosen(east, [off, busy]), 'wait')
  assert.equal(chosen(east, [off]), 'overflow')
  assert.equal(chosen(job({ asked: new Set(['near', 'busy']) }), [near, busy]), 'overflow')
})

test('what was done before goes to the same person only if they are on duty', () => {
  const far = worker('far', { at: { lat: 32, lng: 122 }, load: 3 })
  assert.equal(chosen(job({ previousId: 'far' }), [worker('near'), far]), 'far previous')
  assert.equal(chosen(job({ previousId: 'far' }), [worker('near'), { ...far, onDuty: false }]), 'near free')
})

test('being late counts, and for what is urgent so does having much to do', () => {
  const idle = worker('idle', { at: { lat: 31.208, lng: 121.5 } })
  const loaded = worker('loaded', { load: 1 })
  assert.equal(chosen(job(), [idle, loaded]), 'loaded free')
  assert.equal(chosen(job({ urgent: true }), [idle, loaded]), 'idle free')
})
