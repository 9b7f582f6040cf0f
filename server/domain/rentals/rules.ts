import { z } from 'zod'
import { definitionById } from '../../engines/definitions/definitions.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { DAY } from '../../lib/clock.ts'
import { NotFound } from '../../lib/errors.ts'
import { textProblem } from '../../lib/render.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import type { Tx } from '../../lib/tx.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const words = (most: number) => z.string().min(1).max(most)
const fen = z.int().min(0).max(100_000_000)
const span = spanSchema
  .refine((text) => !text.endsWith('workday'), 'write a span of the clock such as "24 h"')
  .transform((text) => spanMs(text, DAY))
/** Words of the contract: Handlebars, with what `contract-text.ts` knows of the booking. */
const clause = z
  .string()
  .min(1)
  .max(1000)
  .superRefine((text, issues) => {
    const problem = textProblem(text)
    if (problem) issues.addIssue({ code: 'custom', message: problem })
  })
const article = z.strictObject({ title: words(30), text: z.array(clause).min(1).max(20) })

const rulesSchema = z.strictObject({
  contract: identifier,
  title: words(30),
  /** Who lets the car. */
  company: z.strictObject({
    name: words(60),
    credit_code: words(30).optional(),
    address: words(80),
    phone: words(30),
  }),
  /** What customers read when they are asked for money. */
  titles: z.strictObject({ deposit: words(30), bill: words(30) }),
  /** How much of the store's working time before the pick-up it begins to prepare the car. */
  prepare_before: span.refine((ms) => ms > 0, 'a car is prepared before it is picked up').prefault('4 h'),
  /** From how long before the pick-up on a customer may have the car prepared at once. */
  hurry_within: span.prefault('24 h'),
  driver: z
    .strictObject({
      /** The classes of a licence with which any of the models may be driven, and those of single models. */
      classes: z.array(z.string()).min(1).default(['A1', 'A2', 'A3', 'B1', 'B2', 'C1']),
      models: z.record(identifier, z.array(z.string()).min(1)).default({}),
      min_age: z.int().min(16).max(99).default(18),
      max_age: z.int().min(16).max(120).default(75),
      /** For how long somebody must have had the licence. */
      min_years: z.number().min(0).default(0),
      /** Whoever is in one of these segments, or has one of these tags, is not let a car. */
      blocked: z
        .strictObject({ segments: z.array(identifier).default([]), tags: z.array(z.string()).default([]) })
        .prefault({}),
    })
    .prefault({}),
  bill: z
    .strictObject({
      /** A bill to which nobody has said anything for so long is taken for right. */
      confirm_within: span.prefault('24 h'),
      pay_within: span.prefault('3 d'),
      /** What comes to more than this is looked at by a manager, in fen. */
      approve_above: fen.default(100_000),
      /** What is owed is taken from the deposit first; `no`: all of it is paid, and the deposit goes back whole. */
      from_deposit: z.boolean().default(true),
    })
    .prefault({}),
  articles: z.array(article).min(1).max(30),
  /** What a supplement says when something has changed after the signature. */
  supplement: z.array(clause).min(1).max(20),
})

/** What a business says of its contracts, drivers and bills, as `contract.yaml` of a pack says it. */
export type RentalRules = z.infer<typeof rulesSchema>
export interface RulesVersion {
  id: string
  body: RentalRules
}

let inForce: RulesVersion | undefined

/** The rules in force; throws NotFound where no pack lets anything. */
export function rulesNow(): RulesVersion {
  if (!inForce) throw new NotFound('rental')
  return inForce
}

/** Whether a pack in force has rules for rentals. */
export function hasRules(): boolean {
  return inForce !== undefined
}

/** The rules under which a rental began. */
export async function rulesOf(tx: Tx, rulesId: string): Promise<RentalRules> {
  return (await definitionById<RentalRules>(tx, rulesId)).body
}

/** Adds the rules of rentals to what packs can say. */
export function contractFile(): PackFile<RentalRules, RentalRules> {
  return {
    file: 'contract.yaml',
    kind: 'contract',
    schema: rulesSchema,
    freeze: (rules) => ({ name: rules.contract, body: rules }),
    check(read, _beside, problems) {
      const driver = read?.value.driver
      if (read && driver && driver.min_age > driver.max_age)
        problems.push(read.source.problem(['driver', 'min_age'], '"min_age" is greater than "max_age"'))
    },
    use(all) {
      inForce = all[0]
    },
  }
}
