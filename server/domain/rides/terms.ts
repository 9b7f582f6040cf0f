import { z } from 'zod'
import { definitionById } from '../../engines/definitions/definitions.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'
import { DAY } from '../../lib/clock.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import type { Tx } from '../../lib/tx.ts'
import type { PricePlan, Segment } from './price.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'use lower-case letters, digits and underscores')
const clockSpan = spanSchema.refine((span) => !span.endsWith('workday'), 'write a span of the clock such as "30 min"')
const fen = z.int().min(0).max(1_000_000)

const segmentSchema = z
  .strictObject({
    start: z.number().min(0).default(0),
    end: z.number().positive().optional(),
    interval: z.number().min(0).default(0),
    rate: z.int().min(-1_000_000).max(1_000_000),
  })
  .refine(({ start, end }) => end === undefined || end > start, { path: ['end'], message: 'ends before it starts' })

const planSchema = z.strictObject({
  plan: identifier,
  title: z.string().min(1).max(20),
  /** The price in words, as riders read it before they unlock. */
  says: z.string().min(1).max(60),
  kinds: z.array(identifier).min(1),
  base: fen.default(0),
  per_min: z.array(segmentSchema).default([]),
  per_km: z.array(segmentSchema).default([]),
  cap: z.strictObject({ amount: fen, per: clockSpan }).optional(),
})

const cardSchema = z.strictObject({
  card: identifier,
  title: z.string().min(1).max(20),
  says: z.string().min(1).max(60),
  price: fen.min(1),
  days: z.int().min(1).max(400),
  rides_a_day: z.int().min(1).max(1000),
  /** Of each ride so many minutes cost nothing; what is longer costs what the plan says. */
  minutes: z.int().min(1),
})

/** `rides.yaml` of a pack (A). Money is in fen. */
const ridesSchema = z.strictObject({
  rides: identifier,
  plans: z.array(planSchema).min(1),
  /** The first rides of a customer cost nothing, so many minutes of them. */
  first_free: z.strictObject({ rides: z.int().min(1).default(1), minutes: z.int().min(1) }).optional(),
  fees: z.strictObject({ no_parking: fen.default(0), out_of_area: fen.default(0) }).prefault({}),
  /** Who locks it again so soon has not ridden. */
  grace: clockSpan.default('1 min'),
  /** A lock that has not opened by then does not open any more. */
  unlock_within: clockSpan.default('1 min'),
  /** A ride that nobody ends, the server ends. */
  longest: clockSpan.default('12 h'),
  /** For how long it may wait locked; without it there are no pauses. */
  pause: clockSpan.optional(),
  /** Until when a ride can be paid by what was asked first; it can be asked again. */
  pay_within: clockSpan.default('2 d'),
  cards: z.array(cardSchema).default([]),
  /** How a lock that stays open is reported: the form of a case, and what its fields are told. */
  lock_open: z
    .strictObject({
      form: identifier,
      bike: identifier,
      place: identifier.optional(),
      /** Why the position of the rider's phone is kept whatever they say to the purpose "location". */
      needs: z.string().min(1).max(60).optional(),
      photos: identifier.optional(),
      answers: z.record(identifier, z.union([z.string(), z.number()])).default({}),
    })
    .optional(),
  /** The form with which riders appeal against a price: which of its fields takes the ride's number, which the amount. */
  appeal: z.strictObject({ form: identifier, order: identifier, amount: identifier }).optional(),
})
type RidesSource = z.infer<typeof ridesSchema>

export interface Plan extends PricePlan {
  plan: string
  title: string
  says: string
  kinds: string[]
}
export type CardTerms = z.infer<typeof cardSchema>

/** What holds for rides, with every span in milliseconds. */
export interface RideTerms
  extends Pick<RidesSource, 'rides' | 'fees' | 'first_free' | 'cards' | 'lock_open' | 'appeal'> {
  plans: Plan[]
  graceMs: number
  unlockMs: number
  longestMs: number
  pauseMs?: number
  payMs: number
}

/** A version of the terms. */
export interface TermsVersion {
  id: string
  body: RideTerms
}

let inForce: TermsVersion[] = []

/** What the packs in force say of rides. */
export function termsNow(): TermsVersion[] {
  return inForce
}

/** The terms and the plan by which a kind of vehicle is ridden, if it can be. */
export function planFor(kind: string): { terms: TermsVersion; plan: Plan } | undefined {
  for (const terms of inForce) {
    const plan = terms.body.plans.find(({ kinds }) => kinds.includes(kind))
    if (plan) return { terms, plan }
  }
  return undefined
}

/** The terms with which something began. */
export async function termsById(tx: Tx, id: string): Promise<RideTerms> {
  return (await definitionById<RideTerms>(tx, id)).body
}

/** Adds what rides cost to what packs can say. */
export function ridesFile(): PackFile<RidesSource, RideTerms> {
  return {
    file: 'rides.yaml',
    kind: 'rides',
    schema: ridesSchema,
    freeze: (source) => ({ name: source.rides, body: frozen(source) }),
    check(read, { forms }, problems) {
      if (!read) return
      const { value, source } = read
      for (const [list, name] of [
        [value.plans.map(({ plan }) => plan), 'plans'],
        [value.cards.map(({ card }) => card), 'cards'],
      ] as const) {
        list.forEach((one, i) => {
          if (list.indexOf(one) < i) problems.push(source.problem([name, i], `the item "${one}" stands twice`))
        })
      }
      const kinds = value.plans.flatMap(({ kinds }) => kinds)
      kinds.forEach((kind, i) => {
        if (kinds.indexOf(kind) < i)
          problems.push(source.problem(['plans'], `"${kind}" is ridden by more than one plan`))
      })
      for (const key of ['lock_open', 'appeal'] as const) {
        const meant = value[key]
        if (!meant) continue
        const form = forms.find((one) => one.value.form === meant.form)?.value
        if (!form) {
          const known = forms.map((one) => one.value.form)
          problems.push(source.problem([key, 'form'], unknown('form', meant.form, known)))
          continue
        }
        const fields = form.fields.map(({ name }) => name)
        const { form: _form, ...rest } = meant
        const { needs: _needs, ...named } = { needs: '', ...rest }
        for (const [part, field] of Object.entries(named)) {
          for (const name of typeof field === 'string' ? [field] : Object.keys(field ?? {}))
            if (!fields.includes(name)) problems.push(source.problem([key, part], unknown('field', name, fields)))
        }
      }
    },
    use(all) {
      inForce = all.map(({ id, body }) => ({ id, body }))
    },
  }
}

function frozen(source: RidesSource): RideTerms {
  const { rides, fees, first_free, cards, lock_open, appeal, grace, unlock_within, longest, pause, pay_within } = source
  const ms = (span: string) => spanMs(span, DAY)
  return {
    rides,
    fees,
    cards,
    ...(first_free && { first_free }),
    ...(lock_open && { lock_open }),
    ...(appeal && { appeal }),
    plans: source.plans.map(({ plan, title, says, kinds, base, per_min, per_km, cap }) => ({
      plan,
      title,
      says,
      kinds,
      base,
      perMin: per_min as Segment[],
      perKm: per_km as Segment[],
      ...(cap && { cap: { amount: cap.amount, perMs: ms(cap.per) } }),
    })),
    graceMs: ms(grace),
    unlockMs: ms(unlock_within),
    longestMs: ms(longest),
    ...(pause && { pauseMs: ms(pause) }),
    payMs: ms(pay_within),
  }
}
