import { type Actor, record } from '../../engines/events/events.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Company, CompanyContact, nameKeyOf } from './company.ts'

const LONGEST = { name: 80, industry: 60, size: 40, background: 2000, structure: 2000 } as const
type Told = keyof typeof LONGEST

/** What is told of a company; what is left out stays as it is. */
export type CompanyGiven = { id?: string } & Partial<Record<Told, string | null>>

/** Writes down what is known of a company, a new one or, by its id or name, one that there is. */
export async function setCompany(tx: Tx, given: CompanyGiven, by: Actor): Promise<Company> {
  const told = tidied(given)
  const known = given.id ? await companyById(tx, given.id) : told.name ? await companyNamed(tx, told.name) : undefined
  if (!known) return create(tx, told, by)
  const changes = Object.fromEntries(
    Object.entries(told).filter(([field, value]) => known[field as Told] !== value && !(field === 'name' && !given.id)),
  ) as Partial<Record<Told, string>>
  if (Object.keys(changes).length === 0) return known
  const renamed = changes.name && { nameKey: nameKeyOf(changes.name) }
  if (renamed && (await taken(tx, renamed.nameKey, known.id))) throw new Invalid('name', 'company_taken')
  const next = { ...changes, ...renamed, updatedAt: tx.now, version: known.version + 1 }
  if (!(await tx.update(Company, known.id, next, { version: known.version }))) throw new LostRace()
  await record(tx, 'company.changed', { by, subject: subjectOf(known.id), data: { fields: Object.keys(changes) } })
  return companyById(tx, known.id)
}

/** A company by its id; throws NotFound. */
export async function companyById(tx: Tx, id: string): Promise<Company> {
  const company = await tx.get(Company, id)
  if (!company) throw new NotFound('company')
  return company
}

/** The company of this name, however it is written. */
export function companyNamed(tx: Tx, name: string): Promise<Company | undefined> {
  return tx.first(Company, 'WHERE nameKey = ?', [nameKeyOf(name)])
}

/** The companies in whose name a text stands, the exact one first. */
export async function findCompanies(tx: Tx, words: string, limit: number): Promise<Company[]> {
  const key = nameKeyOf(words).replace(/[\\%_]/g, '')
  if (key.length < 2) return []
  const exact = await tx.first(Company, 'WHERE nameKey = ?', [key])
  if (exact) return [exact]
  return tx.find(Company, `WHERE nameKey LIKE ? ORDER BY name LIMIT ${limit}`, [`%${key}%`])
}

/** The companies in which a customer is a contact, with what they are there. */
export async function companiesOf(
  tx: Tx,
  customerId: string,
): Promise<{ company: Company; contact: CompanyContact }[]> {
  const contacts = await tx.find(CompanyContact, 'WHERE customerId = ? ORDER BY createdAt, id', [customerId])
  return Promise.all(contacts.map(async (contact) => ({ contact, company: await companyById(tx, contact.companyId) })))
}

async function create(tx: Tx, told: Partial<Record<Told, string | null>>, by: Actor): Promise<Company> {
  const { name } = told
  if (!name) throw new Invalid('name', 'company_name')
  const row = {
    ...told,
    id: newId(tx.now),
    name,
    nameKey: nameKeyOf(name),
    createdAt: tx.now,
    updatedAt: tx.now,
    version: 0,
  }
  // The same name twice at once: one of them makes the company, the other runs again and finds it.
  if (!(await tx.insertOnce(Company, row))) throw new LostRace()
  await record(tx, 'company.added', { by, subject: subjectOf(row.id), data: { name } })
  return companyById(tx, row.id)
}

async function taken(tx: Tx, nameKey: string, except: string): Promise<boolean> {
  const other = await tx.first(Company, 'WHERE nameKey = ?', [nameKey])
  return other !== undefined && other.id !== except
}

function tidied(given: CompanyGiven): Partial<Record<Told, string | null>> {
  const told: Partial<Record<Told, string | null>> = {}
  for (const [field, max] of Object.entries(LONGEST) as [Told, number][]) {
    const value = given[field]
    if (value === undefined) continue
    const text = value?.trim() ?? ''
    if (text.length > max) throw new Invalid(field, 'text_too_long', { max, length: text.length })
    told[field] = text || null
  }
  if (told.name !== undefined && nameKeyOf(told.name ?? '').length < 2) throw new Invalid('name', 'company_name')
  return told
}

/** What an event of a company is about. */
export function subjectOf(id: string) {
  return { type: 'company', id }
}
