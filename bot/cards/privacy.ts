import { readsOf } from '../../server/engines/access/reads.ts'
import { exportLink } from '../../server/engines/access/take.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { segments } from '../../server/engines/staff/segments.ts'
import type { CardKind } from '../card.ts'
import { glance } from '../customer-sight.ts'

/** What one message lists: what is longer is cut by the platform. */
const MOST = 15

/** Who has read what of a customer, the latest first. */
const reads: CardKind = {
  kind: 'reads',
  async draw(tx, { subjectId, recipientId }, words) {
    const customer = await glance(tx, recipientId, subjectId)
    if (!customer) return undefined
    const text = (key: string, data: object) => words.text(`cards/privacy.${key}`, { ...data, now: tx.now })
    const found = await readsOf(tx, subjectId, MOST + 1)
    const rows = await Promise.all(
      found.slice(0, MOST).map(async ({ readerType, readerId, fields, door, why, times, lastAt }) => {
        const by = readerType === 'staff' ? ((await staffById(tx, readerId))?.name ?? '') : text('program', {})
        const told = fields.map((field) =>
          words.has(`cards/privacy.field.${field}`) ? text(`field.${field}`, {}) : field,
        )
        const key = `cards/privacy.why.${why}`
        return {
          by,
          fields: told,
          door: text(`door.${door}`, {}),
          why: words.has(key) ? words.text(key) : '',
          times,
          again: times > 1,
          at: lastAt,
        }
      }),
    )
    return { text: text('reads', { ...customer, rows, more: found.length > MOST }) }
  },
}

/** The way to a file of customers: good once, and for a short time. */
const take: CardKind = {
  kind: 'export',
  async draw(tx, { recipientId, data }, words) {
    const said = String(data.segment ?? '')
    const [segment] = said ? await segments().named(tx, said) : []
    const text = (key: string, more: object = {}) => words.text(`cards/privacy.${key}`, { ...more, now: tx.now })
    if (said && !segment) return { text: text('export_unknown', { said }) }
    const { path, until } = exportLink(recipientId, segment?.segment ?? '', tx.now)
    return {
      text: text('export', { title: segment?.title ?? '', until }),
      link: { to: path, label: text('export_link') },
    }
  },
}

export const privacyCards = [reads, take]
