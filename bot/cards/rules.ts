import { rulesNow } from '../../server/engines/rules/find.ts'
import { explainRule } from '../../server/engines/rules/why.ts'
import { tellWhy } from '../../server/engines/rules/why-words.ts'
import { DAY } from '../../server/lib/clock.ts'
import type { Words } from '../../server/lib/render.ts'
import type { CardKind } from '../card.ts'
import { glance } from '../customer-sight.ts'
import { followUpCard } from './follow-up.ts'

/** What a rule tells staff about a customer, in one message. */
const note: CardKind = {
  kind: 'rule_note',
  async draw(tx, { data, recipientId }, words) {
    const id = data.customerId
    const customer = typeof id === 'string' ? await glance(tx, recipientId, id) : undefined
    const about = { known: customer !== undefined, name: customer?.name ?? '', phone: customer?.phone ?? '' }
    return { text: words.text('cards/rules.note', { ...data, ...about, now: tx.now }) }
  },
}

/** A line of the chat about rules, its words under cards/rules.line. */
const line: CardKind = {
  kind: 'rule_line',
  async draw(tx, { data, recipientId }, words) {
    const id = data.customerId
    const seen = typeof id === 'string' ? await glance(tx, recipientId, id) : undefined
    const customer = seen ? called(seen, words) : ''
    return { text: words.text(`cards/rules.line.${data.line}`, { ...data, customer, now: tx.now }) }
  },
}

function called({ name, phone }: { name: string; phone: string }, words: Words): string {
  return words.text('cards/rules.customer', { name, phone })
}

/** WeCom cuts a text after 2,048 bytes (PLATFORMS.md §1.2). */
const ROOM_BYTES = 2000

/** Why a rule did, or did not do, something for a customer; of a long story the end. */
const why: CardKind = {
  kind: 'why',
  async draw(tx, { subjectId, data, recipientId }, words) {
    const customer = await glance(tx, recipientId, subjectId)
    if (!customer) return undefined
    const known = await explainRule(tx, String(data.rule), subjectId)
    const [title = '', ...lines] = tellWhy(known, called(customer, words), words, tx.now)
    const more = words.text('cards/rules.why.more')
    for (let cut = 0; ; cut++) {
      const text = [title, ...(cut > 0 ? [more] : []), ...lines.slice(cut)].join('\n')
      if (Buffer.byteLength(text) <= ROOM_BYTES || cut >= lines.length) return { text }
    }
  },
}

/** How all rules stand, in one message. */
const rules: CardKind = {
  kind: 'rules',
  async draw(tx, _message, words) {
    const rows = await rulesNow(tx, tx.now - 7 * DAY)
    return { text: words.text('cards/rules.list', { rows, now: tx.now }) }
  },
}

export const ruleCards = [note, line, why, rules, followUpCard]
