import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import type { JobParameters, JobRepository } from 'agenda'
import { JobRow } from '../../server/lib/agenda-jobs.ts'
import { newId } from '../../server/lib/ids.ts'
import { after, before, test } from '../suite.ts'
import { gate, happens, type JobsHouse, jobsHouse, until } from './agenda-house.ts'

const PAST = new Date(Date.now() - 60_000)
let house: JobsHouse
let mine: JobRepository
let theirs: JobRepository

before(async () => {
  house = await jobsHouse()
  mine = house.backend.repository
  theirs = (await house.another()).repository
})
after(() => house.close())

/** Locks the next job of a name; a lock older than `expired` milliseconds counts as given up. */
function claim(repository: JobRepository, name: string, expired = 60_000): Promise<JobParameters | undefined> {
  const now = Date.now()
  return repository.getNextJobToRun(name, new Date(now), new Date(now - expired), undefined, undefined)
}

/** Stores a one-time job that is due. */
function due(name: string, nextRunAt = PAST): Promise<JobParameters> {
  return mine.saveJob({ name, type: 'normal', priority: 0, nextRunAt, data: { name } }, undefined)
}

/** A job that `mine` has locked and that `theirs` has taken over, because the lock expired. */
async function takenOver(name: string): Promise<{ stale: JobParameters; holder: JobParameters }> {
  await due(name)
  const stale = await claim(mine, name)
  // The deadline lies ahead, so that a lock of this very millisecond has expired.
  const holder = await claim(theirs, name, -1000)
  assert.ok(stale && holder && stale._id === holder._id)
  return { stale, holder }
}

test('of two that want the same jobs each gets every job once', async () => {
  for (let n = 0; n < 60; n++) await due('shared', new Date(PAST.getTime() + n))
  const taken: string[] = []
  const take = async (repository: JobRepository) => {
    for (let job = await claim(repository, 'shared'); job; job = await claim(repository, 'shared')) {
      taken.push(String(job._id))
    }
  }
  await Promise.all([take(mine), take(theirs), take(mine), take(theirs)])
  assert.equal(taken.length, 60)
  assert.equal(new Set(taken).size, 60)
})

test('a job is taken by another one only after its lock has expired', async () => {
  const { _id } = await due('held')
  assert.ok(await claim(mine, 'held'))
  assert.equal(await claim(theirs, 'held'), undefined)
  const again = await claim(theirs, 'held', -1000)
  assert.equal(again?._id, _id)
  assert.equal((await house.row(_id)).fence, 2)
})

test('who has lost the lock can neither report, nor go on, nor unlock', async () => {
  const { stale, holder } = await takenOver('fenced')
  const before = await house.row(holder._id)
  await assert.rejects(mine.saveJobState({ ...stale, lastFinishedAt: new Date(), lockedAt: undefined }, undefined))
  await assert.rejects(mine.saveJobState({ ...stale, lockedAt: new Date(), progress: 99 }, undefined))
  await mine.unlockJob(stale)
  await mine.unlockJobs([stale._id as NonNullable<JobParameters['_id']>])
  assert.deepEqual(await house.row(holder._id), before)
  await theirs.saveJobState({ ...holder, nextRunAt: null, lockedAt: undefined, lastFinishedAt: new Date() }, undefined)
  assert.equal((await house.row(holder._id)).lockedAt, null)
})

test('who has lost the lock cannot remove the job of the new holder', async () => {
  const { stale, holder } = await takenOver('kept')
  assert.equal(await mine.removeJobs({ id: stale._id }), 0)
  assert.ok(await house.row(holder._id))
  // Anybody else may: a person cancels a job whoever holds it.
  const third = (await house.another()).repository
  assert.equal(await third.removeJobs({ id: holder._id }), 1)
})

