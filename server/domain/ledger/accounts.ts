/**
 * What an account tells of: what we have, what we owe, what was earned, what it cost. What we have and what it cost grow
 * by positive amounts, what we owe and have earned by negative ones, so that the lines of a movement come to nothing.
 */
type Side = 'have' | 'owe' | 'earned' | 'cost'

/** The chart of accounts; the word before the colon is the kind, the one after it the side that it is of. */
const CHART = {
  /** Money that WeChat Pay holds for us. */
  'cash:wechatpay': 'have',
  /** Money that was handed over otherwise: by bank, at the counter. */
  'cash:bank': 'have',
  /** Where customers stand: above zero they owe us, below zero they have paid for what is still to come. */
  'customers:owed': 'have',
  /** Deposits that are held: the customers' money. */
  'deposits:held': 'owe',
  /** Refunds that were asked for and have not arrived yet. */
  'refunds:due': 'owe',
  /** Money that came and fits nothing: kept apart until somebody has decided. */
  'apart:wechatpay': 'owe',
  'revenue:rental': 'earned',
  'revenue:ride': 'earned',
  'revenue:pass': 'earned',
  'revenue:service': 'earned',
  'revenue:goods': 'earned',
  'revenue:insurance': 'earned',
  'revenue:delivery': 'earned',
  'revenue:overtime': 'earned',
  'revenue:mileage': 'earned',
  'revenue:fuel': 'earned',
  'revenue:damage': 'earned',
  'revenue:violation': 'earned',
  'revenue:fee': 'earned',
  /** What coupons, tiers and goodwill have taken off. */
  'cost:discount': 'cost',
  /** What customers owe and nobody will pay any more. */
  'cost:lost': 'cost',
  /** What the platform keeps for itself. */
  'fees:wechatpay': 'cost',
} as const satisfies Record<string, Side>

export type Account = keyof typeof CHART

/** Whether there is such an account. */
export function isAccount(name: string): name is Account {
  return Object.hasOwn(CHART, name)
}
