import { backoff } from '../../engines/messages/deliver.ts'
import { SECOND } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { LockService, Told } from '../../platforms/lock.ts'
import { LockCommand } from './ride.ts'
import { lockFailed, rideUnlocked } from './rides.ts'

const BATCH = 50
/** While a command is being said nobody else says it. */
const LEASE_MS = 20 * SECOND
/** What the service does not answer in a day's tries is left: the ride was given up long before. */
const MOST_TRIES = 100
/** A lock that has said nothing for so long is asked about. */
const LOOK_AFTER_MS = 15 * SECOND

/**
 * Says to the lock service what is to be said: commands that are new, those of which nothing was heard, and those whose
 * time is over. Returns how many it tried.
 */
export async function sayCommands(db: Database, locks: LockService | undefined): Promise<number> {
  if (!locks) return 0
  const due = await db.read((tx) =>
    tx.find(LockCommand, `WHERE nextAt <= ? ORDER BY nextAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  await Promise.all(due.map((command) => say(db, locks, command)))
  return due.length
}

/** Says the commands of one ride at once, so that its rider need not wait for the duty. */
export async function sayNow(db: Database, locks: LockService | undefined, rideId: string): Promise<void> {
  if (!locks) return
  const due = await db.read((tx) => tx.find(LockCommand, 'WHERE rideId = ? AND nextAt <= ?', [rideId, tx.now]))
  await Promise.all(due.map((command) => say(db, locks, command)))
}

/** When something is said to a lock next. */
export const nextCommand = earliest('lock_commands', 'nextAt')

/** What is heard of a command, by an answer or a callback: the first end that is heard of is its end. */
export async function hearCommand(tx: Tx, id: string, told: Told): Promise<void> {
  const command = await tx.get(LockCommand, id)
  if (!command) return
  const at = told.at ?? tx.now
  if (told.state === 'accepted') {
    if (command.state !== 'asked') return
    const nextAt = Math.min(tx.now + LOOK_AFTER_MS, command.endBy)
    await tx.update(LockCommand, id, { state: 'sent', nextAt, attempts: 0 }, { state: 'asked' })
    return
  }
  const over = command.state === 'failed' || command.state === 'ended'
  if (command.state === 'done' || (over && told.state !== 'done')) return
  const state = told.state === 'cancelled' ? 'ended' : told.state
  const failure = told.state === 'done' ? null : (told.code ?? told.state).slice(0, 40)
  // Something else was heard of it at this moment: what is heard here must not be lost.
  if (!(await tx.update(LockCommand, id, { state, failure, nextAt: null }, { state: command.state })))
    throw new LostRace()
  Object.assign(command, { state, failure, nextAt: null })
  if (told.state === 'done') await rideUnlocked(tx, command, at)
  else await lockFailed(tx, command, told.state === 'cancelled' ? 'lock_silent' : 'lock_failed')
}

async function say(db: Database, locks: LockService, command: LockCommand): Promise<void> {
  const { id, code, attempts, nextAt } = command
  const mine = await db.write(async (tx) => {
    const next = { nextAt: tx.now + LEASE_MS, attempts: attempts + 1 }
    return (await tx.update(LockCommand, id, next, { nextAt, attempts })) ? tx.now : undefined
  })
  if (mine === undefined) return
  try {
    const told = await (mine >= command.endBy
      ? locks.cancel(id)
      : command.state === 'asked'
        ? locks.unlock(id, code)
        : locks.look(id))
    await db.write(async (tx) => {
      await hearCommand(tx, id, told)
      if (told.state === 'accepted' && command.state !== 'asked') await putOff(tx, id, attempts + 1)
    })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    log.warn({ command: id, attempts: attempts + 1, err: error }, 'the lock service was not reached')
    await db.write((tx) => notSaid(tx, command, error))
  }
}

/** A refusal is the lock's end; what was lost on the way is said again, under the same name. */
async function notSaid(tx: Tx, { id, attempts, state }: LockCommand, error: PlatformError): Promise<void> {
  if (!error.retryable && state === 'asked') return hearCommand(tx, id, { state: 'failed', code: String(error.code) })
  await putOff(tx, id, attempts + 1)
}

async function putOff(tx: Tx, id: string, attempts: number): Promise<void> {
  const command = await tx.get(LockCommand, id)
  if (!command || command.nextAt === null) return
  if (attempts >= MOST_TRIES)
    return void (await tx.update(LockCommand, id, { state: 'ended', nextAt: null }, { state: command.state }))
  const later = tx.now + backoff(attempts)
  const nextAt = tx.now < command.endBy ? Math.min(later, command.endBy) : later
  await tx.update(LockCommand, id, { nextAt }, { nextAt: command.nextAt })
}
