import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Customer } from '../../server/domain/customers/customer.ts'
import { setNickname } from '../../server/domain/customers/customers.ts'
import { setPhone, signIn } from '../../server/domain/customers/sign-in.ts'
import { ticketSubject, ticketWords } from '../../server/domain/tickets/words.ts'
import { flowSubject, flowWords } from '../../server/engines/flows/hooks.ts'
import { syncStaff } from '../../server/engines/staff/sync.ts'
import { type House, openHouse } from '../../server/house.ts'
import type { Clock } from '../../server/lib/clock.ts'
import { readConfig } from '../../server/lib/config.ts'
import { DEPARTMENTS, PEOPLE } from '../../server/sandbox/people.ts'
import { freshDatabase } from '../database.ts'

/** Shared by all houses of a bench: one process keeps one key ring. */
const DATA_KEYS = `bench:${randomBytes(32).toString('base64')}`

/** A folder and a database of its own, and the environment of a house that stands on them. */
export interface Ground {
  env: Record<string, string>
  clear(): Promise<void>
}

/** Prepares the ground for a house; `more` joins its environment. */
export async function openGround(more: Record<string, string> = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-bench-'))
  const { url, drop } = await freshDatabase(folder)
  return {
    env: { PORT: '0', DATA_DIR: folder, DATABASE_URL: url, DATA_KEYS, SANDBOX: 'off', ...more },
    async clear() {
      await drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Opens the rooms of a house without its doors and duties, with the sandbox's four people as its staff. */
export async function openRooms(ground: Ground, clock: Clock): Promise<House> {
  flowWords(ticketWords)
  flowSubject('ticket', ticketSubject)
  const house = await openHouse(readConfig(ground.env), clock)
  const people = PEOPLE.map(({ userid, name, position, departments, leads, directLeaders }) => ({
    userId: userid,
    name,
    position,
    departments: DEPARTMENTS.filter(({ id }) => departments.includes(id)).map((department) => department.name),
    leads: Boolean(leads),
    leaderUserId: directLeaders?.[0],
    active: true,
  }))
  await house.db.write((tx) => syncStaff(tx, 'wecom', people, house.shelf.roles))
  return house
}

/** The customer behind a WeChat user, with name and phone number. */
export function welcome({ db }: House, user: { openid: string; nickname: string; phone: string }): Promise<Customer> {
  return db.write(async (tx) => {
    const customer = await signIn(tx, user)
    await setNickname(tx, customer.id, user.nickname)
    return (await setPhone(tx, customer.id, user.phone)) ?? customer
  })
}
