import { guardField } from '../../server/engines/access/access.ts'
import { leads } from '../../server/engines/flows/figures.ts'
import type { FoundCustomer } from '../../server/engines/staff/lookups.ts'
import { segments } from '../../server/engines/staff/segments.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'
import { findFor } from '../customer-sight.ts'

/** How many customers each segment has; one of them with some of its customers; why one of them is in it, or is not. */
const segment: Command = {
  name: 'segment',
  words: ['人群', 'segment', '客群', 'segments'],
  group: 'figures',
  may: leads,
  async run(tx, staff, rest) {
    const said = rest.trim()
    if (!said) return [{ kind: 'segments', subjectId: staff.id }]
    const name = await segmentNamed(tx, said)
    if (name) return [{ kind: 'segment', subjectId: staff.id, data: { segment: name } }]
    const [, begin = '', who = ''] = /^(.+?)[\s,，、]+(\S+)$/.exec(said) ?? []
    const asked = begin && (await segmentNamed(tx, begin))
    if (!asked) return [{ kind: 'segments', subjectId: staff.id, data: { said } }]
    const customer = await customerNamed(tx, staff, who)
    if (!customer) return [line(staff, 'none_found', { said: who, of: 'segment' })]
    return [{ kind: 'segment_why', subjectId: customer.id, data: { segment: asked } }]
  },
}

/** Puts words on a customer, who is named first; with a minus before it a word is taken off. */
const customerTag: Command = {
  name: 'customer_tag',
  words: ['客户标签', 'tag customer', '给客户打标签'],
  group: 'customers',
  async run(tx, staff, rest) {
    const [who = '', ...words] = rest.split(/[\s,，、]+/).filter(Boolean)
    if (words.length === 0) throw new Invalid('customer', 'customer_tag_how')
    const customer = await customerNamed(tx, staff, who)
    if (!customer) return [line(staff, 'none_found', { said: who, of: 'customer_tag' })]
    const remove = words.filter((word) => /^-./.test(word)).map((word) => word.slice(1))
    const add = words.filter((word) => !word.startsWith('-'))
    if (add.length > 0) await guardField(tx, { staff: staff.id }, 'edit', 'tags', customer.id)
    if (remove.length > 0) await guardField(tx, { staff: staff.id }, 'delete', 'tags', customer.id)
    const tags = await segments().tag(tx, staff, customer.id, { add, remove })
    return [{ kind: 'customer_tagged', subjectId: customer.id, data: { tags } }]
  },
}

/** The segment that a text means; undefined for none. Throws Invalid with those that it may mean. */
export async function segmentNamed(tx: Tx, said: string): Promise<string | undefined> {
  const found = await segments().named(tx, said)
  if (found.length > 1) throw new Invalid('segment', 'segment_which', { said, titles: found.map(({ title }) => title) })
  return found[0]?.segment
}

async function customerNamed(tx: Tx, staff: Staff, who: string): Promise<FoundCustomer | undefined> {
  const [customer, another] = await findFor(tx, staff.id, who, 2)
  if (another) throw new Invalid('customer', 'customer_which', { said: who })
  return customer
}

export const segmentCommands = [segment, customerTag]
