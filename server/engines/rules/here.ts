import type { World } from './hooks.ts'
import type { Known } from './known.ts'
import type { Node, Rule } from './rule.ts'
import type { RuleRun } from './run.ts'

/** What one step of a walk has before it. */
export interface Here {
  world: World
  run: RuleRun
  rule: Rule
  node: Node
  known: Known
}

/** Whether the walk goes on in this transaction, in the next one, or rests until something wakes it. */
export type Pace = 'on' | 'again' | 'rests'
