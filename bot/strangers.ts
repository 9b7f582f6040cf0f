import { enqueue, enqueueAll, takeOnce, touchCards } from '../server/engines/messages/outbox.ts'
import { noteChange } from '../server/engines/staff/book.ts'
import type { LinkRequest } from '../server/engines/staff/link-request.ts'
import { countTry, expireRequests, identify, requestOf, type Stranger } from '../server/engines/staff/linking.ts'
import { membersOf } from '../server/engines/staff/roster.ts'
import { StaffAccount } from '../server/engines/staff/staff.ts'
import type { Database } from '../server/lib/db.ts'
import { earliest } from '../server/lib/due.ts'
import type { Tx } from '../server/lib/tx.ts'
import { sayTo } from './cards/linking.ts'

let adminRoles: () => string[] = () => ['director']

/** Hands over which roles decide who somebody unknown is. */
export function useAdmins(roles: () => string[]): void {
  adminRoles = roles
}

/**
 * Somebody whom we do not know pressed a card or wrote to the bot: instead of a failure they are offered to say who
 * they are, and what they then write goes to the person it names, or to the admins. Once for each callback.
 */
export async function meetStranger(tx: Tx, stranger: Stranger & { dedupKey: string; text?: string }): Promise<void> {
  if (!(await takeOnce(tx, `stranger:${stranger.dedupKey}`))) return
  // Whose account we know has left and is no stranger; if they are back, the address book says so.
  const account = await tx.get(StaffAccount, StaffAccount.key(stranger.platform, stranger.userId))
  if (account) return noteChange(tx, stranger.platform, { users: [{ userId: stranger.userId }] })
  const found = await requestOf(tx, stranger)
  if (!found) return
  const { request, fresh } = found
  if (fresh) return sayTo(tx, request, 'hello')
  if (request.state === 'open' && stranger.text?.trim()) return pursue(tx, request, stranger.text)
  if (await countTry(tx, request)) await sayTo(tx, request, request.state === 'open' ? 'hello' : 'waiting')
}

/** When a request is over. */
export const requestsDue = earliest('link_requests', 'expiresAt')

/** Requests that nobody answered in time are over; their cards say so. */
export async function endStaleRequests(db: Database): Promise<number> {
  return db.write(async (tx) => {
    const ended = await expireRequests(tx)
    for (const request of ended) await touchCards(tx, request.id)
    return ended.length
  })
}

async function pursue(tx: Tx, request: LinkRequest, text: string): Promise<void> {
  const person = await identify(tx, request, text)
  if (person) await enqueue(tx, question(request, 'link_confirm', person.id))
  else
    await enqueueAll(
      tx,
      (await admins(tx)).map((id) => question(request, 'link_review', id)),
    )
  await sayTo(tx, request, 'asked')
}

function question(request: LinkRequest, kind: string, to: string) {
  return {
    key: `${kind}:${request.id}:${to}`,
    channel: 'staff' as const,
    to,
    kind,
    subjectId: request.id,
    urgent: true,
  }
}

async function admins(tx: Tx): Promise<string[]> {
  const holders = await Promise.all(adminRoles().map((role) => membersOf(tx, role)))
  return [...new Set(holders.flat().map(({ id }) => id))]
}
