import assert from 'node:assert/strict'
import { backoffStrategies } from 'agenda'
import { after, before, test } from '../suite.ts'
import { gate, happens, type JobsHouse, jobsHouse, until } from './agenda-house.ts'

const HOUR = 3_600_000
/** A scan so rare that what runs before it was told of. Not rarer: Agenda leaves a timer of half of it behind. */
const RARELY = 3_000
let house: JobsHouse

before(async () => {
  house = await jobsHouse()
})
after(() => house.close())

test('now runs a job at once, without waiting for the next scan, and leaves its story behind', async () => {
  const agenda = house.agenda({ processEvery: RARELY, name: 'front' })
  const seen: unknown[] = []
  agenda.define('greet', async (job) => void seen.push(job.attrs.data))
  await agenda.start()
  const completed = happens(agenda, 'complete:greet')
  const asked = Date.now()
  const { attrs } = await agenda.now('greet', { to: '李雷' })
  await completed

  assert.ok(Date.now() - asked < RARELY / 2)
  assert.deepEqual(seen, [{ to: '李雷' }])
  const row = await house.row(attrs._id)
  assert.equal(row.nextRunAt, null)
  assert.equal(row.lockedAt, null)
  assert.equal(row.lastModifiedBy, 'front')
  assert.ok(row.lastRunAt && row.lastFinishedAt && row.lastRunAt <= row.lastFinishedAt)
})

test('a burst of now is complete, each job once', async () => {
  const agenda = house.agenda({ processEvery: RARELY, maxConcurrency: 20 })
  const seen = new Map<number, number>()
  agenda.define<{ n: number }>('burst', async (job) => {
    seen.set(job.attrs.data.n, (seen.get(job.attrs.data.n) ?? 0) + 1)
  })
  await agenda.start()
  await Promise.all(Array.from({ length: 120 }, (_, n) => agenda.now('burst', { n })))
  await until('all have run', () => seen.size === 120)
  assert.deepEqual([...new Set(seen.values())], [1])
})

test('schedule waits for its instant', async () => {
  const agenda = house.agenda()
  let ranAt = 0
  agenda.define('later', async () => {
    ranAt = Date.now()
  })
  await agenda.start()
  const completed = happens(agenda, 'complete:later')
  const due = new Date(Date.now() + 200)
  await agenda.schedule(due, 'later')
  await completed
  assert.ok(ranAt >= due.getTime(), `ran ${due.getTime() - ranAt} ms early`)
})

test('every runs again and again on one row', async () => {
  const agenda = house.agenda()
  let runs = 0
  agenda.define('tick', async () => void runs++)
  await agenda.start()
  await agenda.every(60, 'tick')
  await until('three ticks', () => runs >= 3)
  const [row, ...more] = await house.rows('tick')
  assert.deepEqual([row?.type, row?.repeatInterval, more.length], ['single', 60, 0])
})

test('every takes a cron line in a time zone', async () => {
  const agenda = house.agenda()
  agenda.define('morning', async () => {})
  await agenda.start()
  const job = await agenda.every('0 9 * * *', 'morning', undefined, { timezone: 'Asia/Shanghai' })
  const row = await house.row(job.attrs._id)
  assert.equal(new Date(row.nextRunAt ?? 0).toISOString().slice(11), '01:00:00.000Z')
  assert.equal(row.repeatTimezone, 'Asia/Shanghai')
})

test('of jobs that are due together the one of higher priority runs first', async () => {
  const agenda = house.agenda({ processEvery: RARELY })
  const due = new Date(Date.now() - 1000)
  for (const priority of [-10, 20, 0, 10])
    await agenda.create('ranked', { priority }).priority(priority).schedule(due).save()
  const order: number[] = []
  const worker = house.agenda()
  worker.define<{ priority: number }>('ranked', async (job) => void order.push(job.attrs.data.priority), {
    concurrency: 1,
  })
  await worker.start()
  await until('all have run', () => order.length === 4)
  assert.deepEqual(order, [20, 10, 0, -10])
})

test('no more jobs of a kind run at once than its concurrency, and as many do', async () => {
  const agenda = house.agenda()
  const { opened, open } = gate()
  let running = 0
  let most = 0
  let finished = 0
  agenda.define(
    'narrow',
    async () => {
      most = Math.max(most, ++running)
      await opened
      running--
      finished++
    },
    { concurrency: 3 },
  )
  await agenda.start()
  for (let n = 0; n < 9; n++) await agenda.now('narrow')
  await until('three run', () => running === 3)
  open()
  await until('all have run', () => finished === 9)
  assert.equal(most, 3)
})

