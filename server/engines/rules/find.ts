import type { Tx } from '../../lib/tx.ts'
import type { RuleSwitch } from './heard.ts'
import { house, type RuleVersion } from './hooks.ts'
import { switchesOf } from './switches.ts'

/** The rules in force that a text may mean: by name or title, else those in whose title it stands. */
export function findRules(said: string): RuleVersion[] {
  const text = said.replace(/[\s「」]/g, '').toLowerCase()
  if (text === '') return []
  const all = [...house.rules().values()]
  const plain = (words: string) => words.replace(/\s/g, '').toLowerCase()
  const exact = all.filter(({ body }) => plain(body.rule) === text || plain(body.title) === text)
  return exact.length > 0
    ? exact
    : all.filter(({ body }) => plain(body.title).includes(text) || body.rule.includes(text))
}

/** How a rule stands, for lists. */
export interface RuleStanding {
  rule: string
  title: string
  state: RuleSwitch['state']
  /** How many are inside, and how many came in since. */
  inside: number
  entered: number
}

/** How all rules in force stand. */
export async function rulesNow(tx: Tx, since: number): Promise<RuleStanding[]> {
  const inside = await countBy(tx, `SELECT rule, COUNT(*) AS n FROM rule_runs WHERE state = 'running' GROUP BY rule`)
  const entered = await countBy(tx, 'SELECT rule, COUNT(*) AS n FROM rule_runs WHERE startedAt > ? GROUP BY rule', [
    since,
  ])
  const switches = await switchesOf(tx)
  return [...house.rules().values()].map(({ body: { rule, title } }) => ({
    rule,
    title,
    state: switches.get(rule)?.state ?? 'on',
    inside: inside.get(rule) ?? 0,
    entered: entered.get(rule) ?? 0,
  }))
}

async function countBy(tx: Tx, sql: string, values: unknown[] = []): Promise<Map<string, number>> {
  const rows = await tx.query<{ rule: string; n: number }>(sql, values)
  return new Map(rows.map(({ rule, n }) => [rule, Number(n)]))
}
