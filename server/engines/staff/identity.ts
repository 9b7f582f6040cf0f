import { blindIndex } from '../../lib/crypto.ts'
import { groupBy } from '../../lib/groups.ts'
import type { Evidence } from './merge.ts'
import { StaffAccount } from './staff.ts'

/** Accounts of one person, as the pack says: user ids by platform. */
export type SameAs = Record<string, string>

/** What is compared of an account. */
export type Traits = Pick<StaffAccount, 'id' | 'platform' | 'mobileMark' | 'jobNumber'>

export interface Twin {
  staffId: string
  why: Evidence
}

/** The digits of a mobile number of mainland China, or undefined; +86, spaces and dashes are no difference. */
export function mobileOf(text: string): string | undefined {
  const digits = text.replace(/[\s\-()（）]/g, '').replace(/^(\+|00)?86(?=1\d{10}$)/, '')
  return /^1\d{10}$/.test(digits) ? digits : undefined
}

/** The blind index of a work mobile. */
export function mobileMark(mobile: string | undefined): string | null {
  const digits = mobile && mobileOf(mobile)
  return digits ? blindIndex('staff_mobile', digits) : null
}

/**
 * Tells whose account on another platform belongs to the same person: by the pack's word, the same mobile number or
 * the same job number, in this order; never by name, and not at all when several people would fit.
 */
export function twinFinder(accounts: StaffAccount[], sameAs: SameAs[]): (one: Traits) => Twin | undefined {
  const active = accounts.filter((account) => account.active && account.staffId !== '')
  const byId = new Map(active.map((account) => [account.id, account]))
  const byMobile = groupBy(active, ({ mobileMark: mark }) => mark)
  const byJob = groupBy(active, ({ jobNumber }) => jobNumber)
  const named = new Map<string, string[]>()
  for (const person of sameAs) {
    const keys = Object.entries(person).map(([platform, userId]) => StaffAccount.key(platform, userId))
    for (const key of keys) named.set(key, keys)
  }
  return (one) => {
    const said = (named.get(one.id) ?? []).flatMap((key) => (key === one.id ? [] : (byId.get(key) ?? [])))
    const [first] = said
    if (first) return { staffId: first.staffId, why: 'people' }
    return (
      only(one, one.mobileMark ? byMobile.get(one.mobileMark) : undefined, 'mobile') ??
      only(one, one.jobNumber ? byJob.get(one.jobNumber) : undefined, 'job')
    )
  }
}

function only(one: Traits, alike: StaffAccount[] = [], why: Evidence): Twin | undefined {
  const others = alike.filter(({ id }) => id !== one.id)
  // Somebody else on the same platform has it too: it tells nobody apart.
  if (others.some(({ platform }) => platform === one.platform)) return undefined
  const people = [...new Set(others.map(({ staffId }) => staffId))]
  return people.length === 1 ? { staffId: people[0] as string, why } : undefined
}
