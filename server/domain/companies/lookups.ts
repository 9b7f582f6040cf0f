import type { CompanyLookups } from '../../engines/staff/companies.ts'
import { NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from '../customers/customer.ts'
import { byIdentity } from '../customers/customers.ts'
import { companiesOf, findCompanies, setCompany } from './companies.ts'
import { Company, type CompanyContact } from './company.ts'
import { asTree, contactNamed, contactsOf, setContact } from './contacts.ts'

/** What companies lend to those who ask in the chat. */
export const companyLookups: CompanyLookups = {
  async find(tx, words, limit) {
    return (await findCompanies(tx, words, limit)).map(({ id, name }) => ({ id, name }))
  },
  async one(tx, id) {
    const company = await tx.get(Company, id)
    if (!company) return undefined
    const { name, industry, size, background, structure } = company
    const contacts = await Promise.all(
      asTree(await contactsOf(tx, id)).map(async ({ contact, depth }) => ({
        name: contact.name,
        phone: await phoneOf(tx, contact),
        role: contact.role ?? '',
        decides: contact.decides,
        depth,
      })),
    )
    return {
      id,
      name,
      industry: industry ?? '',
      size: size ?? '',
      background: background ?? '',
      structure: structure ?? '',
      contacts,
      leads: await countOf(tx, `SELECT COUNT(*) AS n FROM leads WHERE companyId = ? AND state = 'open'`, id),
      quotes: await countOf(tx, `SELECT COUNT(*) AS n FROM quotes WHERE companyId = ? AND state = 'sent'`, id),
    }
  },
  async ofCustomer(tx, customerId) {
    const all = await companiesOf(tx, customerId)
    return all.map(({ company: { name }, contact: { role, decides } }) => ({ name, role: role ?? '', decides }))
  },
  async tell(tx, staff, name, told) {
    return (await setCompany(tx, { name, ...told }, { type: 'staff', id: staff.id })).id
  },
  async tellContact(tx, staff, companyId, { name, phone, role, decides, above }) {
    const reportsTo = above === undefined ? undefined : (await contactNamed(tx, companyId, above))?.id
    if (above !== undefined && !reportsTo) throw new NotFound('contact_above', { name: above })
    // Whoever has proved this number is the same person.
    const customerId = phone ? (await byIdentity(tx, 'phone', phone))?.id : undefined
    await setContact(
      tx,
      { companyId, name, phone, role, decides, reportsTo, customerId },
      { type: 'staff', id: staff.id },
    )
  },
}

async function phoneOf(tx: Tx, { phone, customerId }: CompanyContact): Promise<string> {
  return phone ?? (customerId && (await tx.get(Customer, customerId))?.phone) ?? ''
}

async function countOf(tx: Tx, sql: string, id: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(sql, [id])
  return Number(row?.n ?? 0)
}
