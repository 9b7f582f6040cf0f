import { createHmac, randomUUID } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { LockFaults, LockLook, LockNews } from './lock.ts'
import type { Memory } from './memory.ts'
import { push } from './post.ts'

/** A command as the service keeps it. */
export interface Command {
  id: string
  lock: string
  state: 'accepted' | 'done' | 'failed' | 'cancelled'
  at?: number
  code?: string
}

export interface Lock extends LockLook {
  /** The command by which it was opened, and when. */
  command?: string
  openedAt?: number
}

/** The stand-in's inside. */
export interface LockWorld {
  readonly key: string
  readonly clock: Clock
  readonly state: { commands: Record<string, Command>; locks: Record<string, Lock> }
  readonly memory: Memory
  readonly faults: LockFaults
  readonly calls: Map<string, number>
  readonly waiting: LockNews[]
  readonly going: Set<Promise<unknown>>
  readonly pushUrl: () => string
}

/** A lock; one that nobody has heard of yet is there and shut. */
export function lockOf({ state }: LockWorld, lock: string): Lock {
  state.locks[lock] ??= { lock, open: false, meters: 0, battery: 90 }
  return state.locks[lock]
}

/** A lock does what it was told: it opens, or says that it cannot. */
export function obey(world: LockWorld, command: Command): void {
  if (command.state !== 'accepted') return
  const { clock, faults } = world
  command.at = clock.now()
  const { id, lock } = command
  if (faults.jam > 0) {
    faults.jam--
    Object.assign(command, { state: 'failed', code: 'jammed' })
    tell(world, { type: 'failed', lock, command: id, code: 'jammed', at: command.at })
    return
  }
  command.state = 'done'
  const thing = lockOf(world, lock)
  Object.assign(thing, { open: true, command: id, openedAt: command.at })
  tell(world, { type: 'unlocked', lock, command: id, at: command.at, place: thing.place, battery: thing.battery })
}

/** Calls the product back; the world does not wait for it. */
export function tell(world: LockWorld, given: Omit<LockNews, 'id' | 'at'> & { at?: number }): void {
  const { faults, clock, memory } = world
  memory.touch()
  if (faults.silent > 0) {
    faults.silent--
    return
  }
  const news: LockNews = { id: randomUUID(), at: clock.now(), ...given }
  for (let n = 0; n <= faults.duplicate; n++) {
    if (faults.pushManually) world.waiting.push(news)
    else track(world, pushNews(world, news))
  }
}

/** Pushes one piece of news, signed anew; what is not taken is pushed again. Returns the status. */
export async function pushNews(world: LockWorld, news: LockNews): Promise<number> {
  const url = world.pushUrl()
  const body = JSON.stringify(news)
  const request = () => {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signed = `POST\n${new URL(url).pathname}\n${timestamp}\n${body}\n`
    const signature = createHmac('sha256', world.key).update(signed).digest('hex')
    const headers = { 'lock-timestamp': timestamp, 'lock-signature': signature }
    return { url, body, type: 'application/json', headers }
  }
  return (await push({ request })).status
}

function track(world: LockWorld, work: Promise<unknown>): void {
  world.going.add(work)
  void work.finally(() => world.going.delete(work))
}
