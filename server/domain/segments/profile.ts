import { type Actor, record } from '../../engines/events/events.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'

const DAY_OF_YEAR = /^(?:\d{4}-)?(\d{2})-(\d{2})$/

/** What somebody tells of a customer that conditions may ask for. */
export interface Profile {
  /** `1990-11-23` or `11-23`. */
  birthday?: string
  region?: string
}

/** Notes what is told of a customer. Of a birthday the year is nobody's business here: it is left out. Throws Invalid. */
export async function profileCustomer(tx: Tx, customerId: string, told: Profile, by: Actor): Promise<void> {
  const { name, data } = profileTold(told)
  await record(tx, name, { by, subject: { type: 'customer', id: customerId }, customerId, data })
}

/** The same as it is told of somebody who is only about to become a customer. Throws Invalid. */
export function profileTold({ birthday, region }: Profile): { name: string; data: Record<string, string> } {
  const data: Record<string, string> = {}
  if (birthday !== undefined) data.birthday = monthAndDay(birthday)
  if (region !== undefined) data.region = region.trim()
  return { name: 'customer.profiled', data }
}

/** Whether `1990-11-23` or `11-23` names a day that there is. */
export function isDayOfYear(text: string): boolean {
  const [, month = '', day = ''] = DAY_OF_YEAR.exec(text.trim()) ?? []
  // A leap year has every day that there is.
  const date = new Date(Date.UTC(2024, Number(month) - 1, Number(day)))
  return date.toISOString().slice(5, 10) === `${month}-${day}`
}

function monthAndDay(text: string): string {
  if (!isDayOfYear(text)) throw new Invalid('birthday', 'wrong_value')
  return text.trim().slice(-5)
}
