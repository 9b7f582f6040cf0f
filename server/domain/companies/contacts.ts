import { type Actor, record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { customerById } from '../customers/customers.ts'
import { companyById, subjectOf } from './companies.ts'
import { CompanyContact } from './company.ts'

const LONGEST_NAME = 40
const LONGEST_ROLE = 40
const MOST = 200

/** What is told of somebody in a company; what is left out stays as it is. */
export interface ContactGiven {
  companyId: string
  /** Which contact; without it, the customer or the name tells. */
  id?: string
  customerId?: string | null
  name?: string
  phone?: string | null
  role?: string | null
  decides?: boolean
  /** The contact above them, by id. */
  reportsTo?: string | null
}

/** Writes down somebody in a company, new or known. */
export async function setContact(tx: Tx, given: ContactGiven, by: Actor): Promise<CompanyContact> {
  const { id: companyId } = await companyById(tx, given.companyId)
  const customer = given.customerId ? await customerById(tx, given.customerId) : undefined
  const name = (given.name ?? customer?.nickname ?? '').trim()
  const known = await contactMeant(tx, given, name)
  if (!known && !name) throw new Invalid('name', 'contact_name')
  if (name.length > LONGEST_NAME) throw new Invalid('name', 'text_too_long', { max: LONGEST_NAME, length: name.length })
  if ((given.role?.length ?? 0) > LONGEST_ROLE)
    throw new Invalid('role', 'text_too_long', { max: LONGEST_ROLE, length: given.role?.length })
  if (given.reportsTo) await mayReport(tx, companyId, known?.id, given.reportsTo)
  const told = {
    // Of two with one name in a company the first one keeps it.
    ...(customer && (given.id || !known?.customerId) && { customerId: customer.id }),
    ...((given.name !== undefined || !known) && { name, nameMark: markOf(name) }),
    ...(given.phone !== undefined && { phone: given.phone?.trim() || null }),
    ...(given.role !== undefined && { role: given.role?.trim() || null }),
    ...(given.decides !== undefined && { decides: given.decides }),
    ...(given.reportsTo !== undefined && { reportsTo: given.reportsTo }),
  }
  const contact = known ? await change(tx, known, told) : await add(tx, companyId, told as typeof told & Named)
  const about = { by, subject: subjectOf(companyId), customerId: contact.customerId }
  const data = { contact: contact.id, role: contact.role, decides: contact.decides, reports_to: contact.reportsTo }
  await record(tx, known ? 'company.contact_changed' : 'company.contact_added', { ...about, data })
  return contact
}

/** The people of a company, those who decide first. */
export function contactsOf(tx: Tx, companyId: string): Promise<CompanyContact[]> {
  return tx.find(CompanyContact, `WHERE companyId = ? ORDER BY decides DESC, createdAt, id LIMIT ${MOST}`, [companyId])
}

/** Somebody of a company by their name, or undefined. */
export function contactNamed(tx: Tx, companyId: string, name: string): Promise<CompanyContact | undefined> {
  return tx.first(CompanyContact, 'WHERE companyId = ? AND nameMark = ?', [companyId, markOf(name)])
}

/** People with how deep they stand below somebody, each under who is above them. */
export function asTree(contacts: CompanyContact[]): { contact: CompanyContact; depth: number }[] {
  const ids = new Set(contacts.map(({ id }) => id))
  const below = (above: string | null): CompanyContact[] =>
    contacts.filter(({ reportsTo }) => (reportsTo && ids.has(reportsTo) ? reportsTo : null) === above)
  const walk = (above: string | null, depth: number): { contact: CompanyContact; depth: number }[] =>
    below(above).flatMap((contact) => [{ contact, depth }, ...walk(contact.id, depth + 1)])
  return walk(null, 0)
}

type Named = Pick<CompanyContact, 'name' | 'nameMark'>

async function contactMeant(tx: Tx, given: ContactGiven, name: string): Promise<CompanyContact | undefined> {
  const { companyId, id, customerId } = given
  if (id) {
    const contact = await tx.get(CompanyContact, id)
    if (contact?.companyId !== companyId) throw new NotFound('contact')
    return contact
  }
  const own =
    customerId &&
    (await tx.first(CompanyContact, 'WHERE companyId = ? AND customerId = ? ORDER BY id', [companyId, customerId]))
  return own || (name ? await contactNamed(tx, companyId, name) : undefined)
}

/** Nobody is above themselves, however long the way. */
async function mayReport(tx: Tx, companyId: string, id: string | undefined, reportsTo: string): Promise<void> {
  let above: string | null = reportsTo
  for (let steps = 0; above !== null; steps++) {
    const contact: CompanyContact | undefined = await tx.get(CompanyContact, above)
    if (contact?.companyId !== companyId) throw new NotFound('contact')
    if (contact.id === id || steps > MOST) throw new Invalid('reportsTo', 'contact_circle')
    above = contact.reportsTo
  }
}

async function add(tx: Tx, companyId: string, told: Partial<CompanyContact> & Named): Promise<CompanyContact> {
  const row = { decides: false, ...told, id: newId(tx.now), companyId, createdAt: tx.now, updatedAt: tx.now }
  if (!(await tx.insertOnce(CompanyContact, row))) throw new LostRace()
  return (await tx.get(CompanyContact, row.id)) as CompanyContact
}

async function change(tx: Tx, known: CompanyContact, told: Partial<CompanyContact>): Promise<CompanyContact> {
  const other =
    told.nameMark &&
    (await tx.first(CompanyContact, 'WHERE companyId = ? AND nameMark = ?', [known.companyId, told.nameMark]))
  if (other && other.id !== known.id) throw new Invalid('name', 'contact_taken')
  await tx.update(CompanyContact, known.id, { ...told, updatedAt: tx.now })
  return (await tx.get(CompanyContact, known.id)) as CompanyContact
}

function markOf(name: string): string {
  return blindIndex('company_contact', name.normalize('NFKC').replace(/\s/g, '').toLowerCase())
}