test('Agenda does not clean up after a job that it has lost, not even to itself', async () => {
  for (const holder of ['itself', 'another'] as const) {
    const name = `lost to ${holder}`
    const agenda = house.agenda({ removeOnComplete: true })
    const { opened, open } = gate()
    const began = gate()
    agenda.define(name, () => {
      began.open()
      return opened
    })
    await agenda.start()
    const { attrs } = await agenda.now(name)
    await began.opened
    assert.ok(await claim(holder === 'itself' ? agenda.db : theirs, name, -1000))
    const completed = happens(agenda, `complete:${name}`)
    open()
    await completed
    await agenda.stop()
    const row = await house.row(attrs._id)
    assert.deepEqual([row.fence, row.lastFinishedAt], [2, null])
  }
})

test('a refused report does not keep the true holder from cleaning up in the same turn', async () => {
  await due('both')
  const stale = await claim(mine, 'both')
  const holder = await claim(mine, 'both', -1000)
  assert.ok(stale && holder)
  const finished = { nextRunAt: null, lockedAt: undefined, lastFinishedAt: new Date() }
  const reports = [stale, holder].map((job) => mine.saveJobState({ ...job, ...finished }, undefined))
  assert.deepEqual(
    (await Promise.allSettled(reports)).map((report) => report.status),
    ['rejected', 'fulfilled'],
  )
  assert.equal(await mine.removeJobs({ id: holder._id }), 1)
})

test('when Agenda stops, what has begun keeps its lock, the rest is given back, and nothing more is locked', async () => {
  const { repository, notificationChannel } = await house.another()
  await due('begun')
  await due('begun')
  const first = await claim(repository, 'begun')
  const second = await claim(repository, 'begun')
  assert.ok(first && second)
  // The first report is still under way when everything is given back.
  const reporting = repository.saveJobState({ ...first, nextRunAt: null, lastRunAt: new Date() }, undefined)
  await notificationChannel?.disconnect()
  await reporting
  assert.ok((await house.row(first._id)).lockedAt)
  assert.equal((await house.row(second._id)).lockedAt, null)
  assert.equal(await claim(repository, 'begun'), undefined)
  await notificationChannel?.connect()
  assert.equal((await claim(repository, 'begun'))?._id, second._id)
})

test('the oldest turn comes first, then the higher priority, then the older job', async () => {
  const wanted: string[] = []
  for (let n = 0; n < 24; n++) {
    // Stored from the last turn to the first, so that age tells nothing.
    const nextRunAt = new Date(PAST.getTime() - Math.floor(n / 4) * 1000)
    const priority = n % 4 < 2 ? 0 : 10
    const job = { name: 'ordered', type: 'normal' as const, priority, nextRunAt, data: n }
    const { _id } = await mine.saveJob(job, undefined)
    wanted.push(`${nextRunAt.getTime()} ${10 - priority} ${_id}`)
  }
  const got: string[] = []
  for (let job = await claim(mine, 'ordered'); job; job = await claim(mine, 'ordered')) {
    got.push(`${job.nextRunAt?.getTime()} ${10 - job.priority} ${job._id}`)
  }
  assert.deepEqual(got, wanted.toSorted())
})

test('a job that was taken over before it began is not run', async () => {
  const { stale } = await takenOver('late')
  const agenda = house.agenda()
  let ran = false
  agenda.define('late', async () => {
    ran = true
  })
  const job = agenda.create('late')
  Object.assign(job.attrs, stale)
  await assert.rejects(job.run())
  assert.equal(ran, false)
})

test('a one-time job that died while it ran is run again', async () => {
  const { _id } = await due('died')
  const job = await claim(mine, 'died')
  assert.ok(job)
  await mine.saveJobState({ ...job, nextRunAt: null, lastRunAt: new Date() }, undefined)
  assert.equal(await claim(theirs, 'died'), undefined)
  assert.equal((await claim(theirs, 'died', -1000))?._id, _id)
})

