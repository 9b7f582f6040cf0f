import type { Message } from '../../server/engines/messages/message.ts'
import { segments } from '../../server/engines/staff/segments.ts'
import { toldLines } from '../../server/lib/condition-words.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Look } from '../card.ts'
import { glance } from '../customer-sight.ts'

/** The most segments that one message lists: what is longer is cut by the platform. */
const MOST = 30
/** How many customers of a segment are shown. */
const SAMPLE = 5

/** Every segment with how many customers it has, the largest first. */
const all: CardKind = {
  kind: 'segments',
  async draw(tx: Tx, { data }: Message, words: Words): Promise<Look> {
    const rows = (await segments().all(tx)).sort((a, b) => b.count - a.count)
    const shown = rows.slice(0, MOST)
    const more = rows.length - shown.length
    return { text: words.text('cards/segments.all', { rows: shown, more, said: data.said ?? '', now: tx.now }) }
  },
}

/** One segment: what it is, how large, some of its customers, names and numbers masked. */
const one: CardKind = {
  kind: 'segment',
  async draw(tx: Tx, { data, recipientId }: Message, words: Words): Promise<Look | undefined> {
    const found = await segments().one(tx, String(data.segment), SAMPLE)
    if (!found) return undefined
    const seen = await Promise.all(found.sample.map(({ id }) => glance(tx, recipientId, id)))
    const sample = seen.flatMap((one) => one ?? [])
    const share = found.of > 0 ? Math.round((found.count / found.of) * 1000) / 10 : 0
    return {
      text: words.text('cards/segments.one', { ...found, sample, about: found.about ?? '', share, now: tx.now }),
    }
  },
}

/** Why a customer is in a segment, or is not, part by part. */
const why: CardKind = {
  kind: 'segment_why',
  async draw(tx: Tx, { subjectId, data, recipientId }: Message, words: Words): Promise<Look | undefined> {
    const customer = await glance(tx, recipientId, subjectId)
    if (!customer) return undefined
    const found = await segments().why(tx, subjectId, String(data.segment))
    const lines = toldLines(words, found.told, tx.now)
    return {
      text: words.text('cards/segments.why', { ...customer, ...found, since: found.since ?? 0, lines, now: tx.now }),
    }
  },
}

/** The words that a customer carries after somebody has changed them. */
const tagged: CardKind = {
  kind: 'customer_tagged',
  async draw(tx: Tx, { subjectId, data, recipientId }: Message, words: Words): Promise<Look | undefined> {
    const customer = await glance(tx, recipientId, subjectId)
    return customer && { text: words.text('cards/segments.tagged', { ...customer, tags: data.tags, now: tx.now }) }
  },
}

export const segmentCards = [all, one, why, tagged]
