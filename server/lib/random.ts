import { randomFillSync } from 'node:crypto'

/** Fetched by the page: each call for a few bytes takes a system's way of its own, which a card press made half a dozen times. */
const page = Buffer.alloc(4096)
let used = page.length

/** So many unguessable bytes, each given out once; at most a page. */
export function randomBytes(count: number): Buffer {
  if (count > page.length) throw new RangeError(`${count} random bytes are more than a page`)
  if (used + count > page.length) {
    randomFillSync(page)
    used = 0
  }
  const bytes = Buffer.from(page.subarray(used, used + count))
  used += count
  return bytes
}

/** A random number from 0 to 1, of 256. */
export function randomShare(): number {
  if (used === page.length) {
    randomFillSync(page)
    used = 0
  }
  return (page[used++] as number) / 256
}
