import { jsonText } from '../../lib/crypto.ts'
import { MovingPoints } from '../../lib/geo.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { StaffAccount } from '../staff/staff.ts'
import type { Crew, WorkerState } from './decide.ts'
import type { DispatchRule } from './rule.ts'

/** As long on the process's own clock a board is believed without reading all of it anew. */
const FRESH_MS = 5_000
/** With more news than this the board is read anew. */
const MOST_NEWS = 400

const LIVE = `state IN ('open', 'waiting')`

/** One row for each person of a role: themselves, how much they have to do, the place of the last job they were given. */
const CREW = `SELECT s.id, s.onDuty, h.away, h.awayUntil, w.skills, w.zones, w.capacity,
  COALESCE(j.lat, w.lat) AS lat, COALESCE(j.lng, w.lng) AS lng,
  (SELECT COUNT(*) FROM flow_steps c WHERE c.assigneeId = s.id AND c.${LIVE}) AS carries
  FROM staff s LEFT JOIN staff_hours h ON h.id = s.id LEFT JOIN workers w ON w.id = s.id
  LEFT JOIN dispatch_offers j ON j.id = (SELECT o.id FROM dispatch_offers o JOIN flow_steps f ON f.id = o.stepId
    WHERE o.staffId = s.id AND o.live = 1 AND o.lat IS NOT NULL AND f.assigneeId = s.id AND f.${LIVE}
    ORDER BY o.offeredAt DESC, o.id DESC LIMIT 1)
  WHERE s.active = 1 AND s.id IN (SELECT staffId FROM staff_roles WHERE role = ?)`

/** What happened since, as far as it can change who is free and where; the oldest first. */
const NEWS = `SELECT id, name, actorId, subjectType, subjectId, data FROM events WHERE id > ? ORDER BY id
  LIMIT ${MOST_NEWS}`

interface CrewRow {
  id: string
  onDuty: number | boolean
  away: 'break' | 'off' | null
  awayUntil: number | null
  skills: string | null
  zones: string | null
  capacity: number | null
  lat: number | null
  lng: number | null
  carries: number
}

interface News {
  id: string
  name: string
  actorId: string | null
  subjectType: string
  subjectId: string
  data: string
}

/**
 * Who can be sent by a rule, remembered between decisions. Rows decide: before each decision whoever has had to do with
 * anything new is read again, and from time to time everybody is.
 */
class Board implements Crew {
  readonly workers = new Map<string, WorkerState>()
  places = new MovingPoints()
  /** The newest event that was heard of. */
  private heard = ''
  private readAt = Number.NEGATIVE_INFINITY
  /** Who must be read again; with a number, since the same person may change once more before that is committed. */
  private readonly stale = new Map<string, number>()
  private changes = 0

  constructor(private readonly rule: DispatchRule) {}

  /** Makes the board say what the rows say. */
  async catchUp(tx: Tx): Promise<void> {
    if (performance.now() - this.readAt > FRESH_MS) return this.readAll(tx)
    const news = await tx.query<News>(NEWS, [this.heard])
    if (news.length === MOST_NEWS) return this.readAll(tx)
    for (const one of news) {
      // What has no person in it concerns everybody.
      const people = concerned(one)
      if (!people) return this.readAll(tx)
      for (const id of people) this.doubt(id)
    }
    this.heard = news.at(-1)?.id ?? this.heard
    const ids = [...this.stale.keys()]
    if (ids.length > 0) await this.readSome(tx, ids)
  }

  /** Somebody is about to be changed: whatever the board says of them holds no longer. */
  doubt(id: string): void {
    this.stale.set(id, ++this.changes)
  }

  private async readAll(tx: Tx): Promise<void> {
    const [newest] = await tx.query<{ id: string | null }>('SELECT MAX(id) AS id FROM events')
    const rows = await tx.query<CrewRow>(CREW, [this.rule.role])
    const facts = await packFacts(tx, this.rule)
    this.workers.clear()
    this.places = new MovingPoints()
    for (const row of rows) this.put(row, facts)
    this.heard = newest?.id ?? newId(0)
    this.settle(tx, this.stale.keys())
    this.readAt = performance.now()
  }

