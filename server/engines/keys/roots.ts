import { type Roots, rootsOfRing, useRoots } from '../../lib/crypto.ts'
import type { Database } from '../../lib/db.ts'
import { KeyRoot } from './key.ts'

/**
 * Takes the secrets of index and links from where they are kept. A house that has none yet keeps those that have held so
 * far: what follows from the oldest key of its ring.
 */
export async function openRoots(db: Database): Promise<void> {
  const known = await db.read((tx) => tx.find(KeyRoot, ''))
  const names = ['index', 'link'] as const
  if (known.length < names.length) {
    const derived = rootsOfRing()
    await db.write(async (tx) => {
      for (const id of names)
        await tx.insertOnce(KeyRoot, { id, secret: derived[id].toString('base64'), createdAt: tx.now })
    })
  }
  const rows = await db.read((tx) => tx.find(KeyRoot, ''))
  const secrets = rows.map(({ id, secret }) => [id, Buffer.from(secret, 'base64')])
  useRoots(Object.fromEntries(secrets) as Roots)
}
