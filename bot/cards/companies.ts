import { companies } from '../../server/engines/staff/companies.ts'
import { type CardKind, clip } from '../card.ts'

/** Long texts are for the computer: as much of them as a message has room for. */
const TEXT_ROOM = 160
const MOST_CONTACTS = 12

/** A company in one message: what it is, who is in it and who decides, numbers masked. */
export const companyCard: CardKind = {
  kind: 'company',
  async draw(tx, { subjectId, createdAt }, words) {
    const company = await companies().one(tx, subjectId)
    if (!company) return undefined
    const { background, structure } = company
    const contacts = company.contacts
      .slice(0, MOST_CONTACTS)
      .map((contact) => ({ ...contact, indent: '　'.repeat(Math.min(contact.depth, 4)) }))
    const more = company.contacts.length - contacts.length
    const shown = { background: clip(background, TEXT_ROOM), structure: clip(structure, TEXT_ROOM), contacts, more }
    return { text: words.text('cards/companies.one', { ...company, ...shown, now: createdAt }) }
  },
}
