/**
 * The one clock that decides. Product code asks `clock.now()` and never `Date.now()`, so that a test or the
 * sandbox can move time ahead. Transport checks (callback age, signatures) use the machine's own time on purpose.
 */
export interface Clock {
  /** The present instant in milliseconds UTC. */
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that runs on from an offset which can only be moved forward. */
export class ShiftedClock implements Clock {
  constructor(public offset = 0) {}

  now(): number {
    return Date.now() + this.offset
  }

  /** Moves the clock ahead by `ms` milliseconds; a negative span is refused, deadlines never run backwards. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a clock only moves ahead')
    this.offset += ms
  }
}

/** A clock that stands still until it is moved: for tests. */
export class FixedClock implements Clock {
  constructor(private at: number) {}

  now(): number {
    return this.at
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a clock only moves ahead')
    this.at += ms
  }

  set(at: number): void {
    this.at = at
  }
}

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
