/** A small seeded generator (mulberry32) for tests that try out at random and can be repeated. */
export class Dice {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T
  }

  chance(share: number): boolean {
    return this.next() < share
  }
}
