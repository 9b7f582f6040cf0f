import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Tells whether anything in a folder has changed since it was asked last: names, sizes and times, never contents. */
export function folderWatch(folder: string): () => boolean {
  let seen = fingerprint(folder)
  return () => {
    const now = fingerprint(folder)
    const changed = now !== seen
    seen = now
    return changed
  }
}

function fingerprint(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return ''
  if (!found.isDirectory()) return `${path}:${found.size}:${found.mtimeMs}\n`
  return readdirSync(path)
    .map((name) => fingerprint(join(path, name)))
    .join('')
}
