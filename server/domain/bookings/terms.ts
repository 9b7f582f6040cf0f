import { z } from 'zod'
import { calendarSchema } from '../../lib/calendar.ts'
import { DAY } from '../../lib/clock.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import { WEEKDAYS } from '../../lib/workday.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'use lower-case letters, digits and underscores')
const words = (most: number) => z.string().min(1).max(most)
const fen = z.int().min(0).max(100_000_000)
/** A span of the clock, kept in milliseconds. */
const span = spanSchema
  .refine((text) => !text.endsWith('workday'), 'write a span of the clock such as "15 min", "2 h", "30 d"')
  .transform((text) => spanMs(text, DAY))
/** A share, kept in thousandths. */
const share = z
  .string()
  .regex(/^(100|\d{1,2}(\.\d)?) ?%$/, 'write a share such as "5 %"')
  .transform((text) => Math.round(Number.parseFloat(text) * 10))
const place = z.strictObject({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) })

const storeSchema = z.strictObject({
  title: words(30),
  address: words(80),
  phone: words(20),
  /** GCJ-02. */
  place,
  /** When cars are handed over and taken back. */
  hours: calendarSchema,
  /** Cars are brought to the door, and fetched there, so far from here. */
  delivery: z
    .strictObject({
      within_km: z.number().positive(),
      free_km: z.number().min(0).default(0),
      fee: fen,
      per_km: fen.default(0),
      /** Why the customer's position is kept whatever they say to the purpose "location", as they read it. */
      needs: words(60).optional(),
    })
    .optional(),
})

const shotSchema = z.strictObject({ shot: identifier, title: words(20), hint: words(60).optional() })

const modelSchema = z.strictObject({
  title: words(30),
  class: identifier,
  class_title: words(12),
  seats: z.int().min(1).max(60),
  gearbox: words(10).optional(),
  energy: z.enum(['petrol', 'diesel', 'hybrid', 'electric']),
  /** Litres, or kilowatt-hours. */
  tank: z.number().positive(),
  picture: z.string().max(200).optional(),
  /** In fen. A day is 24 hours from the pick-up; what is left over is charged by the hour, up to a day. */
  price: z.strictObject({ day: fen, weekend: fen.optional(), holiday: fen.optional(), hour: fen.optional() }),
  /** How far one may go for a day's price, and what each further kilometre costs. */
  km: z.strictObject({ per_day: z.int().min(0), extra: fen }).optional(),
  /** What an hour beyond the end costs, up to a day's price. */
  overtime: fen,
  /** For the car, and for what may turn up of violations. */
  deposit: z.strictObject({ car: fen, violation: fen }),
  /** In place of the pictures that all models need. */
  shots: z.array(shotSchema).min(1).optional(),
})

const termsSchema = z.strictObject({
  rental: identifier,
  title: words(20),
  zone: z.string().default('Asia/Shanghai'),
  stores: z.record(identifier, storeSchema).refine((all) => Object.keys(all).length > 0, 'name at least one store'),
  models: z.record(identifier, modelSchema).refine((all) => Object.keys(all).length > 0, 'name at least one model'),
  /** The days that cost what a weekend costs. */
  weekend: z.array(z.enum(WEEKDAYS)).default(['sat', 'sun']),
  /** Times are multiples of this. */
  step: span.prefault('30 min'),
  /** A car can be had so long from now at the earliest, and within so long. */
  lead: span.prefault('1 h'),
  horizon: span.prefault('90 d'),
  least: span.prefault('4 h'),
  most: span.prefault('60 d'),
  /** What a car needs between two bookings. */
  turnaround: span.prefault('1 h'),
  /** How long a car waits for its payment, and how many such a customer may have. */
  hold_for: span.prefault('15 min'),
  holds_per_customer: z.int().min(1).default(2),
  no_show_after: span.prefault('2 h'),
  no_show_refund: share.prefault('0 %'),
  /** What comes back to who cancels so long before the pick-up; of several the first that fits. */
  cancel: z.array(z.strictObject({ before: span, refund: share })).min(1),
  /** What the customer reads at WeChat when money of a booking comes back. */
  refund_reason: words(30),
  remind: z.strictObject({ pickup: span.prefault('3 h'), return: span.prefault('2 h') }).prefault({}),
  /** Beyond the end: nothing for so long; besides what the hours cost, a fee after so long. */
  overtime: z
    .strictObject({
      grace: span.prefault('30 min'),
      late: z.strictObject({ after: span, fee: fen }).optional(),
    })
    .prefault({}),
  /** Bookings whose car will not be there get another one so long before. */
  rescue_before: span.prefault('24 h'),
  /** What long rentals take off the rent: of several the last that fits. */
  long: z.array(z.strictObject({ days: z.int().min(2), off: share })).default([]),
  /** What the tiers of the loyalty programme take off the rent. */
  tiers: z.record(identifier, share).default({}),
  /** What coupons must be for, in the words of their `scope`; the model and its class count as well. */
  coupons: z.array(identifier).default(['rental']),
  insurances: z
    .record(
      identifier,
      z.strictObject({
        title: words(20),
        text: words(120).optional(),
        per_day: fen,
        most: fen.optional(),
        required: z.boolean().default(false),
        /** What the customer bears of a damage with it. */
        excess: fen.optional(),
      }),
    )
    .default({}),
  extras: z
    .record(
      identifier,
      z
        .strictObject({
          title: words(20),
          per_day: fen.optional(),
          once: fen.optional(),
          most: z.int().min(1).default(1),
        })
        .refine(({ per_day, once }) => (per_day === undefined) !== (once === undefined), {
          message: 'say what it costs: either "per_day" or "once"',
        }),
    )
    .default({}),
  one_way: z
    .strictObject({
      fee: fen,
      pairs: z.array(z.strictObject({ between: z.tuple([identifier, identifier]), fee: fen })).default([]),
    })
    .optional(),
  /** Who pays no deposit: by tier, or if WeChat vouches for them by their pay score (where it is configured). */
  waiver: z
    .strictObject({ tiers: z.array(identifier).default([]), pay_score: z.boolean().default(false) })
    .prefault({}),
  /** What is missing in the tank: of a litre or kilowatt-hour, and for the trouble. */
  fuel: z
    .partialRecord(
      z.enum(['petrol', 'diesel', 'hybrid', 'electric']),
      z.strictObject({ each: fen, service: fen.default(0) }),
    )
    .default({}),
  damage: z
    .array(z.strictObject({ damage: identifier, title: words(30), price: fen, text: words(80).optional() }))
    .default([]),
  /** Violations become known late: for how long their deposit is kept, and what each costs besides the fine. */
  violations: z
    .strictObject({ hold_for: span.prefault('30 d'), handling: fen.default(0), per_point: fen.default(0) })
    .prefault({}),
  /** The pictures that are taken of a car when it goes and when it comes back. */
  shots: z.array(shotSchema).min(1),
  /** What the contract is made from. */
  contract: z.looseObject({}).default({}),
})

/** What holds for a rental, as `rental.yaml` of a pack says it: spans in ms, shares in thousandths, money in fen. */
export type Terms = z.infer<typeof termsSchema>
export type Store = Terms['stores'][string]
export type Model = Terms['models'][string]
export type Shot = z.infer<typeof shotSchema>
/** The schema of `rental.yaml`. */
export const rentalSchema = termsSchema
