import { record, SYSTEM } from '../../engines/events/events.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type New, type Tx } from '../../lib/tx.ts'
import { type MoveKind, PointsAccount, PointsEntry, PointsLot, PointsMove } from './lot.ts'

export interface Move {
  /** Names it: the same key again is the same move. */
  key: string
  kind: MoveKind
  why: string
  about?: Record<string, unknown>
  undoes?: string
  /** What the history shows where the balance does not tell it: points that are not good yet. */
  points?: number
}

/** How a move changes a lot. */
export interface Change {
  lot: PointsLot
  points: number
}

/** Moves points from a lot to another one's debt. */
type Settle = (payer: PointsLot, debt: PointsLot, points: number) => void

type Seen = Pick<PointsLot, 'remaining' | 'state' | 'sweepAt'>

/** A customer's ledger, held by this transaction alone: moves change lots and write their lines. */
export class Ledger {
  private readonly seen = new Map<string, Seen>()
  private lots: PointsLot[] = []

  private constructor(
    private readonly tx: Tx,
    readonly customerId: string,
    private seq: number,
  ) {}

  /** Opens a customer's ledger: nobody else changes it until this transaction ends, and its time is brought up to now. */
  static async open(tx: Tx, customerId: string): Promise<Ledger> {
    const held = await tx.run('UPDATE points_accounts SET opened = opened + 1 WHERE id = ?', [customerId])
    if (held === 0 && !(await tx.insertOnce(PointsAccount, { id: customerId, seq: 0, opened: 1 }))) throw new LostRace()
    const account = await tx.get(PointsAccount, customerId)
    const [last] = await tx.query<{ seq: number | null }>(
      'SELECT MAX(seq) AS seq FROM points_moves WHERE customerId = ?',
      [customerId],
    )
    const ledger = new Ledger(tx, customerId, Number(last?.seq ?? 0))
    // The account is as it stands now; the moves may be seen as they stood before this transaction had to wait for it.
    if (account?.seq !== ledger.seq) throw new LostRace()
    for (const lot of await tx.find(PointsLot, `WHERE customerId = ? AND state <> 'closed'`, [customerId]))
      ledger.hold(lot)
    await ledger.keepTime()
    return ledger
  }

  /** A move that was made under this key, or undefined. */
  async moveOf(key: string): Promise<PointsMove | undefined> {
    const move = await this.tx.get(PointsMove, key)
    if (move && move.customerId !== this.customerId) throw new Error(`the move ${key} is somebody else's`)
    return move
  }

  /** What the customer has now; less than nothing is a debt. */
  get balance(): number {
    return this.active.reduce((sum, { remaining }) => sum + remaining, 0)
  }

  /** The lots that are good now or owed, those that end first in front. */
  get active(): PointsLot[] {
    return this.lots.filter(({ state }) => state === 'active')
  }

  /** A lot by its id, also one of which nothing is left. */
  async lot(id: string): Promise<PointsLot> {
    const known = this.lots.find((lot) => lot.id === id) ?? (await this.tx.get(PointsLot, id))
    if (known?.customerId !== this.customerId) throw new Error(`no lot ${id}`)
    return this.hold(known)
  }

  /** Adds an empty lot, to be filled by the move that grants it. */
  async add(row: New<PointsLot>): Promise<PointsLot> {
    // The same grant twice at once: one is made, the other runs again and finds it.
    if (!(await this.tx.insertOnce(PointsLot, row))) throw new LostRace()
    return this.hold(Object.assign(new PointsLot(), row))
  }

  /** Makes a move, and pays debts off with what is there after it. */
  async make(move: Move, changes: Change[]): Promise<PointsMove> {
    const from = this.balance
    const lines: New<PointsEntry>[] = []
    const write = (kind: PointsEntry['kind'], lot: PointsLot, points: number, other?: PointsLot) => {
      lot.change(points)
      const id = newId(this.tx.now)
      const otherId = other?.id ?? null
      lines.push({ id, customerId: this.customerId, moveId: move.key, lotId: lot.id, kind, points, otherId })
    }
    const settle: Settle = (payer, debt, points) => {
      write('settle', payer, -points, debt)
      write('settle', debt, points, payer)
    }
    const flush = async () => this.tx.insert(PointsEntry, lines.splice(0))
    for (const { lot, points } of changes) write(move.kind, lot, points)
    if (move.kind === 'return') for (const { lot } of changes) await this.repay(lot, settle, flush)
    for (const debt of this.active.filter(({ remaining }) => remaining < 0)) {
      for (const lot of this.active.filter((one) => one.remaining > 0 && !isOver(one, this.tx.now))) {
        const points = Math.min(-debt.remaining, lot.remaining)
        if (points === 0) break
        settle(lot, debt, points)
      }
    }
    await flush()
    await this.save()
    return this.note(move, move.points ?? this.balance - from)
  }

