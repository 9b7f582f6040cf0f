import { type Actor, record } from '../../engines/events/events.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'

/** What somebody tells of a customer that conditions may ask for. */
export interface Profile {
  /** `1990-11-23` or `11-23`. */
  birthday?: string
  region?: string
}

/** Notes what is told of a customer. Of a birthday the year is nobody's business here: it is left out. Throws Invalid. */
export async function profileCustomer(tx: Tx, customerId: string, told: Profile, by: Actor): Promise<void> {
  const { birthday, region } = told
  const data: Record<string, string> = {}
  if (birthday !== undefined) data.birthday = monthAndDay(birthday)
  if (region !== undefined) data.region = region.trim()
  await record(tx, 'customer.profiled', { by, subject: { type: 'customer', id: customerId }, customerId, data })
}

function monthAndDay(text: string): string {
  const [, month = '', day = ''] = /^(?:\d{4}-)?(\d{2})-(\d{2})$/.exec(text.trim()) ?? []
  // A leap year has every day that there is.
  const date = new Date(Date.UTC(2024, Number(month) - 1, Number(day)))
  if (date.toISOString().slice(5, 10) !== `${month}-${day}`) throw new Invalid('birthday', 'wrong_value')
  return `${month}-${day}`
}
