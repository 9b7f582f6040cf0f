import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, whether we run from source or from dist. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(from: string): string {
  try {
    readFileSync(join(from, 'package.json'))
    return from
  } catch {
    return findRoot(dirname(from))
  }
}