  private async readSome(tx: Tx, ids: string[]): Promise<void> {
    const rows = await tx.query<CrewRow>(`${CREW} AND s.id IN (${ids.map(() => '?').join(',')})`, [
      this.rule.role,
      ...ids,
    ])
    const facts = await packFacts(tx, this.rule)
    const found = new Set(rows.map(({ id }) => id))
    for (const id of ids) if (!found.has(id)) this.drop(id)
    for (const row of rows) this.put(row, facts)
    this.settle(tx, ids)
  }

  /** Until the transaction is committed what was read in it may still be taken back: so long they stay in doubt. */
  private settle(tx: Tx, ids: Iterable<string>): void {
    const read = [...ids].map((id) => [id, this.stale.get(id)] as const)
    tx.afterCommit(() => {
      for (const [id, change] of read) if (this.stale.get(id) === change) this.stale.delete(id)
    })
  }

  private drop(id: string): void {
    this.workers.delete(id)
    this.places.set(id, null)
  }

  private put(row: CrewRow, facts: Map<string, PackFacts>): void {
    const { id, away, awayUntil, lat, lng } = row
    const pack = facts.get(id)
    const onDuty = Boolean(row.onDuty)
    const at = lat === null || lng === null ? null : { lat: Number(lat), lng: Number(lng) }
    this.workers.set(id, {
      id,
      onDuty,
      breakUntil: !onDuty && away === 'break' && awayUntil !== null ? Number(awayUntil) : null,
      skills: listIn(row.skills) ?? pack?.skills ?? [],
      zones: listIn(row.zones) ?? pack?.zones ?? [],
      at,
      load: Number(row.carries),
      capacity: row.capacity ?? pack?.capacity ?? this.rule.capacity,
    })
    this.places.set(id, onDuty ? at : null)
  }
}

type PackFacts = DispatchRule['workers'][number]

/** What the pack says of single people, by their ids. */
async function packFacts(tx: Tx, { workers }: DispatchRule): Promise<Map<string, PackFacts>> {
  if (workers.length === 0) return new Map()
  const byUser = new Map(workers.map((facts) => [facts.user.toLowerCase(), facts]))
  const users = workers.map(({ user }) => user)
  const accounts = await tx.memo(`accounts:${users}`, () =>
    tx.find(StaffAccount, `WHERE userId IN (${users.map(() => '?').join(',')}) AND active = 1`, users),
  )
  return new Map(
    accounts.flatMap(({ staffId, userId }) => {
      const facts = byUser.get(userId.toLowerCase())
      return facts ? [[staffId, facts] as const] : []
    }),
  )
}

/** Whose state an event may have changed; undefined when it does not say. */
function concerned({ name, actorId, subjectType, subjectId, data }: News): string[] | undefined {
  if (subjectType === 'staff') return [subjectId]
  if (name === 'flow.cancelled') return undefined
  if (!name.startsWith('step.')) return []
  const { assignee, from, to } = JSON.parse(data) as { assignee?: unknown; from?: unknown; to?: unknown }
  return [actorId, assignee, from, to].flatMap((id) => (typeof id === 'string' ? [id] : []))
}

function listIn(text: string | null): string[] | undefined {
  return text === null ? undefined : (jsonText.from(text) as string[])
}

let boards = new Map<string, Board>()
const keys = new WeakMap<DispatchRule, string>()

/** Forgets every board: another house has been opened. */
export function forgetBoards(): void {
  boards = new Map()
}

/** The board of a rule, as the rows stand in this transaction. Versions of a rule that differ in other things share it. */
export async function boardOf(tx: Tx, rule: DispatchRule): Promise<Board> {
  const key = keys.get(rule) ?? JSON.stringify([rule.role, rule.capacity, rule.workers])
  keys.set(rule, key)
  let board = boards.get(key)
  if (!board) {
    board = new Board(rule)
    boards.set(key, board)
  }
  await board.catchUp(tx)
  return board
}

/** Says that somebody was just given something: their state is read again before the next decision. */
export function doubt(tx: Tx, staffId: string): void {
  const all = () => {
    for (const board of boards.values()) board.doubt(staffId)
  }
  all()
  // A decision at the same time may have read them as they were before.
  tx.afterCommit(all)
}
