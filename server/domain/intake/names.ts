/** What a business may hear from outside, beside what its packs declare: who may tell it. */
const OUTSIDE: Record<'app' | 'system', readonly string[]> = {
  /** The customer's own app, and any system. */
  app: [
    'app.opened',
    'page.viewed',
    'element.clicked',
    'search.made',
    'product.viewed',
    'product.shared',
    'cart.added',
    'cart.removed',
    'cart.changed',
    'cart.emptied',
    'favourite.added',
    'favourite.removed',
    'campaign.viewed',
    'coupon.viewed',
  ],
  /** Systems only: what counts for something is not to be told by a phone. */
  system: [
    'campaign.joined',
    'coupon.claimed',
    'coupon.used',
    'store.visited',
    'ride.started',
    'ride.ended',
    'rental.booked',
    'rental.started',
    'rental.returned',
    'pass.bought',
    'pass.expired',
  ],
}

/** Events that have a door of their own, by the beginning of their names. */
const ELSEWHERE: Record<string, string> = {
  order: '/api/v1/orders',
  payment: '/api/v1/orders/{number}/payments',
  refund: '/api/v1/orders/{number}/refunds',
  quote: '/api/v1/quotes',
  contract: '/api/v1/contracts',
  invoice: '/api/v1/invoices',
  return: '/api/v1/returns',
  customer: '/api/v1/customers',
}

/** Beginnings of names under which the house writes: nobody else does, not even by a pack. */
const OWN = new Set([
  ...Object.keys(ELSEWHERE),
  ...['ticket', 'step', 'flow', 'staff', 'follow_up', 'interaction', 'task', 'tag', 'stage', 'segment', 'rule'],
  ...['asset', 'fault', 'lead', 'message', 'mail', 'points', 'answers', 'subscription', 'customers', 'identity'],
  ...['consent', 'access', 'tier', 'company', 'dispatch', 'link', 'document', 'booking', 'appointment', 'stock'],
])

const APP: ReadonlySet<string> = new Set(OUTSIDE.app)
const ALL: ReadonlySet<string> = new Set([...OUTSIDE.app, ...OUTSIDE.system])

/** Every name that may come in without a pack's word, for the description of the door. */
export const OUTSIDE_NAMES: readonly string[] = [...ALL]

/** Why an event of this name may not come in, or undefined. `declared`: a pack says that it may. */
export function nameRefused(
  name: string,
  from: 'app' | 'system',
  declared: boolean,
): { why: string; data?: Record<string, unknown> } | undefined {
  if (from === 'app' ? APP.has(name) : ALL.has(name)) return undefined
  const beginning = name.slice(0, name.indexOf('.'))
  const elsewhere = ELSEWHERE[beginning]
  if (elsewhere && from === 'system') return { why: 'event_elsewhere', data: { name, path: elsewhere } }
  if (isOwn(name)) return { why: 'event_reserved', data: { name } }
  return declared ? undefined : { why: 'event_unknown', data: { name } }
}

/** Whether only the house writes events of this name. */
export function isOwn(name: string): boolean {
  return OWN.has(name.slice(0, name.indexOf('.')))
}
