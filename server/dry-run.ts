import type { DryRun } from './engines/rules/dry-run.ts'
import type { Rule } from './engines/rules/rule.ts'
import { tellTrace } from './engines/rules/why-words.ts'
import { lookups } from './engines/staff/lookups.ts'
import type { Tx } from './lib/db.ts'
import type { Words } from './lib/render.ts'

const KEY = 'messages/rules-tools'
/** So many are told one by one; the rest is counted. */
const MOST_TOLD = 200

/** What a dry run found, line by line; customers by their masked names. */
export async function dryRunLines(tx: Tx, { title }: Rule, found: DryRun, words: Words): Promise<string[]> {
  const { runs, refused, from, to, events, cutAt, cutTo, listed, unanswered, asNow } = found
  const say = (key: string, data: object = {}) => words.text(`${KEY}.${key}`, { ...data, now: to })
  const because = (why: string) => {
    const key = `cards/rules.because.${why}`
    return words.has(key) ? words.text(key) : why
  }
  const lines = [say('title', { title, from, to, events })]
  if (cutAt !== undefined) lines.push(say('cut', { at: cutAt }))
  if (cutTo !== undefined) lines.push(say('cut_to', { at: cutTo }))
  if (listed !== undefined) lines.push(say('listed', { count: listed }))
  for (const { run, traces } of runs.slice(0, MOST_TOLD)) {
    const customer = run.customerId ? await lookups().customer(tx, run.customerId) : undefined
    const name = customer
      ? words.text('cards/rules.customer', { name: customer.name, phone: customer.phone })
      : run.runKey
    lines.push(say('run', { name, at: run.startedAt, running: run.state === 'running' }))
    lines.push(...traces.filter(({ kind }) => kind !== 'entered').map((trace) => `  ${tellTrace(trace, words, to)}`))
  }
  if (runs.length > MOST_TOLD) lines.push(say('more', { count: runs.length - MOST_TOLD }))
  const done = runs.flatMap(({ traces }) => traces.filter(({ kind }) => kind === 'done'))
  lines.push(
    say('sum', {
      runs: runs.length,
      done: done.length,
      counts: countsOf(
        done.map(({ data }) => String(data.word)),
        words,
      ),
    }),
  )
  const reasons = Object.entries(refused).map(([why, count]) => say('refused_for', { why: because(why), count }))
  if (reasons.length > 0) lines.push(say('refused', { reasons }))
  if (unanswered.length > 0) lines.push(say('unanswered'))
  if (asNow.length > 0) lines.push(say('as_now', { groups: asNow }))
  return lines
}

function countsOf(names: string[], words: Words): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => {
    const key = `cards/rules.word.${name}`
    return words.text(`${KEY}.count`, { name: words.has(key) ? words.text(key) : name, count })
  })
}
