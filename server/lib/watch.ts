import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What lay in a folder when its time was this. */
interface Listing {
  mtimeMs: number
  paths: string[]
}
type Listings = Map<string, Listing>

/** A folder that changes again within this may keep its time: it is listed until it has rested. */
const RESTED_MS = 1_000

/** Tells whether anything in a folder has changed since it was asked last: names, sizes and times, never contents. */
export function folderWatch(folder: string): () => boolean {
  const listings: Listings = new Map()
  let seen = fingerprint(folder, listings)
  return () => {
    const now = fingerprint(folder, listings)
    const changed = now !== seen
    seen = now
    return changed
  }
}

function fingerprint(path: string, listings: Listings): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return ''
  const { mtimeMs } = found
  if (!found.isDirectory()) return `${path}:${found.size}:${mtimeMs}\n`
  let text = ''
  for (const below of within(path, mtimeMs, listings)) text += fingerprint(below, listings)
  return text
}

/** What lies in a folder: what came, went or was renamed has changed the folder's time. */
function within(path: string, mtimeMs: number, listings: Listings): string[] {
  const before = listings.get(path)
  if (before?.mtimeMs === mtimeMs) return before.paths
  const paths = readdirSync(path).map((name) => join(path, name))
  if (Date.now() - mtimeMs > RESTED_MS) listings.set(path, { mtimeMs, paths })
  return paths
}
