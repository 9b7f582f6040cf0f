import { createHash } from 'node:crypto'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Definition } from './definition.ts'

/** Versions never change, so each is read and parsed once per process. */
const known = new Map<string, Definition>()

/** A version of a definition by its id. */
export async function definitionById<Body>(tx: Tx, id: string): Promise<Definition & { body: Body }> {
  let definition = known.get(id)
  if (!definition) {
    definition = await tx.get(Definition, id)
    if (!definition) throw new NotFound('definition')
    known.set(id, definition)
  }
  return definition as Definition & { body: Body }
}

/** A definition by its name and version, or undefined. */
export function definitionByVersion<Body>(
  tx: Tx,
  kind: string,
  name: string,
  version: number,
): Promise<(Definition & { body: Body }) | undefined> {
  return tx.first(Definition, 'WHERE kind = ? AND name = ? AND version = ?', [kind, name, version]) as Promise<
    (Definition & { body: Body }) | undefined
  >
}

/** Stores a definition as a new version, unless its newest version says the same; returns the version to use. */
export async function storeDefinition(
  tx: Tx,
  given: { kind: string; name: string; pack: string; body: unknown },
): Promise<Definition> {
  const hash = createHash('sha256').update(JSON.stringify(given.body)).digest('hex')
  const newest = await tx.first(Definition, 'WHERE kind = ? AND name = ? ORDER BY version DESC', [
    given.kind,
    given.name,
  ])
  if (newest?.hash === hash) return definitionById(tx, newest.id)
  const row = { ...given, hash, id: newId(tx.now), version: (newest?.version ?? 0) + 1, createdAt: tx.now }
  // Two processes that read the same new pack at once: the unique (kind, name, version) lets one of them win.
  if (!(await tx.insertOnce(Definition, row))) throw new LostRace()
  return Object.assign(new Definition(), row)
}
