import type { Clock } from '../lib/clock.ts'
import type { LockStandIn } from './lock.ts'
import { lockApp } from './lock-api.ts'
import { type Command, type Lock, type LockWorld, lockOf, obey, pushNews, tell } from './lock-world.ts'
import type { Memory } from './memory.ts'

interface Needs {
  key: string
  clock: Clock
  memory: Memory
  productUrl: () => string
}

/** Opens the stand-in of the lock service: its API, and the locks in the street. */
export function openLocks({ key, clock, memory, productUrl }: Needs) {
  const world: LockWorld = {
    key,
    clock,
    memory,
    calls: new Map(),
    waiting: [],
    going: new Set(),
    state: memory.part<{ commands: Record<string, Command>; locks: Record<string, Lock> }>('lock', {
      commands: {},
      locks: {},
    }),
    faults: {
      down: false,
      slowMs: 0,
      loseAnswers: 0,
      refuse: [],
      jam: 0,
      silent: 0,
      duplicate: 0,
      pushManually: false,
      moveManually: false,
    },
    pushUrl: () => `${productUrl()}/callbacks/lock`,
  }

  async function settled(): Promise<void> {
    // A command that was just taken moves its lock in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    while (world.going.size > 0) await Promise.all(world.going)
  }

  const client: LockStandIn = {
    faults: world.faults,
    calls: world.calls,
    waiting: world.waiting,
    look: (lock) => lockOf(world, lock),
    async move(lock) {
      for (const command of Object.values(world.state.commands)) if (command.lock === lock) obey(world, command)
      await settled()
    },
    async close(lock, { place, meters = 0, before = 0 } = {}) {
      const thing = lockOf(world, lock)
      const { command, openedAt: opened_at } = thing
      const now = Math.max(thing.meters, before) + meters
      Object.assign(thing, { open: false, place: place ?? thing.place, meters: now })
      tell(world, { type: 'locked', lock, command, opened_at, ...shown(thing) })
      await settled()
    },
    async tell(news) {
      tell(world, news)
      await settled()
    },
    async push(order) {
      const news = world.waiting.splice(0)
      const all = (order ?? news.map((_one, place) => place)).flatMap((place) => news[place] ?? [])
      const answers: number[] = []
      for (const one of all) answers.push(await pushNews(world, one))
      return answers
    },
    settled,
  }
  return { serve: lockApp(world).callback(), client }
}

function shown({ place, meters, battery }: Lock) {
  return { place, meters, battery }
}
