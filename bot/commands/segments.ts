import { leads } from '../../server/engines/flows/figures.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { segments } from '../../server/engines/staff/segments.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { type Command, line } from '../command.ts'

/** How many customers each segment has; one of them with some of its customers. */
const segment: Command = {
  name: 'segment',
  words: ['人群', 'segment', '客群', 'segments'],
  group: 'figures',
  may: leads,
  async run(tx, staff, rest) {
    const said = rest.trim()
    if (!said) return [{ kind: 'segments', subjectId: staff.id }]
    const name = await segments().named(tx, said)
    if (!name) return [{ kind: 'segments', subjectId: staff.id, data: { said } }]
    return [{ kind: 'segment', subjectId: staff.id, data: { segment: name } }]
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
    const found = await lookups().findCustomers(tx, who, 2)
    const [customer] = found
    if (!customer) return [line(staff, 'none_found', { said: who })]
    if (found.length > 1) throw new Invalid('customer', 'customer_which', { said: who })
    const remove = words.filter((word) => /^-./.test(word)).map((word) => word.slice(1))
    const add = words.filter((word) => !word.startsWith('-'))
    const tags = await segments().tag(tx, staff, customer.id, { add, remove })
    return [{ kind: 'customer_tagged', subjectId: customer.id, data: { tags } }]
  },
}

export const segmentCommands = [segment, customerTag]