  /** Pays what is owed with what is there: where debts and points have come together otherwise than by a move. */
  async payDebts(why: string): Promise<void> {
    const owes = this.active.some(({ remaining }) => remaining < 0)
    if (!owes || !this.active.some((lot) => lot.remaining > 0 && !isOver(lot, this.tx.now))) return
    await this.make({ key: `${why}:${this.seq + 1}`, kind: 'merge', why: 'merge' }, [])
  }

  /** Lets begin and end what has begun and ended by now, in the order of time. */
  async keepTime(): Promise<void> {
    for (;;) {
      const [lot] = this.lots
        .filter(({ sweepAt }) => sweepAt !== null && sweepAt <= this.tx.now)
        .sort((a, b) => Number(a.sweepAt) - Number(b.sweepAt) || (a.id < b.id ? -1 : 1))
      if (!lot) return
      if (lot.state === 'pending') await this.begin(lot)
      else await this.end(lot)
    }
  }

  private async begin(lot: PointsLot): Promise<void> {
    const points = lot.remaining
    lot.begin()
    await this.make({ key: this.keyFor('start', lot), kind: 'start', why: 'start', points }, [{ lot, points: 0 }])
    await this.tell('points.started', points)
  }

  private async end(lot: PointsLot): Promise<void> {
    const points = lot.remaining
    await this.make({ key: this.keyFor('expire', lot), kind: 'expire', why: 'expire' }, [{ lot, points: -points }])
    await this.tell('points.expired', points)
  }

  /** A lot may end more than once: what comes back to it after its end, ends again. */
  private keyFor(kind: MoveKind, lot: PointsLot): string {
    return `${kind}:${lot.id}:${this.seq + 1}`
  }

  private tell(name: string, points: number): Promise<void> {
    const { customerId, balance } = this
    const subject = { type: 'customer', id: customerId }
    return record(this.tx, name, { by: SYSTEM, subject, customerId, data: { points, balance } })
  }

  /**
   * What comes back to a lot whose debt others have paid goes on to these, the last one first, and from them to whoever
   * has paid theirs: it was their points that were spent, and they may be good for longer.
   */
  private async repay(lot: PointsLot, settle: Settle, flush: () => Promise<void>): Promise<void> {
    if (lot.remaining <= 0) return
    await flush()
    const payers = await this.tx.query<{ otherId: string; points: number }>(
      `SELECT otherId, SUM(points) AS points, MAX(id) AS last FROM points_entries
       WHERE lotId = ? AND kind = 'settle' GROUP BY otherId HAVING SUM(points) > 0 ORDER BY last DESC`,
      [lot.id],
    )
    for (const { otherId, points } of payers) {
      const back = Math.min(Number(points), lot.remaining)
      if (back <= 0) return
      const payer = await this.lot(otherId)
      settle(lot, payer, back)
      await this.repay(payer, settle, flush)
    }
  }

  private hold(lot: PointsLot): PointsLot {
    if (this.seen.has(lot.id)) return lot
    const { remaining, state, sweepAt } = lot
    this.seen.set(lot.id, { remaining, state, sweepAt })
    this.lots = [...this.lots, lot].sort(endingFirst)
    return lot
  }

  private async save(): Promise<void> {
    for (const lot of this.lots) {
      const seen = this.seen.get(lot.id) as Seen
      const { remaining, state, sweepAt } = lot
      if (seen.remaining === remaining && seen.state === state && seen.sweepAt === sweepAt) continue
      if (!(await this.tx.update(PointsLot, lot.id, { remaining, state, sweepAt }, seen))) throw new LostRace()
      this.seen.set(lot.id, { remaining, state, sweepAt })
    }
  }

  private async note({ key, kind, why, about = {}, undoes }: Move, points: number): Promise<PointsMove> {
    const seq = this.seq + 1
    const { customerId, balance } = this
    const row = { id: key, customerId, seq, kind, points, balance, undoes: undoes ?? null, why, about, at: this.tx.now }
    if (!(await this.tx.insertOnce(PointsMove, row))) throw new LostRace()
    await this.tx.update(PointsAccount, customerId, { seq })
    this.seq = seq
    return Object.assign(new PointsMove(), row)
  }
}

/** Whether a lot's time is over. */
export function isOver({ endsAt }: PointsLot, now: number): boolean {
  return endsAt !== null && endsAt <= now
}

function endingFirst(a: PointsLot, b: PointsLot): number {
  const [x, y] = [a.endsAt ?? Number.POSITIVE_INFINITY, b.endsAt ?? Number.POSITIVE_INFINITY]
  if (x === y) return a.id < b.id ? -1 : 1
  return x - y
}
