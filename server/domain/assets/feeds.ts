import { createHash } from 'node:crypto'
import type { Database } from '../../lib/db.ts'
import { fleet } from './fleet.ts'
import { FEEDS, TTL } from './gbfs.ts'

/** A file of the public feed as it is sent. */
export interface Kept {
  text: string
  etag: string
}

interface Page {
  mark: string
  at: number
  /** What it cost to make if it is long, and when that was, by the machine's own time. */
  tookMs: number
  madeAt: number
  kept: Promise<Kept | undefined>
}

/** What is shorter is made anew as soon as anything has changed. */
const LONG = 500_000
/** A long file is made anew at most this share of the time. */
const SHARE = 0.1

/** The public feed's files, each made again when the fleet has changed; undefined for one that there is not. */
export function keptFeeds(db: Database, base: string): (name: string) => Promise<Kept | undefined> {
  const pages = new Map<string, Page>()
  return async (name) => {
    const feed = fleet().system && Object.hasOwn(FEEDS, name) ? FEEDS[name] : undefined
    if (!feed) return undefined
    const { mark, now } = await markOf(db)
    const before = pages.get(name)
    if (before && holds(before, mark, now)) return before.kept
    const madeAt = performance.now()
    const kept = db.read(async (tx) => written(await feed(tx, base)))
    const page = { mark, at: now, tookMs: 0, madeAt, kept }
    pages.set(name, page)
    kept.then(
      (made) => {
        if (made && made.text.length > LONG) page.tookMs = performance.now() - madeAt
      },
      () => pages.delete(name),
    )
    return kept
  }
}

function holds({ mark, at, tookMs, madeAt }: Page, present: string, now: number): boolean {
  if (performance.now() - madeAt < tookMs / SHARE) return true
  return mark === present && now >= at && now - at < (TTL * 1000) / 2
}

/** Tells whether anything has changed: every change of an asset counts its version up. */
async function markOf(db: Database): Promise<{ mark: string; now: number }> {
  return db.read(async (tx) => {
    const [row] = await tx.query<{ n: number; v: number }>('SELECT COUNT(*) AS n, SUM(version) AS v FROM assets')
    return { mark: `${row?.n}:${row?.v}:${generationOf(fleet())}`, now: tx.now }
  })
}

const generations = new WeakMap<object, number>()
let generation = 0

function generationOf(present: object): number {
  const known = generations.get(present) ?? ++generation
  generations.set(present, known)
  return known
}

function written(body: object | undefined): Kept | undefined {
  if (!body) return undefined
  const text = JSON.stringify(body)
  return { text, etag: createHash('sha1').update(text).digest('base64url') }
}
