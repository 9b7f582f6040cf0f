import { DAY } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { SYSTEM } from '../events/events.ts'
import { AddressBook } from './book.ts'
import { mobileMark, mobileOf, type SameAs, type Twin, twinFinder } from './identity.ts'
import { mergeStaff } from './merge.ts'
import type { RoleRule } from './roles.ts'
import type { Listed } from './roster.ts'
import { settleStaff } from './settle.ts'
import { Staff, StaffAccount } from './staff.ts'

/** What the packs say of people. */
export interface BookRules {
  roles: Record<string, RoleRule[]>
  /** Which accounts belong to one person. */
  people: SameAs[]
}

/** One person of an address book who was read again; undefined when the platform does not know them any more. */
export interface Reading {
  userId: string
  renamedFrom?: string
  person: Listed | undefined
}

/** So few missing people are always believed. */
const FEW = 5
/** Beyond that, so large a share is not, until it has lasted a day: an answer without half of the company is a mistake. */
const LARGE_SHARE = 0.3
const DOUBT_MS = DAY

/**
 * Brings accounts, people and roles in line with the whole of an address book; only what differs is written.
 * Returns those who have left: their work needs other hands, in the same transaction.
 */
export async function syncStaff(
  tx: Tx,
  platform: string,
  listed: Listed[],
  roles: BookRules['roles'],
  people: SameAs[] = [],
): Promise<Staff[]> {
  const accounts = await tx.find(StaffAccount, '')
  const present = new Set(listed.map(({ userId }) => StaffAccount.key(platform, userId)))
  const before = accounts.filter((account) => account.platform === platform && account.active && account.listed)
  const gone = before.filter(({ id }) => !present.has(id))
  if (await believable(tx, platform, gone.length, before.length)) {
    for (const account of gone) await change(tx, account, { active: false })
  }
  await storeAll(tx, accounts, platform, listed, people)
  return settleStaff(tx, accounts, roles)
}

/** The same for a few people who were read one by one. */
export async function syncSome(tx: Tx, platform: string, readings: Reading[], rules: BookRules): Promise<Staff[]> {
  const accounts = await tx.find(StaffAccount, '')
  const known = new Map(accounts.map((account) => [account.id, account]))
  for (const { userId, renamedFrom, person } of readings) {
    const account = known.get(StaffAccount.key(platform, userId))
    if (!person && account?.listed) await change(tx, account, { active: false })
    const old = renamedFrom && known.get(StaffAccount.key(platform, renamedFrom))
    if (person && old && !account) await rename(tx, old, userId)
  }
  await storeAll(
    tx,
    accounts,
    platform,
    readings.flatMap(({ person }) => person ?? []),
    rules.people,
  )
  return settleStaff(tx, accounts, rules.roles)
}

/** Departments have changed and nothing else: names, leaders and roles follow from what is known of the people. */
export async function syncAgain(tx: Tx, rules: BookRules): Promise<Staff[]> {
  return settleStaff(tx, await tx.find(StaffAccount, ''), rules.roles)
}

/** Writes the accounts; those of new people get a member of staff, and people who turn out to be one are merged. */
async function storeAll(
  tx: Tx,
  accounts: StaffAccount[],
  platform: string,
  listed: Listed[],
  sameAs: SameAs[],
): Promise<void> {
  const known = new Map(accounts.map((account) => [account.id, account]))
  const fresh: StaffAccount[] = []
  const seen: StaffAccount[] = []
  for (const person of listed) {
    const id = StaffAccount.key(platform, person.userId)
    const account = known.get(id)
    if (account) await change(tx, account, factsOf(person))
    else fresh.push(newAccount(tx, platform, id, person))
    const row = account ?? (fresh.at(-1) as StaffAccount)
    known.set(id, row)
    seen.push(row)
  }
  const twin = twinFinder([...accounts, ...fresh], sameAs)
  for (const account of fresh) {
    const { staffId } = twin(account) ?? { staffId: await newPerson(tx, account) }
    account.staffId = staffId
    // What the older account says counts, even if both came within one millisecond.
    const older = accounts.filter((one) => one.staffId === staffId).map(({ since }) => since + 1)
    account.since = Math.max(account.since, ...older)
    await tx.insert(StaffAccount, account)
    accounts.push(account)
  }
  const proven = twinFinder(accounts, sameAs)
  for (const account of seen) await unite(tx, accounts, account, proven(account))
}

