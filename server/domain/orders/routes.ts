import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import { presentId } from '../../engines/events/aliases.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { orderLook, orderLooks } from './look.ts'
import { Order } from './order.ts'
import { addMove, orderByNumber, putOrder } from './orders.ts'
import { moveSchema, orderLookSchema, orderSchema } from './schema.ts'

const ID = /^[0-9A-Z]{26}$/
const listQuery = z.strictObject({
  customer: z.string().regex(ID).optional(),
  /** The id of the last order of the page before. */
  after: z.string().regex(ID).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
const putAnswer = z.strictObject({ outcome: z.enum(['created', 'updated', 'known']), order: orderLookSchema })
const oneAnswer = z.strictObject({ order: orderLookSchema })
const listAnswer = z.strictObject({ orders: z.array(orderLookSchema), next: z.string().optional() })

/** The doors by which other systems tell of orders and read them (D5). */
export function orderDoors({ db }: { db: Database }): ApiDoor[] {
  return [
    door({
      name: 'put_order',
      method: 'post',
      path: '/orders',
      scope: 'orders:write',
      body: orderSchema,
      answer: putAnswer,
      example: { body: EXAMPLE, answer: { outcome: 'created', order: LOOK } },
      run: ({ body, key }) =>
        db.write(async (tx) => {
          const { order, outcome } = await putOrder(tx, body, key.name)
          return { outcome, order: await orderLook(tx, order) }
        }),
    }),
    door({
      name: 'list_orders',
      method: 'get',
      path: '/orders',
      scope: 'orders:read',
      query: listQuery,
      answer: listAnswer,
      example: { answer: { orders: [LOOK] } },
      run: ({ query: { customer, after = '', limit } }) =>
        db.read(async (tx) => {
          const [of, whose] = customer ? ['customerId = ? AND', [await presentId(tx, customer)]] : ['', []]
          const orders = await tx.find(Order, `WHERE ${of} id > ? ORDER BY id LIMIT ${limit}`, [...whose, after])
          return { orders: await orderLooks(tx, orders), next: orders.length === limit ? orders.at(-1)?.id : undefined }
        }),
    }),
    door({
      name: 'read_order',
      method: 'get',
      path: '/orders/:number',
      scope: 'orders:read',
      answer: oneAnswer,
      example: { answer: { order: LOOK } },
      run: ({ params, key }) =>
        db.read(async (tx) => {
          const order = await orderMeant(tx, key.name, params.number ?? '')
          return { order: await orderLook(tx, order) }
        }),
    }),
    ...(['payment', 'refund'] as const).map((kind) =>
      door({
        name: `add_${kind}`,
        method: 'post',
        path: `/orders/:number/${kind}s`,
        scope: 'orders:write',
        body: moveSchema,
        answer: oneAnswer,
        example: { body: MOVES[kind], answer: { order: LOOK } },
        run: ({ params, body, key }) =>
          db.write(async (tx) => {
            const order = await addMove(tx, key.name, params.number ?? '', kind, body)
            return { order: await orderLook(tx, order) }
          }),
      }),
    ),
  ]
}

/** By its number in the asker's own system, or by our id; throws NotFound. */
async function orderMeant(tx: Tx, source: string, said: string): Promise<Order> {
  const order = (await orderByNumber(tx, source, said)) ?? (ID.test(said) ? await tx.get(Order, said) : undefined)
  if (!order) throw new NotFound('order', { number: said.slice(0, 64) })
  return order
}

const MOVES = {
  payment: { id: 'P-20261123-1', amount: 26_800, at: '2026-11-23T10:02:00+08:00', method: 'wechat' },
  refund: { id: 'R-20261124-1', amount: 5_000, at: '2026-11-24T09:00:00+08:00', reason: '提前还车' },
}
const ITEM = { sku: 'SUV-7-DAY', name: '七座 SUV 日租', quantity: 1, price: 26_800 }
const EXAMPLE = {
  number: 'SC20261123001',
  customer: { phone: '13800001234', member: 'M-1001' },
  status: 'placed',
  total: 26_800,
  title: '七座 SUV 日租',
  channel: 'app',
  items: [ITEM],
  placed_at: '2026-11-23T10:00:00+08:00',
  updated_at: '2026-11-23T10:02:00+08:00',
  payments: [MOVES.payment],
}
const LOOK = {
  id: '01KANCDEFGHJKMNPQRSTVWXYZ1',
  source: '商城',
  number: EXAMPLE.number,
  customer: '01KANCDEFGHJKMNPQRSTVWXYZ0',
  status: 'paid',
  total: 26_800,
  paid: 26_800,
  refunded: 0,
  title: EXAMPLE.title,
  channel: 'app',
  items: [ITEM],
  data: {},
  placed_at: 1_795_399_200_000,
  paid_at: 1_795_399_320_000,
  updated_at: 1_795_399_320_000,
  payments: [{ id: MOVES.payment.id, amount: 26_800, at: 1_795_399_320_000, method: 'wechat', reason: null }],
  refunds: [],
}
