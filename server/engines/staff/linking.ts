import { DAY } from '../../lib/clock.ts'
import { Conflict, Forbidden } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { noteChange } from './book.ts'
import { mobileMark } from './identity.ts'
import { LinkRequest } from './link-request.ts'
import { mergeStaff } from './merge.ts'
import { staffById } from './roster.ts'
import { Staff, StaffAccount } from './staff.ts'

/** How long a request waits for an answer. */
const REQUEST_MS = DAY
/** An unknown account may ask so often a day, and say so often in one request who it is. */
const REQUESTS_A_DAY = 3
export const TRIES = 3

/** An account that belongs to nobody we know. */
export interface Stranger {
  platform: string
  userId: string
}

/**
 * The request of an unknown account that is still open, or a new one; undefined when it has asked too often. A new one
 * also has the address book read again: somebody hired this morning is known a moment later.
 */
export async function requestOf(
  tx: Tx,
  stranger: Stranger,
): Promise<{ request: LinkRequest; fresh: boolean } | undefined> {
  const accountId = StaffAccount.key(stranger.platform, stranger.userId)
  const recent = await tx.find(LinkRequest, 'WHERE accountId = ? AND createdAt > ? ORDER BY createdAt DESC, id DESC', [
    accountId,
    tx.now - DAY,
  ])
  const [last] = recent
  if (last?.isLive() && (last.expiresAt ?? 0) > tx.now) return { request: last, fresh: false }
  if (recent.length >= REQUESTS_A_DAY) return undefined
  const row = {
    id: newId(tx.now),
    accountId,
    platform: stranger.platform,
    userId: stranger.userId,
    state: 'open' as const,
    said: null,
    staffId: null,
    tries: 0,
    createdAt: tx.now,
    expiresAt: tx.now + REQUEST_MS,
    endedAt: null,
    decidedBy: null,
  }
  await tx.insert(LinkRequest, row)
  await noteChange(tx, stranger.platform, { users: [{ userId: stranger.userId }] })
  return { request: Object.assign(new LinkRequest(), row), fresh: true }
}

/** A request by its id, or undefined. */
export function requestById(tx: Tx, id: string): Promise<LinkRequest | undefined> {
  return tx.get(LinkRequest, id)
}

/**
 * Takes what an unknown person says of themselves: a work mobile or a name. If it is exactly one known person's who has
 * no account on this platform yet, they are to be asked; else the admins are.
 */
export async function identify(tx: Tx, request: LinkRequest, said: string): Promise<Staff | undefined> {
  const found = await peopleCalled(tx, request.platform, said.trim())
  const only = found.length === 1 ? found[0] : undefined
  await change(tx, request, {
    state: only ? 'confirm' : 'review',
    said: said.trim().slice(0, 60),
    staffId: only?.id ?? null,
    tries: request.tries + 1,
  })
  return only
}

/** One more message while a request waits; false when it is better not answered any more. */
export async function countTry(tx: Tx, request: LinkRequest): Promise<boolean> {
  if (request.tries >= TRIES) return false
  await change(tx, request, { tries: request.tries + 1 })
  return true
}

/** The known person who was asked says that it is them, or not. Throws Forbidden or Conflict. */
export async function confirmRequest(tx: Tx, request: LinkRequest, staff: Staff, yes: boolean): Promise<void> {
  if (request.staffId !== staff.id) throw new Forbidden('link_not_yours')
  await guardLive(tx, request, 'confirm')
  if (yes) return link(tx, request, staff, 'person', { type: 'staff', id: staff.id })
  await end(tx, request, 'refused', staff)
}

/** An admin says who an unknown account is, or refuses it. Whether they are an admin, the caller knows. Throws Conflict. */
export async function decideRequest(tx: Tx, request: LinkRequest, admin: Staff, who: Staff | undefined): Promise<void> {
  await guardLive(tx, request, 'review')
  if (!who) return end(tx, request, 'refused', admin)
  await link(tx, request, who, 'admin', { type: 'staff', id: admin.id })
}

/** Requests that nobody has answered in time; returns them. */
export async function expireRequests(tx: Tx): Promise<LinkRequest[]> {
  const due = await tx.find(LinkRequest, 'WHERE expiresAt <= ? ORDER BY expiresAt LIMIT 100', [tx.now])
  for (const request of due) await change(tx, request, { state: 'expired', expiresAt: null, endedAt: tx.now })
  return due
}

/** The active people without an account on a platform: whoever an unknown account there could be. */
export function peopleWithout(tx: Tx, platform: string): Promise<Staff[]> {
  return tx.find(
    Staff,
    `WHERE active = 1 AND id NOT IN (SELECT staffId FROM staff_accounts WHERE platform = ? AND active = 1)
     ORDER BY name, id`,
    [platform],
  )
}

async function peopleCalled(tx: Tx, platform: string, said: string): Promise<Staff[]> {
  const free = await peopleWithout(tx, platform)
  const mark = mobileMark(said)
  if (!mark) return free.filter(({ name }) => name === said)
  const rows = await tx.query<{ staffId: string }>(
    'SELECT DISTINCT staffId FROM staff_accounts WHERE mobileMark = ? AND active = 1',
    [mark],
  )
  const owners = new Set(rows.map(({ staffId }) => staffId))
  return free.filter(({ id }) => owners.has(id))
}

/** The account belongs to this person from now on. */
async function link(tx: Tx, request: LinkRequest, staff: Staff, why: 'person' | 'admin', by: Actor): Promise<void> {
  const { accountId: id, platform, userId } = request
  const account = await tx.get(StaffAccount, id)
  const before = account?.active ? await tx.get(Staff, account.staffId) : undefined
  if (before?.active && before.id !== staff.id) {
    // The address book has come to know the account meanwhile, as somebody new.
    await mergeStaff(tx, staff, before, why, by)
  } else if (account) {
    await tx.update(StaffAccount, id, { staffId: staff.id, active: true, listed: false })
  } else {
    const row = { id, platform, userId, staffId: staff.id, active: true, listed: false, since: tx.now, leads: false }
    await tx.insert(StaffAccount, row)
  }
  await change(tx, request, {
    state: 'linked',
    staffId: staff.id,
    expiresAt: null,
    endedAt: tx.now,
    decidedBy: by.id ?? null,
  })
  await noteChange(tx, platform, { users: [{ userId }] })
  await record(tx, 'staff.linked', { by, subject: { type: 'staff', id: staff.id }, data: { account: id, why } })
}

async function end(tx: Tx, request: LinkRequest, state: 'refused', by: Staff): Promise<void> {
  await change(tx, request, { state, expiresAt: null, endedAt: tx.now, decidedBy: by.id })
  await record(tx, 'staff.link_refused', {
    by: { type: 'staff', id: by.id },
    subject: { type: 'link_request', id: request.id },
    data: { account: request.accountId },
  })
}

async function guardLive(tx: Tx, request: LinkRequest, state: LinkRequest['state']): Promise<void> {
  const expired = request.expiresAt !== null && request.expiresAt <= tx.now
  if (request.state === state && !expired) return
  const by = request.decidedBy && (await staffById(tx, request.decidedBy))?.name
  throw new Conflict(expired ? 'link_expired' : 'link_decided', { by: by || '' })
}

async function change(tx: Tx, request: LinkRequest, changes: Partial<LinkRequest>): Promise<void> {
  await tx.update(LinkRequest, request.id, changes)
  Object.assign(request, changes)
}
