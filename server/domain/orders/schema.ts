import { z } from 'zod'
import { instantSchema } from '../../lib/instant.ts'
import { plainData } from '../../lib/plain-data.ts'
import { lineOf } from '../../lib/said.ts'
import { givenSchema } from '../customers/given.ts'
import { STATUSES, TOLD } from './order.ts'

/** A number as other systems give them; it stands in paths. */
export const numberSchema = z.string().regex(/^[\w.:@+=-]{1,64}$/)
/** Fen; more than a hundred million yuan is a mistake. */
const amount = z.int().min(0).max(10_000_000_000)

const moveSchema = z.strictObject({
  id: numberSchema,
  amount: amount.min(1),
  at: instantSchema.optional(),
  method: lineOf(40).optional(),
  reason: lineOf(120).optional(),
})
export type MoveGiven = z.infer<typeof moveSchema>

/** An order as another system tells it: once when it is placed, and again with each change. */
export const orderSchema = z.strictObject({
  number: numberSchema,
  customer: givenSchema.optional(),
  status: z.enum(TOLD).default('placed'),
  total: amount,
  title: lineOf(120).optional(),
  channel: lineOf(40).optional(),
  items: z
    .array(
      z.strictObject({ sku: lineOf(64), name: lineOf(120), quantity: z.number().min(0).max(1_000_000), price: amount }),
    )
    .max(100)
    .default([]),
  data: plainData.optional(),
  placed_at: instantSchema.optional(),
  /** Which of two versions is the newer one. */
  updated_at: instantSchema,
  payments: z.array(moveSchema).max(50).default([]),
  refunds: z.array(moveSchema).max(50).default([]),
})
export type OrderGiven = z.infer<typeof orderSchema>

export { moveSchema }

/** A quote, contract, invoice or return as another system tells it. */
export function paperSchema(statuses: readonly [string, ...string[]]) {
  return z.strictObject({
    number: numberSchema,
    customer: givenSchema.optional(),
    order: numberSchema.optional(),
    status: z.enum(statuses),
    amount: amount.optional(),
    title: lineOf(120).optional(),
    data: plainData.optional(),
    issued_at: instantSchema.optional(),
    ends_at: instantSchema.optional(),
    updated_at: instantSchema,
  })
}
export type PaperGiven = z.infer<ReturnType<typeof paperSchema>>

const moveLook = z.strictObject({
  id: z.string(),
  amount: z.int(),
  at: z.int(),
  method: z.string().nullable(),
  reason: z.string().nullable(),
})

export const orderLookSchema = z.strictObject({
  id: z.string(),
  source: z.string(),
  number: z.string(),
  customer: z.string(),
  status: z.enum(STATUSES),
  total: z.int(),
  paid: z.int(),
  refunded: z.int(),
  title: z.string().nullable(),
  channel: z.string().nullable(),
  items: z.array(z.strictObject({ sku: z.string(), name: z.string(), quantity: z.number(), price: z.int() })),
  data: z.record(z.string(), z.unknown()),
  placed_at: z.int(),
  paid_at: z.int().nullable(),
  updated_at: z.int(),
  payments: z.array(moveLook),
  refunds: z.array(moveLook),
})

export const paperLookSchema = z.strictObject({
  id: z.string(),
  source: z.string(),
  number: z.string(),
  customer: z.string(),
  order: z.string().nullable(),
  status: z.string(),
  amount: z.int().nullable(),
  title: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  issued_at: z.int(),
  ends_at: z.int().nullable(),
  updated_at: z.int(),
})
