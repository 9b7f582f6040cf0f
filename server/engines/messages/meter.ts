import type { Limit } from './channel.ts'

/** What one message asks of a limit. */
export interface Wish {
  /** Not earlier than this. */
  from: number
  /** Takes the next free place, before those that are booked. */
  urgent: boolean
  /** Goes with the first of a burst, or keeps an even pace behind those before it; not asked of one whose place has come. */
  smooth: boolean
}

/**
 * One limit as it stands: the places that are used, and those that waiting messages have booked. A used place counts
 * from the platform's answer, not from when the message set out: the platform has counted it no later than that, so
 * however slow a call was, never more than `count` arrive within one window.
 */
export class Meter {
  private readonly used: number[]
  /** Used and booked places together. */
  private readonly taken: number[]

  constructor(
    private readonly limit: Limit,
    used: number[],
    booked: number[],
  ) {
    this.used = [...used].sort((a, b) => a - b)
    this.taken = [...used, ...booked].sort((a, b) => a - b)
  }

  /** The first instant at which there is a place. */
  freeAt({ from, urgent, smooth }: Wish): number {
    const places = urgent ? this.used : this.taken
    let at = from
    for (;;) {
      const next = this.onward(places, at, smooth && !urgent)
      if (next === at) return at
      at = next
    }
  }

  use(at: number): void {
    insert(this.used, at)
    insert(this.taken, at)
  }

  book(at: number): void {
    insert(this.taken, at)
  }

  /** `at` itself when there is a place then, else the next instant worth looking at. */
  private onward(places: number[], at: number, smooth: boolean): number {
    const { count, windowMs, burst } = this.limit
    const before = upTo(places, at)
    const first = places[before - count]
    if (first !== undefined && first >= at - windowMs) return first + windowMs + 1
    const last = places[before - 1]
    if (!smooth || burst === undefined || last === undefined) return at
    const recent = before - upTo(places, at - windowMs)
    return recent < burst ? at : Math.max(at, last + paceOf(this.limit))
  }
}

/** How far apart the messages after a burst are: one place of each window stays free for what comes late or is urgent. */
export function paceOf({ count, windowMs }: Limit): number {
  return Math.ceil(windowMs / Math.max(1, count - 1))
}

/** How many of these ascending instants are not later than `at`. */
function upTo(instants: number[], at: number): number {
  let low = 0
  let high = instants.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((instants[middle] as number) <= at) low = middle + 1
    else high = middle
  }
  return low
}

function insert(instants: number[], at: number): void {
  instants.splice(upTo(instants, at), 0, at)
}
