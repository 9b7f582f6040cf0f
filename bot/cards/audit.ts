import { reportedSince } from '../../server/engines/audit/findings.ts'
import type { Words } from '../../server/lib/render.ts'
import { type CardKind, clip } from '../card.ts'

/** So many of a kind are named; the rest is counted. */
const NAMED = 3
const NAME_ROOM = 40

/** What the auditor found and could not put right, in one message. */
export const auditCard: CardKind = {
  kind: 'audit',
  async draw(tx, { data }, words) {
    const findings = await reportedSince(tx, Number(data.since))
    if (findings.length === 0) return undefined
    const byKind = new Map<string, string[]>()
    for (const { kind, about } of findings) byKind.set(kind, [...(byKind.get(kind) ?? []), about])
    const lines = [...byKind].map(([kind, about]) => lineOf(kind, about, words))
    const title = words.text('cards/audit.title', { at: Number(data.at), total: findings.length, now: tx.now })
    return { text: [title, ...lines].join('\n') }
  },
}

function lineOf(kind: string, about: string[], words: Words): string {
  const key = `cards/audit.kind.${kind}`
  const known = [...new Set(about.filter((name) => name !== ''))]
  return words.text('cards/audit.line', {
    what: words.text(words.has(key) ? key : 'cards/audit.other'),
    count: about.length,
    examples: known
      .slice(0, NAMED)
      .map((name) => clip(name, NAME_ROOM))
      .join('、'),
    more: known.length > NAMED,
  })
}
