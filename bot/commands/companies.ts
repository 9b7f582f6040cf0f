import { type CompanyTold, type ContactTold, companies } from '../../server/engines/staff/companies.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'

const MOST = 9
const PHONE = /^1[3-9]\d{9}$/
const DECIDES = /^(?:决策人|拍板人|decides)$/i
const ABOVE = /^(?:上级|汇报给|reports ?to)[:：]?\s*(.+)$/i
const LABELS: Record<string, keyof CompanyTold> = {
  行业: 'industry',
  industry: 'industry',
  规模: 'size',
  size: 'size',
  背景: 'background',
  background: 'background',
  架构: 'structure',
  组织架构: 'structure',
  structure: 'structure',
}

/** What is known of a company; with labels behind its name, writes down what is told: 公司 华信，行业：制造，规模：200 人. */
const company: Command = {
  name: 'company',
  words: ['公司', 'company'],
  group: 'customers',
  async run(tx, staff, rest) {
    const [name = '', ...parts] = partsOf(rest)
    if ([...name].length < 2) throw new Invalid('company', 'company_how')
    if (parts.length > 0) {
      const id = await companies().tell(tx, staff, name, toldIn(parts))
      return [{ kind: 'company', subjectId: id }]
    }
    const found = await companies().find(tx, name, MOST)
    const [one] = found
    if (!one) return [line(staff, 'no_company', { said: name })]
    if (found.length > 1) return [line(staff, 'companies_found', { names: found.map((each) => each.name) })]
    return [{ kind: 'company', subjectId: one.id }]
  },
}

/** Writes down somebody in a company: 联系人 华信科技，张伟，13800001111，采购经理，决策人，上级李总. */
const contact: Command = {
  name: 'contact',
  words: ['联系人', 'contact'],
  group: 'customers',
  async run(tx, staff, rest) {
    const [at = '', name = '', ...parts] = partsOf(rest)
    if (!at || !name) throw new Invalid('contact', 'contact_how')
    const id = await oneCompany(tx, at)
    await companies().tellContact(tx, staff, id, contactIn(name, parts))
    return [{ kind: 'company', subjectId: id }]
  },
}

export const companyCommands = [company, contact]

/** Parts are parted by commas; without one, by blanks. */
function partsOf(text: string): string[] {
  const parts = /[,，;；]/.test(text) ? text.split(/[,，;；]/) : text.split(/\s+/)
  return parts.map((part) => part.trim()).filter(Boolean)
}

function toldIn(parts: string[]): CompanyTold {
  const told: CompanyTold = {}
  let last: keyof CompanyTold | undefined
  for (const part of parts) {
    const [, label, value = ''] = /^([^:：\s]+)[:：\s]\s*(.+)$/s.exec(part) ?? []
    const field = label && LABELS[label.toLowerCase()]
    if (field) told[field] = value
    // A comma within what is told parts nothing.
    else if (last && label === undefined) told[last] += `，${part}`
    else throw new Invalid('company', 'company_how')
    last = field || last
  }
  return told
}

function contactIn(name: string, parts: string[]): ContactTold {
  const told: ContactTold = { name }
  for (const part of parts) {
    const above = ABOVE.exec(part)?.[1]
    if (PHONE.test(part)) told.phone = part
    else if (DECIDES.test(part)) told.decides = true
    else if (above) told.above = above.trim()
    else if (told.role === undefined) told.role = part
    else throw new Invalid('contact', 'contact_how')
  }
  return told
}

async function oneCompany(tx: Tx, words: string): Promise<string> {
  const found = await companies().find(tx, words, 2)
  const [one] = found
  if (!one) throw new Invalid('company', 'company_unknown', { said: words })
  if (found.length > 1) throw new Invalid('company', 'company_which', { said: words })
  return one.id
}
