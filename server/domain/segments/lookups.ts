import type { SegmentLookups } from '../../engines/staff/segments.ts'
import { Customer } from '../customers/customer.ts'
import { found } from '../customers/find.ts'
import { book } from './book.ts'
import { countMembers, newestMembers, segmentsWithCounts } from './preview.ts'
import { addTag, removeTag, tagsOf } from './tags.ts'
import { whyMember } from './why.ts'

/** What segments lend to those who ask in the chat. */
export const segmentLookups: SegmentLookups = {
  async all(tx) {
    const all = await segmentsWithCounts(tx)
    return all.map(({ segment: { segment, title }, count }) => ({ segment, title, count }))
  },
  async named(_tx, said) {
    const all = book()?.segments ?? []
    const exact = all.find(({ segment, title }) => segment === said || title === said)
    return exact ? [exact] : all.filter(({ title }) => title.includes(said))
  },
  async one(tx, name, most) {
    const segment = book()?.segments.find((one) => one.segment === name)
    if (!segment) return undefined
    const [all] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM customer_facts')
    const members = await newestMembers(tx, name, most)
    const customers = await Promise.all(members.map(({ customerId }) => tx.get(Customer, customerId)))
    const sample = customers.flatMap((customer) => (customer ? found(customer) : []))
    const { title, about } = segment
    return { segment: name, title, about, count: await countMembers(tx, name), of: Number(all?.n ?? 0), sample }
  },
  why: whyMember,
  async tag(tx, staff, customerId, { add, remove }) {
    const by = { type: 'staff' as const, id: staff.id }
    for (const tag of remove) await removeTag(tx, customerId, tag, { by })
    for (const tag of add) await addTag(tx, customerId, tag, { by, reason: staff.name })
    return (await tagsOf(tx, customerId)).map(({ tag }) => tag)
  },
}
