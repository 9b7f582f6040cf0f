import type { Finding } from '../../server/engines/audit/finding.ts'
import { repairedBefore, reportedSince } from '../../server/engines/audit/findings.ts'
import { findingAdvice, findingKind, tellFinding } from '../../server/engines/flows/audit-words.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type CardKind, TEXT_BYTES } from '../card.ts'

/** So many of a kind are told; the rest is counted. */
const NAMED = 3
/** Of what somebody has to call or see people about each is told, as far as there is room. */
const EACH = new Set(['customer_failed', 'message_failed'])
const MOST_EACH = 12

/** What the auditor found and could not put right, kind by kind, and what it has put right, in one message. */
export const auditCard: CardKind = {
  kind: 'audit',
  async draw(tx, { data }, words) {
    const at = Number(data.at)
    const left = await reportedSince(tx, Number(data.since))
    if (left.length === 0) return undefined
    const mended = await repairedBefore(tx, at)
    const title = words.text('cards/audit.title', { at, left: left.length, mended: mended.length, now: tx.now })
    const each = left.some(({ kind }) => EACH.has(kind))
    for (let named = each ? MOST_EACH : NAMED; ; named--) {
      const lines = [title, ...(await linesOf(tx, left, named, words))]
      if (mended.length > 0) {
        lines.push(words.text('cards/audit.mended'), ...(await linesOf(tx, mended, named, words)))
      }
      const text = lines.join('\n')
      // Rather fewer examples than half a sentence.
      if (named === 0 || Buffer.byteLength(text) <= TEXT_BYTES) return { text }
    }
  },
}

/** A line that counts each kind, with at most `named` of them told below it. */
async function linesOf(tx: Tx, findings: Finding[], named: number, words: Words): Promise<string[]> {
  const byKind = new Map<string, Finding[]>()
  for (const finding of findings) byKind.set(finding.kind, [...(byKind.get(finding.kind) ?? []), finding])
  const lines: string[] = []
  for (const [kind, all] of byKind) {
    lines.push(countLine(kind, all, words))
    const told = all.slice(0, EACH.has(kind) ? named : Math.min(named, NAMED))
    for (const finding of told)
      lines.push(words.text('cards/audit.example', { sentence: await tellFinding(tx, finding, words) }))
    if (named > 0 && all.length > told.length)
      lines.push(words.text('cards/audit.rest', { rest: all.length - told.length }))
  }
  return lines
}

function countLine(kind: string, all: Finding[], words: Words): string {
  return words.text('cards/audit.count', {
    what: findingKind(kind, words),
    count: all.length,
    advice: all.some(({ repairedAt }) => repairedAt === null) ? findingAdvice(kind, words) : '',
  })
}
