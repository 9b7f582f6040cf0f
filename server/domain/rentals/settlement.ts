import { HOUR } from '../../lib/clock.ts'

/** What a settlement is worked out from: nothing of it is looked up here. Money in fen, spans in ms. */
export interface SettlementInput {
  /** Until when the car was let, and when it came back. */
  untilAt: number
  returnedAt: number
  /** How far one may go for the price; null: as far as one likes. */
  km: number | null
  odometer: { out: number; back: number }
  /** In percent. */
  fuel: { out: number; back: number }
  tariff: Tariff
  /** Of the price list, and how many of each. */
  damages: { name: string; count: number }[]
  /** What is found and stands in no price list. */
  others: { title: string; amount: number }[]
  /** Fines, fees and points of violations, if any are known yet. */
  violations?: { fines: number; count: number; points: number }
  /** What the customer bears of all damages together at most, by their insurance. */
  excess?: number
  /** What of the price itself has not been paid: an extension. */
  unpaid?: number
  /** What an appeal has taken off. */
  credit?: number
  deposit: { left: number; use: boolean }
}

/** What the terms of a booking say about all this. */
export interface Tariff {
  /** A day costs so much beyond the end at most. */
  day: number
  overtime: { perHour: number; graceMs: number; late?: { afterMs: number; fee: number } }
  extraKm: number
  tank: number
  fuel?: { each: number; service: number; energy: string }
  damages: { name: string; title: string; price: number }[]
  violation: { handling: number; perPoint: number }
}

export type LineKind =
  | 'unpaid'
  | 'overtime'
  | 'late'
  | 'mileage'
  | 'fuel'
  | 'damage'
  | 'other'
  | 'excess'
  | 'fine'
  | 'handling'
  | 'points'
  | 'credit'

/** A line of a bill; `about` holds what its words in templates/messages/rentals.yaml say. */
export interface BillLine {
  kind: LineKind
  amount: number
  about: Record<string, string | number>
}

/** What is owed beyond the price, what the deposit gives of it, and what remains to be paid. */
export interface Bill {
  lines: BillLine[]
  total: number
  fromDeposit: number
  due: number
  /** What of the deposit goes back. */
  rest: number
}

/** Works out the bill of a rental that is over. Never less than nothing, and never more of a deposit than there is. */
export function settle(input: SettlementInput): Bill {
  const damages = damageLines(input)
  const lines = [
    ...line('unpaid', input.unpaid ?? 0, {}),
    ...overtimeLines(input),
    ...mileageLines(input),
    ...fuelLines(input),
    ...damages,
    ...excessLines(input, damages),
    ...violationLines(input),
  ]
  const charged = sum(lines)
  const credit = Math.min(input.credit ?? 0, charged)
  const all = credit > 0 ? [...lines, { kind: 'credit' as const, amount: -credit, about: {} }] : lines
  return shared(all, input.deposit)
}

/** Lines as a bill: what the deposit gives of them, and what remains. */
export function shared(lines: BillLine[], deposit: SettlementInput['deposit']): Bill {
  const total = sum(lines)
  const fromDeposit = deposit.use ? Math.min(total, deposit.left) : 0
  return { lines, total, fromDeposit, due: total - fromDeposit, rest: deposit.left - fromDeposit }
}

/** Each hour that has begun after the time that is given, up to a day's price for a day; a fee when it is very late. */
function overtimeLines({ untilAt, returnedAt, tariff: { day, overtime } }: SettlementInput): BillLine[] {
  const beyond = returnedAt - untilAt
  if (beyond <= overtime.graceMs) return []
  const hours = Math.ceil(beyond / HOUR)
  const perDay = Math.min(day, 24 * overtime.perHour)
  const amount = Math.floor(hours / 24) * perDay + Math.min((hours % 24) * overtime.perHour, perDay)
  const late = overtime.late && beyond > overtime.late.afterMs ? overtime.late : undefined
  return [
    ...line('overtime', amount, { hours, each: overtime.perHour }),
    ...(late ? line('late', late.fee, { hours: late.afterMs / HOUR }) : []),
  ]
}

function mileageLines({ km, odometer, tariff }: SettlementInput): BillLine[] {
  const driven = Math.max(0, odometer.back - odometer.out)
  if (km === null || driven <= km) return []
  const extra = Math.ceil(driven - km)
  return line('mileage', extra * tariff.extraKm, { driven, free: km, extra, each: tariff.extraKm })
}

/** What is missing of what was there when it went, in whole litres or kilowatt-hours, and the trouble of filling it. */
function fuelLines({ fuel, tariff }: SettlementInput): BillLine[] {
  const missing = Math.ceil(((fuel.out - fuel.back) * tariff.tank) / 100)
  if (missing <= 0 || !tariff.fuel) return []
  const { each, service, energy } = tariff.fuel
  return line('fuel', missing * each + service, { missing, each, service, energy, out: fuel.out, back: fuel.back })
}

function damageLines({ damages, others, tariff }: SettlementInput): BillLine[] {
  const listed = damages.flatMap(({ name, count }) => {
    const priced = tariff.damages.find((one) => one.name === name)
    return priced && count > 0
      ? line('damage', priced.price * count, { name, title: priced.title, count, each: priced.price })
      : []
  })
  return [...listed, ...others.flatMap(({ title, amount }) => line('other', amount, { title }))]
}

/** With an insurance the customer bears no more than the excess of it. */
function excessLines({ excess }: SettlementInput, damages: BillLine[]): BillLine[] {
  const sums = sum(damages)
  return excess !== undefined && sums > excess ? [{ kind: 'excess', amount: excess - sums, about: { excess } }] : []
}

function violationLines({ violations, tariff: { violation } }: SettlementInput): BillLine[] {
  if (!violations) return []
  const { fines, count, points } = violations
  return [
    ...line('fine', fines, { count }),
    ...line('handling', count * violation.handling, { count, each: violation.handling }),
    ...line('points', points * violation.perPoint, { points, each: violation.perPoint }),
  ]
}

function line(kind: LineKind, amount: number, about: BillLine['about']): BillLine[] {
  return amount > 0 ? [{ kind, amount, about }] : []
}

function sum(lines: BillLine[]): number {
  return lines.reduce((total, { amount }) => total + amount, 0)
}
