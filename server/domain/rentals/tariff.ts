import type { Booking } from '../bookings/booking.ts'
import { modelOf } from '../bookings/rental-file.ts'
import type { Terms } from '../bookings/terms.ts'
import type { Tariff } from './settlement.ts'

/** What the terms of a booking say of all that is settled at its end. */
export function tariffOf(terms: Terms, { model: name }: Pick<Booking, 'model'>): Tariff {
  const model = modelOf(terms, name)
  const { grace, late } = terms.overtime
  const fuel = terms.fuel[model.energy]
  return {
    day: model.price.day,
    overtime: {
      perHour: model.overtime,
      graceMs: grace,
      ...(late && { late: { afterMs: late.after, fee: late.fee } }),
    },
    extraKm: model.km?.extra ?? 0,
    tank: model.tank,
    ...(fuel && { fuel: { ...fuel, energy: model.energy } }),
    damages: terms.damage.map(({ damage, title, price }) => ({ name: damage, title, price })),
    violation: { handling: terms.violations.handling, perPoint: terms.violations.per_point },
  }
}

/** What the customer bears of damages at most, by the best of their insurances; undefined: all of it. */
export function excessOf(terms: Terms, { extras }: Pick<Booking, 'extras'>): number | undefined {
  const required = Object.entries(terms.insurances).flatMap(([name, one]) => (one.required ? [name] : []))
  const bought = [...new Set([...extras.insurances, ...required])]
  const excesses = bought.flatMap((name) => terms.insurances[name]?.excess ?? [])
  return excesses.length > 0 ? Math.min(...excesses) : undefined
}
