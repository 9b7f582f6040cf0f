import type { Tx } from '../../lib/tx.ts'
import { Department } from './department.ts'

/** A department as an address book lists it. */
export interface ListedDepartment {
  id: string
  name: string
  /** The department above; none for the root. */
  parentId?: string
  /** User ids of those who lead it. */
  leaders: string[]
}

/** The departments of all platforms, to be walked from below upwards. */
export class Departments {
  constructor(private readonly byKey: Map<string, Department>) {}

  /** Whether any department of this platform is known. */
  knows(platform: string, id: string): boolean {
    return this.byKey.has(Department.key(platform, id))
  }

  /** A department and those above it, the root last. */
  upwards(platform: string, id: string): Department[] {
    const found: Department[] = []
    for (let next: string | null = id; next !== null; ) {
      const one = this.byKey.get(Department.key(platform, next))
      // Two answers of the platform that do not fit together may form a circle.
      if (!one || found.includes(one)) break
      found.push(one)
      next = one.parentId
    }
    return found
  }

  /** The names from the root down to a department. */
  path(platform: string, id: string): string[] {
    return this.upwards(platform, id)
      .map(({ name }) => name)
      .reverse()
  }
}

/** All departments that are known. */
export async function readDepartments(tx: Tx): Promise<Departments> {
  return new Departments(new Map((await tx.find(Department, '')).map((one) => [one.id, one])))
}

/** Brings the departments of a platform in line with its address book; writes only what differs. */
export async function storeDepartments(tx: Tx, platform: string, listed: ListedDepartment[]): Promise<void> {
  const before = await tx.find(Department, 'WHERE platform = ?', [platform])
  const known = new Map(before.map((one) => [one.departmentId, one]))
  for (const { id, name, parentId, leaders } of listed) {
    const facts = { name, parentId: parentId ?? null, leaders }
    const old = known.get(id)
    known.delete(id)
    if (!old) {
      await tx.insert(Department, { id: Department.key(platform, id), platform, departmentId: id, ...facts })
    } else if (old.name !== name || old.parentId !== facts.parentId || String(old.leaders) !== String(leaders)) {
      await tx.update(Department, old.id, facts)
    }
  }
  for (const { id } of known.values()) await tx.run('DELETE FROM departments WHERE id = ?', [id])
}
