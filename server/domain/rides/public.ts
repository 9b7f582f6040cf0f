import { fleet } from '../assets/fleet.ts'
import { lendPlans, type PublicPlan } from '../assets/plans.ts'
import type { Segment } from './price.ts'
import { termsNow } from './terms.ts'

/** Tells the public feed what rides cost (GBFS system_pricing_plans). */
export function publishPlans(): void {
  lendPlans(() => termsNow().flatMap(({ body }) => body.plans.map((plan) => plainOf(body.rides, plan))))
}

function plainOf(rides: string, { plan, title, says, kinds, base, perMin, perKm }: Parts): PublicPlan {
  const language = fleet().system?.language ?? 'zh-CN'
  return {
    kinds,
    plan: {
      plan_id: `${rides}_${plan}`,
      name: [{ text: title, language }],
      description: [{ text: says, language }],
      currency: 'CNY',
      price: base / 100,
      is_taxable: false,
      ...(perKm.length > 0 && { per_km_pricing: perKm.map(inYuan) }),
      ...(perMin.length > 0 && { per_min_pricing: perMin.map(inYuan) }),
    },
  }
}

type Parts = ReturnType<typeof termsNow>[number]['body']['plans'][number]

function inYuan({ start, end, interval, rate }: Segment) {
  return { start, ...(end !== undefined && { end }), interval, rate: rate / 100 }
}
