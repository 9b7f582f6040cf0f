import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import * as checker from 'ts-interface-checker'

const require = createRequire(import.meta.url)

/** How MobilityData's own types of GBFS 3.0 call a feed. */
function typeOf(feed: string): string {
  return feed.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Checks a feed of GBFS 3.0 against MobilityData's published types; throws with the path of what is wrong. */
export async function checkFeed(feed: string, body: unknown): Promise<void> {
  const index = require.resolve('gbfs-typescript-types/package.json')
  const source = await readFile(index.replace('package.json', `v3.0/test-type-checkers/${feed}-ti.ts`), 'utf8')
  // They come as TypeScript: without this one annotation it is JavaScript.
  const code = source
    .replace('const exportedTypeSuite: t.ITypeSuite', 'const exportedTypeSuite')
    .replace('"ts-interface-checker"', JSON.stringify(import.meta.resolve('ts-interface-checker')))
  const { default: suite } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const name = typeOf(feed)
  const { [name]: check } = checker.createCheckers(suite)
  if (!check) throw new Error(`no type ${name}`)
  check.check(body)
}
