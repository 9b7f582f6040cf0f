/** Numbers that look like chance and are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Lot {
  key: string
  granted: number
  reversed: number
  expired: number
  remaining: number
  starts: number
  ends: number
  /** Who paid how much of its debt; less than nothing where it paid theirs. Whom it had to do with last stands last. */
  payers: Map<Lot, number>
}

/** One customer's points, reckoned anew in the plainest way: what the ledger must come to. */
export class Model {
  private readonly lots: Lot[] = []
  private last = 0
  private readonly spendings = new Map<string, { lot: Lot; points: number }[]>()

  balance(now: number): number {
    this.settle(now)
    return this.good(now).reduce((sum, { remaining }) => sum + remaining, 0)
  }

  grant(key: string, points: number, starts: number, ends: number | null, now: number): void {
    this.settle(now)
    const end = ends ?? Number.POSITIVE_INFINITY
    this.lots.push({
      key,
      granted: points,
      reversed: 0,
      expired: 0,
      remaining: points,
      starts,
      ends: end,
      payers: new Map(),
    })
    this.settle(now)
  }

  spend(key: string, points: number, now: number): boolean {
    if (this.balance(now) < points) return false
    let missing = points
    const taken: { lot: Lot; points: number }[] = []
    for (const lot of this.good(now)) {
      const part = Math.min(lot.remaining, missing)
      if (part <= 0) continue
      lot.remaining -= part
      missing -= part
      taken.push({ lot, points: part })
    }
    this.spendings.set(key, taken)
    return true
  }

  /** Gives back up to so many of a spending; returns how many. */
  giveBack(key: string, points: number | undefined, now: number): number {
    this.settle(now)
    let left = points ?? Number.POSITIVE_INFINITY
    let back = 0
    const touched: Lot[] = []
    for (const part of [...(this.spendings.get(key) ?? [])].reverse()) {
      const some = Math.min(part.points, left)
      part.points -= some
      part.lot.remaining += some
      left -= some
      back += some
      if (some > 0) touched.push(part.lot)
    }
    for (const lot of touched) this.repay(lot)
    this.settle(now)
    return back
  }

  /** Takes back up to so many of a grant; returns how many. */
  reverse(key: string, points: number | undefined, now: number): number {
    this.settle(now)
    const lot = this.lots.find((one) => one.key === key)
    if (!lot) return 0
    const some = Math.min(points ?? Number.POSITIVE_INFINITY, lot.granted - lot.reversed - lot.expired)
    lot.remaining -= some
    lot.reversed += some
    this.settle(now)
    return some
  }

  /** The lots that have begun and of which something is left or owed, those that end first in front. */
  private good(now: number): Lot[] {
    const some = this.lots.filter(({ starts, remaining }) => remaining !== 0 && starts <= now)
    return some.sort((a, b) => a.ends - b.ends)
  }

  /** Lets happen by itself what has happened since the last time, and pays debts with what there is. */
  private settle(now: number): void {
    const changes = this.lots.flatMap(({ starts, ends, remaining }) => (remaining > 0 ? [starts, ends] : []))
    const since = changes.filter((at) => at > this.last && at < now)
    this.last = now
    for (const at of [...new Set([...since, now])].sort((a, b) => a - b)) this.settleAt(at)
  }

  private settleAt(at: number): void {
    const good = this.good(at)
    for (const lot of good) {
      if (lot.ends > at || lot.remaining < 0) continue
      lot.expired += lot.remaining
      lot.remaining = 0
    }
    for (const debt of good.filter(({ remaining }) => remaining < 0)) {
      for (const lot of good) {
        if (debt.remaining >= 0 || lot.remaining <= 0) continue
        const some = Math.min(-debt.remaining, lot.remaining)
        lot.remaining -= some
        debt.remaining += some
        pay(debt, lot, some)
      }
    }
  }

  private repay(lot: Lot): void {
    for (const [payer, paid] of [...lot.payers].reverse()) {
      const back = Math.min(paid, lot.remaining)
      if (back <= 0) continue
      lot.remaining -= back
      payer.remaining += back
      pay(lot, payer, -back)
      this.repay(payer)
    }
  }
}

function pay(debt: Lot, payer: Lot, points: number): void {
  for (const [lot, other, some] of [
    [debt, payer, points],
    [payer, debt, -points],
  ] as const) {
    const paid = (lot.payers.get(other) ?? 0) + some
    lot.payers.delete(other)
    lot.payers.set(other, paid)
  }
}