/** Merges the person of an account with the one whom the evidence shows, unless they have accounts beside each other. */
async function unite(tx: Tx, accounts: StaffAccount[], account: StaffAccount, twin: Twin | undefined): Promise<void> {
  if (!twin || twin.staffId === account.staffId) return
  const [intoId, fromId] = [twin.staffId, account.staffId].sort() as [string, string]
  const platforms = (staffId: string) =>
    accounts.flatMap((one) => (one.staffId === staffId && one.active ? [one.platform] : []))
  if (twin.why !== 'people' && platforms(intoId).some((name) => platforms(fromId).includes(name))) {
    log.warn({ intoId, fromId, why: twin.why }, 'two people look like one, but both have an account on one platform')
    return
  }
  const [into, from] = [await tx.get(Staff, intoId), await tx.get(Staff, fromId)]
  if (!into || !from) return
  await mergeStaff(tx, into, from, twin.why, SYSTEM)
  for (const one of accounts) if (one.staffId === fromId) one.staffId = intoId
}

type Facts = Omit<StaffAccount, 'id' | 'platform' | 'userId' | 'staffId' | 'since'>

function factsOf(person: Listed): Partial<Facts> & Omit<Facts, 'leaders'> {
  const leaders = person.leaderUserIds ?? (person.leaderUserId ? [person.leaderUserId] : undefined)
  return {
    active: person.active,
    listed: true,
    name: person.name,
    position: person.position,
    departments: person.departments,
    departmentIds: person.departmentIds ?? null,
    // A list that does not tell takes nothing back of what the platform told of this one person.
    ...(leaders && { leaders }),
    leads: person.leads,
    mobile: (person.mobile && mobileOf(person.mobile)) || null,
    mobileMark: mobileMark(person.mobile),
    jobNumber: person.jobNumber?.trim() || null,
    unionId: person.unionId || null,
  }
}

function newAccount(tx: Tx, platform: string, id: string, person: Listed): StaffAccount {
  const row = { id, platform, userId: person.userId, staffId: '', since: tx.now, leaders: [], ...factsOf(person) }
  return Object.assign(new StaffAccount(), row)
}

async function newPerson(tx: Tx, { name, position, active }: StaffAccount): Promise<string> {
  const id = newId(tx.now)
  const facts = { name: name ?? '', position: position ?? '', departments: [], active }
  await tx.insert(Staff, { id, ...facts, onDuty: true, updatedAt: tx.now })
  return id
}

/** Writes what differs of an account, in the row and in the hand. */
async function change(tx: Tx, account: StaffAccount, facts: Partial<Facts>): Promise<void> {
  const differing = Object.entries(facts).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(account[name as keyof Facts]),
  )
  if (differing.length === 0) return
  const changes = Object.fromEntries(differing)
  await tx.update(StaffAccount, account.id, changes)
  Object.assign(account, changes)
}

/** The platform lets a user id be changed: the account stays whose it is. */
async function rename(tx: Tx, account: StaffAccount, userId: string): Promise<void> {
  const id = StaffAccount.key(account.platform, userId)
  await tx.update(StaffAccount, account.id, { id, userId })
  Object.assign(account, { id, userId })
}

/** Whether so many people can really have gone at once; a doubtful answer is believed once it has lasted. */
async function believable(tx: Tx, platform: string, gone: number, of: number): Promise<boolean> {
  const book = await tx.get(AddressBook, platform)
  const much = gone > 0 && (gone === of ? of > 1 : gone > FEW && gone > of * LARGE_SHARE)
  if (!much) {
    if (book?.doubtedAt) await tx.update(AddressBook, platform, { doubtedAt: null })
    return true
  }
  if (book?.doubtedAt && tx.now - book.doubtedAt >= DOUBT_MS) return true
  log.error({ platform, gone, of }, 'so many people are missing in the address book that nobody is taken for a leaver')
  if (book && !book.doubtedAt) await tx.update(AddressBook, platform, { doubtedAt: tx.now })
  return false
}
