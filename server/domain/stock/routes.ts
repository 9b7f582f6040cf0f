import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { instantOf, instantSchema } from '../../lib/instant.ts'
import { lineOf } from '../../lib/said.ts'
import { pastOf } from '../orders/orders.ts'
import { numberSchema } from '../orders/schema.ts'
import { type StockAllocation, StockGood } from './good.ts'
import { adjustGood, allocate, countGood, endAllocation, goodBy } from './stock.ts'

const MOST = 1_000_000_000
const sku = lineOf(64)
const quantity = z.int().min(1).max(1_000_000)
const goodSchema = z.strictObject({
  sku,
  title: lineOf(120).optional(),
  /** How many lie in the house, those with them that are promised and have not left it. */
  on_hand: z.int().min(0).max(MOST),
  threshold: z.int().min(0).max(MOST).optional(),
  /** When it was counted: of two counts the newer one holds. */
  counted_at: instantSchema,
})
const putBody = z.strictObject({ goods: z.array(goodSchema).min(1).max(500) })
const adjustBody = z.strictObject({
  id: numberSchema,
  change: z.int().min(-MOST).max(MOST),
  reason: lineOf(120).optional(),
})
const allocateBody = z.strictObject({ id: numberSchema, quantity })
const listQuery = z.strictObject({
  after: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
const goodLook = z.strictObject({
  sku: z.string(),
  title: z.string(),
  on_hand: z.int(),
  allocated: z.int(),
  threshold: z.int(),
  saleable: z.int(),
})
const allocationLook = z.strictObject({ id: z.string(), sku: z.string(), quantity: z.int(), state: z.string() })
const oneAnswer = z.strictObject({ good: goodLook })
const allocationAnswer = z.strictObject({ allocation: allocationLook, good: goodLook })
const listAnswer = z.strictObject({ goods: z.array(goodLook), next: z.string().optional() })

/** The doors by which other systems tell and read how many goods there are, and have them promised (6). */
export function stockDoors({ db }: { db: Database }): ApiDoor[] {
  return [
    door({
      name: 'put_stock',
      method: 'post',
      path: '/stock',
      scope: 'stock:write',
      body: putBody,
      answer: z.strictObject({ taken: z.int(), known: z.int() }),
      example: {
        body: { goods: [{ sku: 'TENT-2', title: '双人帐篷', on_hand: 40, counted_at: '2026-11-23T10:00:00+08:00' }] },
        answer: { taken: 1, known: 0 },
      },
      run: ({ body, key }) =>
        db.write(async (tx) => {
          let taken = 0
          for (const good of inOrder(body.goods)) {
            const at = pastOf(tx, 'counted_at', instantOf(good.counted_at))
            const count = { sku: good.sku, title: good.title, onHand: good.on_hand, threshold: good.threshold }
            if (await countGood(tx, { ...count, at, source: key.name })) taken += 1
          }
          return { taken, known: body.goods.length - taken }
        }),
    }),
    door({
      name: 'list_stock',
      method: 'get',
      path: '/stock',
      scope: 'stock:read',
      query: listQuery,
      answer: listAnswer,
      example: { answer: { goods: [LOOK] } },
      run: ({ query: { after = '', limit } }) =>
        db.read(async (tx) => {
          const rows = await tx.find(StockGood, `WHERE id > ? ORDER BY id LIMIT ${limit + 1}`, [after])
          const page = rows.slice(0, limit)
          const last = page.at(-1)
          return { goods: page.map(lookOf), ...(rows.length > limit && last && { next: last.id }) }
        }),
    }),
    door({
      name: 'read_stock',
      method: 'get',
      path: '/stock/:sku',
      scope: 'stock:read',
      answer: oneAnswer,
      example: { answer: { good: LOOK } },
      run: ({ params }) => db.read(async (tx) => ({ good: lookOf(await goodBy(tx, params.sku ?? '')) })),
    }),
    door({
      name: 'adjust_stock',
      method: 'post',
      path: '/stock/:sku/adjustments',
      scope: 'stock:write',
      body: adjustBody,
      answer: oneAnswer,
      example: { body: { id: 'A-1', change: -2, reason: '盘亏' }, answer: { good: LOOK } },
      run: ({ params, body, key }) =>
        db.write(async (tx) => {
          const given = { sku: params.sku ?? '', change: body.change, reason: body.reason }
          await adjustGood(tx, { ...given, key: body.id, source: key.name })
          return { good: lookOf(await goodBy(tx, given.sku)) }
        }),
    }),
    door({
      name: 'allocate_stock',
      method: 'post',
      path: '/stock/:sku/allocations',
      scope: 'stock:write',
      body: allocateBody,
      answer: allocationAnswer,
      example: { body: { id: 'SC1', quantity: 1 }, answer: { allocation: PROMISE, good: LOOK } },
      run: ({ params, body, key }) =>
        db.write(async (tx) => {
          const good = params.sku ?? ''
          const id = nameOf(key.name, body.id, good)
          return answerOf(tx, body.id, await allocate(tx, { id, sku: good, quantity: body.quantity, source: key.name }))
        }),
    }),
    ...(['sale', 'release', 'return'] as const).map((what) =>
      door({
        name: `${what}_stock`,
        method: 'post' as const,
        path: `/stock/:sku/allocations/:id/${what}`,
        scope: 'stock:write' as const,
        answer: allocationAnswer,
        example: { answer: { allocation: { ...PROMISE, state: STATES[what] }, good: LOOK } },
        run: ({ params, key }) =>
          db.write(async (tx) => {
            const id = nameOf(key.name, params.id ?? '', params.sku ?? '')
            return answerOf(tx, params.id ?? '', await endAllocation(tx, id, STATES[what], key.name))
          }),
      }),
    ),
  ]
}

const STATES = { sale: 'sold', release: 'released', return: 'returned' } as const

/** Whoever asks has names of their own: the same as an order of that number has. */
function nameOf(source: string, id: string, sku: string): string {
  return `${source}:${id}:${sku}`.slice(0, 190)
}

/** Two requests at once do not wait for each other crosswise. */
function inOrder<T extends { sku: string }>(goods: T[]): T[] {
  return goods.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))
}

function lookOf(good: StockGood) {
  const { id, title, onHand, allocated, threshold } = good
  return { sku: id, title, on_hand: onHand, allocated, threshold, saleable: Math.max(0, good.saleable()) }
}

async function answerOf(tx: Tx, id: string, { sku, quantity, state }: StockAllocation) {
  return { allocation: { id, sku, quantity, state }, good: lookOf(await goodBy(tx, sku)) }
}

const LOOK = { sku: 'TENT-2', title: '双人帐篷', on_hand: 40, allocated: 1, threshold: 0, saleable: 39 }
const PROMISE = { id: 'SC1', sku: 'TENT-2', quantity: 1, state: 'allocated' }