test('no more jobs are locked than the lock limit allows', async () => {
  const agenda = house.agenda()
  // Agenda's own count: with two scans at once it may lock one too many in the database, and gives it back at once.
  const locked = async () => (await agenda.getRunningStats()).jobStatus?.limited?.locked ?? 0
  const counts: number[] = []
  agenda.define('limited', async () => void counts.push(await locked()), { lockLimit: 2, concurrency: 2 })
  await agenda.start()
  for (let n = 0; n < 8; n++) await agenda.now('limited')
  await until('all have run', () => counts.length === 8)
  assert.equal(Math.max(...counts), 2, `locked at once: ${counts}`)
})

test('a disabled job waits and an enabled one goes on', async () => {
  const agenda = house.agenda()
  let runs = 0
  agenda.define('paused', async () => void runs++)
  await agenda.start()
  await agenda.create('paused').disable().schedule(new Date()).save()
  assert.equal(await agenda.disable({ name: 'paused' }), 1)
  const { repository } = house.backend
  const soon = new Date(Date.now() + HOUR)
  assert.equal(await repository.getNextJobToRun('paused', soon, new Date(0), undefined, undefined), undefined)
  assert.equal(runs, 0)
  assert.equal(await agenda.enable({ name: 'paused' }), 1)
  await until('it has run', () => runs === 1)
  assert.equal(await agenda.disable({}), 0)
})

test('a failure is written down and tried again, and a success starts the count anew', async () => {
  const agenda = house.agenda()
  const { opened, open } = gate()
  let attempts = 0
  agenda.define(
    'shaky',
    async () => {
      if (++attempts === 1) throw new Error('第一次失败')
      await opened
    },
    { backoff: backoffStrategies.constant({ delay: 20, maxRetries: 5 }) },
  )
  await agenda.start()
  const { attrs } = await agenda.now('shaky')
  await until('it is tried again', () => attempts === 2)
  const row = await house.row(attrs._id)
  assert.deepEqual([row.failCount, row.failReason], [1, '第一次失败'])
  assert.ok(row.failedAt)
  open()
  await until('the count starts anew', async () => (await house.row(attrs._id)).failCount === 0)
})

test('removeOnComplete removes what succeeded and keeps what failed', async () => {
  const agenda = house.agenda({ removeOnComplete: true })
  agenda.define<{ bad: boolean }>('once', async (job) => {
    if (job.attrs.data.bad) throw new Error('bad')
  })
  await agenda.start()
  const failed = happens(agenda, 'fail:once')
  await agenda.now('once', { bad: false })
  await agenda.now('once', { bad: true })
  await failed
  await until('one is left', async () => (await house.rows('once')).length === 1)
  assert.deepEqual((await house.rows('once'))[0]?.data, { bad: true })
})

test('touch keeps the lock and tells the progress', async () => {
  const agenda = house.agenda()
  const { opened, open } = gate()
  const half = gate()
  agenda.define('long', async (job) => {
    await job.touch(50)
    half.open()
    await opened
  })
  await agenda.start()
  const completed = happens(agenda, 'complete:long')
  const { attrs } = await agenda.now('long')
  await half.opened
  const row = await house.row(attrs._id)
  assert.equal(row.progress, 50)
  assert.ok(row.lockedAt)
  open()
  await completed
})

test('drain lets what runs finish and gives back what it had only locked', async () => {
  const agenda = house.agenda({ processEvery: RARELY })
  const { opened, open } = gate()
  let began = 0
  let ended = 0
  const work = async () => {
    began++
    await opened
    ended++
  }
  agenda.define('drained', work, { concurrency: 2 })
  await agenda.start()
  await Promise.all(Array.from({ length: 6 }, () => agenda.now('drained')))
  await until('all are locked', async () => (await house.rows('drained')).every((row) => row.lockedAt !== null))
  await until('two run', () => began === 2)
  const drained = agenda.drain()
  open()
  const result = await drained
  assert.equal(result.running, 0)
  assert.equal(began, ended)
  await until('no lock is left', async () => (await house.rows('drained')).every((row) => row.lockedAt === null))
  const left = (await house.rows('drained')).filter((row) => row.nextRunAt !== null)
  assert.equal(left.length, 6 - began)
})

test('stop gives back what had not begun and locks nothing more', async () => {
  const agenda = house.agenda({ processEvery: RARELY })
  const { opened, open } = gate()
  let began = 0
  agenda.define('stopped', () => opened.then(() => void began++), { concurrency: 1 })
  await agenda.start()
  await Promise.all(Array.from({ length: 4 }, () => agenda.now('stopped')))
  const locked = async () => (await house.rows('stopped')).filter((row) => row.lockedAt !== null).length
  await until('all are locked', async () => (await locked()) === 4)
  await until('one has begun', async () => (await house.rows('stopped')).some((row) => row.lastRunAt !== null))
  await agenda.stop()
  assert.equal(await locked(), 1, 'the running one keeps its lock')
  open()
  await until('the running one has ended', async () => (await locked()) === 0)
  assert.equal(began, 1)
})
