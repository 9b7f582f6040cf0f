import type { v3 } from 'gbfs-typescript-types'

/** What rides on some kinds of vehicle cost, as the public feed says it. */
export interface PublicPlan {
  kinds: string[]
  plan: v3.SystemPricingPlans['data']['plans'][number]
}

let find: () => PublicPlan[] = () => []

/** Lends the public feed what rides cost: whoever takes money for them knows. */
export function lendPlans(all: () => PublicPlan[]): void {
  find = all
}

/** Every plan by which something can be ridden. */
export function publicPlans(): PublicPlan[] {
  return find()
}
