import type { Tx } from '../../lib/tx.ts'
import { adminsOf } from './pack.ts'
import type { Shelf } from './shelf.ts'

/** A role that is needed and that nobody holds. */
export interface EmptyRole {
  role: string
  title: string
  /** The flows that need it. */
  flows: string[]
}

/** The roles that the flows in force (or whoever decides on unknown accounts) need and that nobody holds now. */
export async function emptyRoles(tx: Tx, shelf: Pick<Shelf, 'heads' | 'flows'>): Promise<EmptyRole[]> {
  const needed = new Map<string, Set<string>>(shelf.heads.map((head) => [adminsOf(head), new Set()]))
  for (const { body: flow } of shelf.flows.values()) {
    const chain = flow.ladder.flatMap((rung) => (rung.kind === 'escalate' ? [rung.to] : []))
    for (const role of [...flow.steps.map((step) => step.role), ...chain, ...(flow.alert ? [flow.alert] : [])]) {
      needed.set(role, (needed.get(role) ?? new Set()).add(flow.flow))
    }
  }
  const rows = await tx.query<{ role: string }>(
    'SELECT DISTINCT role FROM staff_roles WHERE staffId IN (SELECT id FROM staff WHERE active = 1)',
  )
  const held = new Set(rows.map(({ role }) => role))
  const titles = new Map(shelf.heads.flatMap(({ roles }) => Object.entries(roles)))
  return [...needed]
    .filter(([role]) => role !== '' && !held.has(role))
    .map(([role, flows]) => ({ role, title: titles.get(role)?.title ?? role, flows: [...flows] }))
}
