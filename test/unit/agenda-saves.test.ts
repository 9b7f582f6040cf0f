import assert from 'node:assert/strict'
import { type Agenda, computeJobState, type JobParameters, type JobRepository, type JobState } from 'agenda'
import { JobRow, jobOf } from '../../server/lib/agenda-jobs.ts'
import { newId } from '../../server/lib/ids.ts'
import { after, before, test } from '../suite.ts'
import { type JobsHouse, jobsHouse } from './agenda-house.ts'

const HOUR = 3_600_000
let house: JobsHouse
let agenda: Agenda
let repository: JobRepository

before(async () => {
  house = await jobsHouse()
  agenda = house.agenda()
  repository = house.backend.repository
})
after(() => house.close())

const at = (ms: number) => new Date(Date.now() + ms)

/** Moves the turn of a stored job, as if time had passed. */
async function setTurn(job: { attrs: JobParameters }, nextRunAt: number): Promise<void> {
  await house.database.write((tx) => tx.update(JobRow, String(job.attrs._id), { nextRunAt }))
}

test('every keeps one row a name, also when many declare it at once', async () => {
  const other = await house.another()
  const save = (to: JobRepository) =>
    to.saveJob(
      { name: 'duty', type: 'single', priority: 0, nextRunAt: new Date(), repeatInterval: 60_000, data: 1 },
      undefined,
    )
  const saved = await Promise.all([repository, other.repository, repository, other.repository].map(save))
  assert.equal(new Set(saved.map((job) => job._id)).size, 1)
  assert.equal((await house.rows('duty')).length, 1)
})

test('a duty declared again keeps a turn that is set, and one that came due meanwhile', async () => {
  const ahead = Date.now() + HOUR
  const interval = await agenda.every('2 hours', 'steady')
  await setTurn(interval, ahead)
  await agenda.every('2 hours', 'steady')
  assert.equal((await house.row(interval.attrs._id)).nextRunAt, ahead)
  await agenda.every('2 hours', 'steady', undefined, { skipImmediate: true })
  assert.equal((await house.row(interval.attrs._id)).nextRunAt, ahead, 'an interval does not begin anew')

  const missed = Date.now() - HOUR
  const cron = await agenda.every('0 9 * * *', 'daily')
  await setTurn(cron, missed)
  await agenda.every('0 9 * * *', 'daily')
  assert.equal((await house.row(cron.attrs._id)).nextRunAt, missed, 'a missed turn is made up for')
  await agenda.every('0 10 * * *', 'daily')
  const moved = (await house.row(cron.attrs._id)).nextRunAt ?? 0
  assert.ok(moved > Date.now(), 'a new schedule counts from now')
})

test('a duty that somebody disabled stays so when it is declared again', async () => {
  await agenda.every('1 hour', 'silenced')
  await agenda.disable({ name: 'silenced' })
  const job = await agenda.every('1 hour', 'silenced', { changed: true })
  const row = await house.row(job.attrs._id)
  assert.deepEqual([row.disabled, row.data], [true, { changed: true }])
})

test('saving a known job changes what it names, and never what its holder reports', async () => {
  const job = await agenda.schedule(at(HOUR), 'edited', { version: 1 })
  const [locked] = [
    await repository.lockJob({ ...job.attrs, nextRunAt: job.attrs.nextRunAt } as JobParameters, undefined),
  ]
  assert.ok(locked)
  job.attrs.data = { version: 2 }
  Object.assign(job.attrs, { lockedAt: undefined, failCount: 9 })
  await job.save()
  const row = await house.row(job.attrs._id)
  assert.deepEqual([row.data, row.failCount, row.fence], [{ version: 2 }, null, 1])
  assert.ok(row.lockedAt)
  await agenda.cancel({ id: job.attrs._id })
  await job.save()
  assert.deepEqual(await house.rows('edited'), [], 'a removed job does not come back')
})