test('a one-time job that was recovered and given back unbegun is not forgotten', async () => {
  const { _id } = await due('returned')
  const job = await claim(mine, 'returned')
  assert.ok(job)
  await mine.saveJobState({ ...job, nextRunAt: null, lastRunAt: new Date() }, undefined)
  const recovered = await claim(theirs, 'returned', -1000)
  assert.ok(recovered)
  await theirs.unlockJob(recovered)
  assert.equal((await claim(mine, 'returned'))?._id, _id)
})

test('a job that is disabled, moved or locked since it was seen is not locked by lockJob', async () => {
  const seen = await due('seen')
  await mine.disableJobs({ id: seen._id })
  assert.equal(await mine.lockJob(seen, undefined), undefined)
  await mine.enableJobs({ id: seen._id })
  assert.equal(await mine.lockJob({ ...seen, nextRunAt: new Date() }, undefined), undefined)
  assert.ok(await mine.lockJob(seen, undefined))
  assert.equal(await mine.lockJob(seen, undefined), undefined)
})

test('a job run by hand reports as if claimed, unless somebody holds it', async () => {
  const agenda = house.agenda()
  agenda.define('byHand', async () => {})
  const job = await agenda.schedule(new Date(Date.now() + 60_000), 'byHand')
  await job.run()
  assert.ok((await house.row(job.attrs._id)).lastFinishedAt)

  const other = await agenda.schedule(PAST, 'byHand')
  assert.ok(await claim(theirs, 'byHand'))
  await assert.rejects(other.run())
})

test('a state that is the same as before is still saved', async () => {
  await due('same')
  const job = await claim(mine, 'same')
  assert.ok(job)
  await mine.saveJobState(job, undefined)
  await mine.saveJobState(job, undefined)
})

test('of two processes one is killed: the other finishes everything, and only what was in hand runs twice', async () => {
  const lockLifetime = 3000
  const total = 150
  const rows = Array.from({ length: total }, (_, n) => {
    const base = { id: newId(Date.now()), name: 'work', type: 'normal', negatedPriority: 0, disabled: false, fence: 0 }
    return Object.assign(new JobRow(), base, { nextRunAt: PAST.getTime() + n, data: { n } })
  })
  await house.database.write((tx) => tx.insert(JobRow, rows))

  const ended = new Map<string, string[]>()
  const inHand = { victim: new Set<string>(), survivor: new Set<string>() }
  const work = (name: keyof typeof inHand) =>
    startWorker(house.url, name, lockLifetime, ({ began, ended: id }) => {
      if (began) inHand[name].add(began)
      if (!id) return
      ended.set(id, [...(ended.get(id) ?? []), name])
    })
  const [victim, survivor] = await Promise.all([work('victim'), work('survivor')])
  try {
    await until('the victim has done its share', () => [...ended.values()].flat().filter(isVictim).length >= 20)
    victim.kill('SIGKILL')
    await until('all is done', async () => {
      const rows = await house.rows('work')
      return rows.every((row) => row.lastFinishedAt !== null && row.lockedAt === null)
    })
    assert.equal(ended.size, total)
    const twice = [...ended].filter(([, names]) => names.length > 1)
    assert.ok(twice.length <= 5, `${twice.length} ran twice, the victim had at most 5 in hand`)
    for (const [id, names] of twice) {
      assert.deepEqual(names.toSorted(), ['survivor', 'victim'])
      assert.ok(inHand.victim.has(id))
    }
  } finally {
    survivor.kill('SIGKILL')
  }
})

function isVictim(name: string): boolean {
  return name === 'victim'
}

interface Told {
  began?: string
  ended?: string
}

async function startWorker(url: string, name: string, lockLifetime: number, tell: (told: Told) => void) {
  const child: ChildProcess = fork(new URL('./agenda-worker.js', import.meta.url), [url, name, String(lockLifetime)])
  await new Promise<void>((resolve) => {
    child.on('message', (message: 'ready' | Told) => (message === 'ready' ? resolve() : tell(message)))
  })
  return child
}
