import { createHash } from 'node:crypto'
import { maskIdNumber } from '../../lib/format.ts'
import type { Words } from '../../lib/render.ts'
import type { Booking } from '../bookings/booking.ts'
import { modelOf, storeOf } from '../bookings/rental-file.ts'
import type { Terms } from '../bookings/terms.ts'
import { partLook } from '../bookings/view.ts'
import type { ContractBody } from './contract.ts'
import type { DriverPapers } from './papers.ts'
import type { RentalRules } from './rules.ts'

/** Where the words of a contract stand. */
export const KEY = 'documents/rental-contract'

/** What a contract is made from. */
export interface ContractSource {
  booking: Booking
  terms: Terms
  rules: RentalRules
  papers: DriverPapers
  phone: string
  /** The plate of the car that is kept for it. */
  plate: string
  deposit: number
  now: number
}

/** A contract as it would be signed now. */
export function contractBody(source: ContractSource, words: Words): ContractBody {
  const { booking, rules, papers, phone, deposit, now } = source
  const data = factsOf(source)
  const particulars = rowsOf(words.tree(`${KEY}.particulars`, data))
  return {
    title: rules.title,
    number: booking.number,
    company: { credit_code: '', ...rules.company },
    customer: {
      name: papers.idCard?.holder ?? '',
      idNumber: papers.idCard?.number ?? '',
      phone,
      licence: papers.licence?.number ?? '',
      licenceClass: papers.licence?.class ?? '',
    },
    particulars,
    standing: particulars,
    price: booking.price.parts.map((part) => {
      const { title, amount } = partLook(part, words)
      return { title, amount }
    }),
    total: booking.price.total,
    deposit,
    articles: rules.articles.map(({ title, text }) => ({
      title,
      lines: text.map((line) => words.say(line, data)).filter((line) => line !== ''),
    })),
    madeAt: now,
  }
}

/** What has changed since a contract was signed, as a supplement; undefined when nothing has. */
export function supplementBody(
  before: ContractBody,
  now: ContractBody,
  rules: RentalRules,
  words: Words,
  seq: number,
): ContractBody | undefined {
  const changed = now.standing.flatMap(({ label, text }) => {
    const was = before.standing.find((row) => row.label === label)?.text ?? ''
    return was === text ? [] : [{ label, text: words.text(`${KEY}.changed`, { was, text }) }]
  })
  if (changed.length === 0) return undefined
  const data = { number: now.number, title: before.title, at: now.madeAt }
  return {
    ...now,
    title: words.text(`${KEY}.supplement`, { seq: seq - 1 }),
    particulars: changed,
    articles: [{ title: words.text(`${KEY}.clauses`), lines: rules.supplement.map((line) => words.say(line, data)) }],
  }
}

/** The text of a contract as one signs it: each line in its place, so that nobody can read it in two ways. */
export function textOf(body: ContractBody): string {
  const { company, customer } = body
  return [
    body.title,
    body.number,
    [company.name, company.credit_code ?? '', company.address, company.phone].join('\t'),
    [customer.name, customer.idNumber, customer.phone, customer.licence, customer.licenceClass].join('\t'),
    ...body.particulars.map(({ label, text }) => `${label}\t${text}`),
    ...body.price.map(({ title, amount }) => `${title}\t${amount}`),
    `total\t${body.total}`,
    `deposit\t${body.deposit}`,
    ...body.articles.flatMap(({ title, lines }) => [title, ...lines]),
    String(body.madeAt),
  ].join('\n')
}

/** The SHA-256 of a contract's text. */
export function hashOf(body: ContractBody): string {
  return createHash('sha256').update(textOf(body), 'utf8').digest('hex')
}

/** A contract as it is read on the phone: the numbers of papers masked. */
export function readable(body: ContractBody) {
  const { customer, standing: _, ...rest } = body
  const masked = { idNumber: maskIdNumber(customer.idNumber), licence: maskIdNumber(customer.licence) }
  return { ...rest, customer: { ...customer, ...masked } }
}

/** What the words of contracts may say. */
function factsOf({ booking, terms, rules, plate, deposit, now }: ContractSource): Record<string, unknown> {
  const { number, fromAt, untilAt, storeId, returnStoreId, price, doors } = booking
  const model = modelOf(terms, booking.model)
  const [store, back] = [storeOf(terms, storeId), storeOf(terms, returnStoreId)]
  const { overtime, violations } = terms
  const insurances = price.parts.flatMap(({ kind, about }) => (kind === 'insurance' ? String(about.title) : []))
  return {
    ...{ number, fromAt, untilAt, plate, deposit, at: now, now, days: price.days, total: price.total },
    ...{ km: price.km ?? 0, unlimited: price.km === null, extra_km: model.km?.extra ?? 0, hour: model.overtime },
    ...{ car_deposit: model.deposit.car, violation_deposit: model.deposit.violation },
    ...{
      grace: overtime.grace / 60_000,
      late: overtime.late?.fee ?? 0,
      late_hours: (overtime.late?.after ?? 0) / 3_600_000,
    },
    ...{
      hold_days: Math.round(violations.hold_for / 86_400_000),
      handling: violations.handling,
      per_point: violations.per_point,
    },
    ...{ model: model.title, seats: model.seats, company: rules.company.name, insurances: insurances.join('、') },
    store: store.title,
    store_address: doors?.deliver?.address ?? store.address,
    store_phone: store.phone,
    back: back.title,
    back_address: doors?.collect?.address ?? back.address,
    delivered: doors?.deliver !== undefined,
    confirm_hours: rules.bill.confirm_within / 3_600_000,
  }
}

function rowsOf(tree: unknown): ContractBody['particulars'] {
  const rows = Object.values(tree as Record<string, { label: string; text: string }>)
  return rows.filter(({ text }) => text !== '')
}