test('unique finds the job that fits, changes it, or with insertOnly leaves it', async () => {
  const save = (value: number, insertOnly: boolean, user = 'li') =>
    agenda.create('only', { user, value }).unique({ 'data.user': user }, { insertOnly }).schedule(at(HOUR)).save()
  const first = await save(1, false)
  const second = await save(2, false)
  assert.equal(second.attrs._id, first.attrs._id)
  assert.deepEqual((await house.row(first.attrs._id)).data, { user: 'li', value: 2 })
  await save(3, true)
  assert.deepEqual((await house.row(first.attrs._id)).data, { user: 'li', value: 2 })
  await save(4, false, 'wang')
  assert.equal((await house.rows('only')).length, 2)
})

test('unique is kept when many save at once', async () => {
  const other = await house.another()
  const save = (to: JobRepository) => {
    const unique = { 'data.order.id': 7 }
    const job = { name: 'raced', type: 'normal' as const, priority: 0, nextRunAt: at(HOUR), data: { order: { id: 7 } } }
    return to.saveJob({ ...job, unique }, undefined)
  }
  await Promise.all(Array.from({ length: 12 }, (_, n) => save(n % 2 ? repository : other.repository)))
  assert.equal((await house.rows('raced')).length, 1)
})

test('unique also sees jobs that were saved without it, and no longer one that has changed', async () => {
  const plain = await agenda.schedule(at(HOUR), 'mixed', { key: 1 })
  const unique = () => agenda.create('mixed', { key: 1 }).unique({ 'data.key': 1 }).schedule(at(HOUR)).save()
  assert.equal((await unique()).attrs._id, plain.attrs._id)
  await house.database.write((tx) => tx.update(JobRow, String(plain.attrs._id), { data: { key: 2 } }))
  assert.notEqual((await unique()).attrs._id, plain.attrs._id)
  await assert.rejects(agenda.create('mixed').unique({ key: 1 }).save(), /no attribute key/)
})

test('debounce moves the turn until maxWait, or keeps the first', async () => {
  const call = (options: object) => agenda.nowDebounced('quiet', { n: 1 }, { 'data.n': 1 }, 60_000, options)
  const job = await call({ maxWait: HOUR })
  assert.ok((job.attrs.nextRunAt?.getTime() ?? 0) > Date.now() + 50_000)
  await house.database.write((tx) =>
    tx.update(JobRow, String(job.attrs._id), {
      nextRunAt: Date.now() + 5,
      debounceStartedAt: Date.now() - HOUR + 30_000,
    }),
  )
  const again = await call({ maxWait: HOUR })
  assert.ok((again.attrs.nextRunAt?.getTime() ?? 0) > Date.now() + 50_000, 'still within maxWait')
  await house.database.write((tx) => tx.update(JobRow, String(job.attrs._id), { debounceStartedAt: Date.now() - HOUR }))
  const forced = await call({ maxWait: HOUR })
  assert.ok((forced.attrs.nextRunAt?.getTime() ?? 0) <= Date.now(), 'forced after maxWait')

  const lead = (value: string) =>
    agenda.nowDebounced('lead', { n: 1, value }, { 'data.n': 1 }, 60_000, { strategy: 'leading' })
  const first = await lead('a')
  const second = await lead('b')
  assert.deepEqual(second.attrs.nextRunAt, first.attrs.nextRunAt)
  assert.deepEqual((await house.row(first.attrs._id)).data, { n: 1, value: 'b' })
})

test('cancel takes ids, names, other names and parts of the data, and nothing named is nothing', async () => {
  const rest = async () => (await agenda.queryJobs({ search: 'cancel-' })).total
  for (const name of ['cancel-a', 'cancel-b']) {
    for (const n of [1, 2, 3]) await agenda.schedule(at(HOUR), name, { n, deep: { tags: ['x', n] } })
  }
  assert.equal(await agenda.cancel({}), 0)
  assert.equal(await agenda.cancel({ name: 'cancel-a', data: { deep: { tags: [2] } } }), 1)
  assert.equal(await agenda.cancel({ data: { n: 3 } }), 2)
  assert.equal(await rest(), 3)
  const names = await repository.getDistinctJobNames()
  assert.equal(await agenda.cancel({ notNames: names.filter((name) => name !== 'cancel-b') }), 2)
  const [left] = await house.rows('cancel-a')
  assert.equal(await agenda.cancel({ ids: [String(left?.id)] as never }), 1)
  assert.equal(await rest(), 0)
})

