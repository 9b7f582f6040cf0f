import { DateTime } from 'luxon'
import { record } from '../../engines/events/events.ts'
import type { Preference } from '../../engines/packs/privacy.ts'
import { Invalid } from '../../lib/errors.ts'
import { maskPhone } from '../../lib/format.ts'
import type { Tx } from '../../lib/tx.ts'
import { customerById, setNickname } from '../customers/customers.ts'
import { emailOf } from '../customers/email.ts'
import { waitingEmail } from '../customers/email-confirmation.ts'
import { profileCustomer } from '../segments/profile.ts'
import { CustomerDetail } from './detail.ts'

/** What a customer changes of themselves; what is left out stays. */
export interface Change {
  nickname?: string
  birthday?: string
  region?: string
  preferences?: Record<string, string[]>
}

let asked: () => Preference[] = () => []

/** Hands over what the packs in force ask customers for their preferences. */
export function usePreferences(preferences: () => Preference[]): void {
  asked = preferences
}

/** All that a customer sees of themselves. */
export async function profileOf(tx: Tx, customerId: string) {
  const customer = await customerById(tx, customerId)
  const detail = await tx.get(CustomerDetail, customerId)
  const waiting = await waitingEmail(tx, customerId)
  return {
    nickname: customer.nickname,
    phone: customer.phone && maskPhone(customer.phone),
    email: (await emailOf(tx, customerId)) ?? null,
    email_waiting: waiting?.address ?? null,
    birthday: detail?.birthday ?? null,
    region: detail?.region ?? null,
    preferences: detail?.preferences ?? {},
    questions: asked(),
  }
}

/** Takes what a customer tells of themselves, and lets conditions know of it. Throws Invalid with the field. */
export async function changeProfile(tx: Tx, customerId: string, change: Change): Promise<void> {
  const { nickname, birthday, region, preferences } = change
  if (birthday !== undefined) checkBirthday(birthday, tx.now)
  const chosen = preferences && checkPreferences(preferences)
  if (nickname !== undefined) await setNickname(tx, customerId, nickname)
  const before = await tx.get(CustomerDetail, customerId)
  const detail = {
    birthday: birthday ?? before?.birthday ?? null,
    region: region ?? before?.region ?? null,
    preferences: { ...before?.preferences, ...chosen },
    updatedAt: tx.now,
  }
  if (before) await tx.update(CustomerDetail, customerId, detail)
  else await tx.insert(CustomerDetail, { id: customerId, ...detail })
  const by = { type: 'customer' as const, id: customerId }
  if (birthday !== undefined || region !== undefined) await profileCustomer(tx, customerId, { birthday, region }, by)
  if (chosen) {
    const about = { by, subject: { type: 'customer', id: customerId }, customerId }
    await record(tx, 'customer.preferred', { ...about, data: chosen })
  }
}

function checkBirthday(text: string, now: number): void {
  const day = DateTime.fromISO(text, { zone: 'Asia/Shanghai' })
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !day.isValid || day.year < 1900 || day.toMillis() > now)
    throw new Invalid('birthday', 'birthday_wrong')
}

function checkPreferences(given: Record<string, string[]>): Record<string, string[]> {
  for (const [name, values] of Object.entries(given)) {
    const question = asked().find((one) => one.name === name)
    const known = new Set(question?.options.map(({ value }) => value))
    if (!question || values.some((value) => !known.has(value)) || (!question.many && values.length > 1))
      throw new Invalid(`preferences.${name}`, 'wrong_value')
  }
  return given
}
