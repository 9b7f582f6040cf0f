import { Forbidden } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { rolesOf, staffById } from '../staff/roster.ts'
import { lookingAfter, servingNow } from './care.ts'
import { masked } from './masks.ts'
import {
  type Access,
  type AccessRule,
  accessOfRole,
  FIELDS,
  type Field,
  PERSONAL,
  PROGRAM,
  type Right,
  united,
  type View,
} from './matrix.ts'

/** Who wants to look: a member of staff, or a program with a key. */
export type Viewer = { staff: string } | { program: string }
/** By which way: each of them asks here (K17). */
export type Door = 'card' | 'api' | 'export' | 'report'

/** What a viewer may see of one customer. */
export interface Sight {
  /** Whether they have something to do for this customer at present. */
  own: boolean
  view(field: Field): View
}

let matrix: () => Record<string, AccessRule[]> = () => ({})

/** Hands over the matrix of the packs in force: the rules of each role, one of each pack that has any. */
export function useAccess(rules: () => Record<string, AccessRule[]>): void {
  matrix = rules
}

/** What was worked out of a matrix: every card asks, and packs change rarely. */
const known = new WeakMap<object, Map<string, Access>>()

/** What a role may do with customers. */
export function roleAccess(role: string): Access {
  const present = matrix()
  const roles = known.get(present) ?? new Map<string, Access>()
  known.set(present, roles)
  const access = roles.get(role) ?? unite(role, present[role] ?? [])
  roles.set(role, access)
  return access
}

function unite(role: string, rules: AccessRule[]): Access {
  return rules.length === 0 ? accessOfRole(role, undefined) : united(rules.map((rule) => accessOfRole(role, rule)))
}

/** What a viewer may do with customers: the widest of all their roles. */
export function accessOf(tx: Tx, viewer: Viewer): Promise<Access> {
  if ('program' in viewer) return Promise.resolve(roleAccess(PROGRAM))
  return tx.memo(`access:${viewer.staff}`, async () => united((await rolesOf(tx, viewer.staff)).map(roleAccess)))
}

/**
 * What a viewer may see of a customer by a door; undefined when this customer is none of theirs. `serving`: the asker
 * knows that they have something to do for them.
 */
export async function sightOf(
  tx: Tx,
  viewer: Viewer,
  door: Door,
  customerId: string,
  serving = false,
): Promise<Sight | undefined> {
  const access = await accessOf(tx, viewer)
  if (!serving && !(await isWithin(tx, viewer, access, customerId))) return undefined
  const own = serving || ('staff' in viewer && (await servingNow(tx, customerId)).has(viewer.staff))
  const views = own ? access.own : access.view
  return { own, view: (field) => (door === 'export' && !access.export.has(field) ? 'none' : views[field]) }
}

export type Values = Partial<Record<Field, unknown>>

/** What is shown of a customer's values: what may be seen, as it may be; and which personal ones in full. */
export function shownBy(sight: Sight, values: Values): { shown: Values; inFull: Field[] } {
  const shown: Values = {}
  const inFull: Field[] = []
  for (const field of FIELDS) {
    if (!(field in values)) continue
    const value = masked(field, sight.view(field), values[field])
    if (value === undefined) continue
    shown[field] = value
    const there = value !== null && value !== ''
    if (there && PERSONAL.has(field) && sight.view(field) === 'full') inFull.push(field)
  }
  return { shown, inFull }
}

/** Lets only those change, erase or take away a field of a customer who may. Throws Forbidden. */
export async function guardField(
  tx: Tx,
  viewer: Viewer,
  right: Right,
  field: Field,
  customerId?: string,
): Promise<void> {
  const access = await accessOf(tx, viewer)
  if (!access[right].has(field)) throw new Forbidden('field_not_yours', { right, field })
  if (customerId && !(await isWithin(tx, viewer, access, customerId))) throw new Forbidden('customer_not_yours')
}

async function isWithin(tx: Tx, viewer: Viewer, { rows }: Access, customerId: string): Promise<boolean> {
  if (rows === 'all') return true
  if (!('staff' in viewer)) return false
  const carers = await lookingAfter(tx, customerId)
  if (carers.has(viewer.staff)) return true
  if (rows === 'own') return false
  const mine = new Set((await staffById(tx, viewer.staff))?.departments ?? [])
  for (const id of carers) {
    const colleague = await staffById(tx, id)
    if (colleague?.departments.some((name) => mine.has(name))) return true
  }
  return false
}