test('a query filters, sorts, pages and searches what was typed, not what it means to SQL', async () => {
  for (const n of [3, 1, 2]) {
    await agenda
      .create('query_one', { n, kind: n === 1 ? 'odd' : 'other' })
      .priority(n)
      .schedule(at(HOUR + n * 60_000))
      .save()
  }
  await agenda.create('queryXone', { n: 4 }).disable().schedule(at(HOUR)).save()
  const ns = async (options: Parameters<Agenda['queryJobs']>[0]) =>
    (await agenda.queryJobs(options)).jobs.map((job) => (job.data as { n: number }).n)
  assert.deepEqual(await ns({ search: 'QUERY_', sort: { priority: 'desc' } }), [3, 2, 1])
  assert.deepEqual(
    await ns({ names: ['query_one', 'queryXone'], includeDisabled: false, sort: { nextRunAt: 'asc' } }),
    [1, 2, 3],
  )
  assert.deepEqual(await ns({ names: ['query_one', 'queryXone'], state: 'paused' }), [4])
  const page = await agenda.queryJobs({ name: 'query_one', sort: { priority: 'asc' }, skip: 1, limit: 1 })
  assert.deepEqual([page.total, page.jobs.map((job) => job.priority)], [3, [2]])
  assert.deepEqual(await ns({ data: { kind: 'odd' }, name: 'query_one' }), [1])
  await assert.rejects(agenda.queryJobs({ sort: { 'id; DROP TABLE jobs': 'asc' } as never }), /cannot be sorted/)
})

test("the state that SQL gives a job is Agenda's own", async () => {
  const now = Date.now()
  const instants = [null, now - 1000, now + HOUR]
  const rows: JobRow[] = []
  for (const lockedAt of [null, now])
    for (const nextRunAt of instants)
      for (const failedAt of [null, now - 500])
        for (const lastFinishedAt of [null, now - 800, now - 500, now - 100])
          for (const repeatInterval of [null, '1 hour']) {
            const base = {
              id: newId(now),
              name: 'stated',
              type: 'normal',
              negatedPriority: 0,
              disabled: false,
              fence: 0,
            }
            rows.push(
              Object.assign(new JobRow(), base, { lockedAt, nextRunAt, failedAt, lastFinishedAt, repeatInterval }),
            )
          }
  await house.database.write((tx) => tx.insert(JobRow, rows))
  const expected = new Map<JobState, number>()
  for (const row of rows) {
    const state = computeJobState(jobOf(row))
    expected.set(state, (expected.get(state) ?? 0) + 1)
  }
  assert.ok(expected.size === 6)
  const overview = (await agenda.getJobsOverview()).find((one) => one.name === 'stated')
  for (const [state, count] of expected) {
    assert.equal((await agenda.queryJobs({ name: 'stated', state })).total, count, state)
    assert.equal(overview?.[state], count, state)
  }
  assert.equal(overview?.total, rows.length)
  const due = (await house.database.read((reader) => reader.find(JobRow, 'WHERE nextRunAt < ?', [Date.now()]))).length
  assert.equal(await repository.getQueueSize(), due)
})

test('a job comes back as it was saved', async () => {
  const job = agenda.create('whole', { text: '帐篷漏水 ⛺️', list: [1, null] })
  job.startDate(at(-HOUR)).endDate(at(HOUR)).skipDays([0, 6]).repeatAt('9:00 am').priority('high').schedule(at(60_000))
  await job.save()
  const read = await repository.getJobById(String(job.attrs._id))
  const { data, startDate, endDate, skipDays, repeatAt, priority, nextRunAt, disabled } = read as JobParameters
  assert.deepEqual(
    { data, startDate, endDate, skipDays, repeatAt, priority, nextRunAt, disabled },
    {
      data: job.attrs.data,
      startDate: job.attrs.startDate,
      endDate: job.attrs.endDate,
      skipDays: [0, 6],
      repeatAt: '9:00 am',
      priority: 10,
      nextRunAt: job.attrs.nextRunAt,
      disabled: false,
    },
  )
  assert.equal(await repository.getJobById('none'), null)
})
