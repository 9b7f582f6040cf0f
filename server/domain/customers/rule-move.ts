import { MOVED_TABLES, type MovedRuns, moveRuns, moveRunsBack } from '../../engines/rules/move.ts'
import type { Mover } from './movers.ts'

/** What rules have under way for a customer. */
export const ruleMover: Mover = {
  tables: MOVED_TABLES,
  move: moveRuns,
  back: (tx, fromId, toId, moved) => moveRunsBack(tx, fromId, toId, moved as MovedRuns),
}
