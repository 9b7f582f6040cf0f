import { presentId } from '../../engines/events/aliases.ts'
import { type Actor, record } from '../../engines/events/events.ts'
import type { Called, MergeVerbs, Side } from '../../engines/staff/merges.ts'
import { holdsRole, staffById } from '../../engines/staff/roster.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Conflict, Forbidden, Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from './customer.ts'
import { customerById } from './customers.ts'
import { found } from './find.ts'
import { identityRulesNow, mergeRolesNow } from './identity-rules.ts'
import { decideLookAlike, openLookAlikes } from './look-alike.ts'
import { fieldsAfter, lastMerge, mergeCustomers, olderOf, undoMerge } from './merge.ts'
import { type Held, isOver, profilesOf } from './profile.ts'

const LONGEST_WHY = 200

/** What customers lend to those who join and part them in the chat. */
export const mergeVerbs: MergeVerbs = {
  may: mayMerge,

  async inOrder(tx, oneId, otherId) {
    const [into, from] = olderOf(await customerById(tx, oneId), await customerById(tx, otherId))
    if (into.id === from.id) throw new Conflict('merge_same')
    return [into.id, from.id]
  },

  async preview(tx, intoId, fromId) {
    const into = await tx.get(Customer, intoId)
    const from = await tx.get(Customer, fromId)
    if (!into || !from) return undefined
    const profiles = await profilesOf(tx, [into.id, from.id])
    const held = [...profiles.values()].flat()
    const rules = identityRulesNow()
    const over = [...new Set(held.map(({ kind }) => kind))].flatMap((kind) => {
      const count = held.filter((one) => one.kind === kind).length
      return isOver(rules[kind], kind, held, tx.now) ? [{ kind, count, limit: rules[kind].limit }] : []
    })
    const after = await fieldsAfter(tx, into, from)
    return {
      into: sideOf(into, profiles.get(into.id)),
      from: sideOf(from, profiles.get(from.id)),
      after: called(after),
      over,
    }
  },

  async merge(tx, staff, intoId, fromId, why) {
    await guardMerge(tx, staff)
    const said = why.trim()
    if (!said) throw new Invalid('reason', 'reason_missing')
    if (said.length > LONGEST_WHY)
      throw new Invalid('reason', 'text_too_long', { max: LONGEST_WHY, length: said.length })
    await mergeCustomers(tx, intoId, fromId, { by: person(staff), why: said })
  },

  async keepApart(tx, staff, oneId, otherId) {
    await guardMerge(tx, staff)
    await decideLookAlike(tx, oneId, otherId, 'apart')
    const about = { subject: { type: 'customer', id: oneId }, customerId: oneId }
    await record(tx, 'customers.told_apart', { ...about, by: person(staff), data: { other: otherId } })
  },

  async last(tx, customerId) {
    const merge = await lastMerge(tx, customerId)
    if (!merge) throw new Conflict('merge_none')
    const by = merge.actorType === 'staff' && merge.actorId ? (await staffById(tx, merge.actorId))?.name : undefined
    const { master, other } = merge.fieldsBefore
    return { id: merge.id, at: merge.at, why: merge.why, by: by ?? '', into: called(master), from: called(other) }
  },

  async undo(tx, staff, mergeId) {
    await guardMerge(tx, staff)
    await undoMerge(tx, mergeId, person(staff))
  },

  async lookAlikes(tx, limit) {
    const pairs = await openLookAlikes(tx, limit)
    const all = await Promise.all(
      pairs.map(async ({ oneId, otherId, kind }) => {
        const one = await tx.get(Customer, await presentId(tx, oneId))
        const other = await tx.get(Customer, await presentId(tx, otherId))
        return one && other && one.id !== other.id ? [{ one: found(one), other: found(other), kind }] : []
      }),
    )
    return all.flat()
  },
}

/** Whether somebody may join customers and part them. */
async function mayMerge(tx: Tx, { id }: Staff): Promise<boolean> {
  for (const role of mergeRolesNow()) if (await holdsRole(tx, id, role)) return true
  return false
}

async function guardMerge(tx: Tx, staff: Staff): Promise<void> {
  if (!(await mayMerge(tx, staff))) throw new Forbidden('merge_not_yours')
}

function sideOf(customer: Customer, held: Held[] = []): Side {
  const kinds = [...new Set(held.map(({ kind }) => kind))]
  return { ...found(customer), since: customer.createdAt, kinds, tier: customer.tier }
}

function called({ nickname, phone }: Pick<Customer, 'nickname' | 'phone'>): Called {
  return { name: nickname ?? '', phone: phone ?? '' }
}

function person({ id }: Staff): Actor {
  return { type: 'staff', id }
}
