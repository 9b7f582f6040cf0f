import { z } from 'zod'
import { type ApiCall, type ApiDoor, door } from '../../engines/api/door.ts'
import { SYSTEM } from '../../engines/events/events.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { Conflict } from '../../lib/errors.ts'
import { maskName, maskPhone } from '../../lib/format.ts'
import { Customer, CustomerIdentity } from '../customers/customer.ts'
import { byIdentity, customerById } from '../customers/customers.ts'
import { GIVEN_KINDS, givenSchema, identitiesIn } from '../customers/given.ts'
import { identify } from '../customers/identify.ts'
import { CustomerFacts, factsInRow } from '../segments/known.ts'
import { CustomerTag } from '../segments/tag.ts'
import { changesSchema, customerSchema, putCustomer, takeOver } from './put-customer.ts'

const id = z.string().regex(/^[0-9A-Z]{26}$/)
const identityQuery = Object.fromEntries(
  GIVEN_KINDS.map((kind) => [kind, z.string().min(1).max(200).optional()]),
) as Record<(typeof GIVEN_KINDS)[number], z.ZodOptional<z.ZodString>>
const listQuery = z.strictObject({
  /** The id of the last customer of the page before. */
  after: id.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  ...identityQuery,
})
const lookSchema = z.strictObject({
  id: z.string(),
  /** Masked unless the key has the scope customers:reveal. */
  name: z.string().nullable(),
  phone: z.string().nullable(),
  tier: z.string().nullable(),
  created_at: z.int(),
  seen_at: z.int(),
  tags: z.array(z.string()),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
const putAnswer = z.strictObject({ outcome: z.enum(['created', 'updated', 'known']), customer: lookSchema })
const oneAnswer = z.strictObject({ customer: lookSchema })
const listAnswer = z.strictObject({ customers: z.array(lookSchema), next: z.string().optional() })

type May = ApiCall<unknown, unknown>['may']

/** The doors by which other systems tell of customers and read them (D1); names and numbers are masked. */
export function customerDoors({ db }: { db: Database }): ApiDoor[] {
  return [
    door({
      name: 'put_customer',
      method: 'post',
      path: '/customers',
      scope: 'customers:write',
      body: customerSchema,
      answer: putAnswer,
      example: { body: EXAMPLE, answer: { outcome: 'created', customer: LOOK } },
      run: ({ body, key, may }) =>
        db.write(async (tx) => {
          const { customer, outcome } = await putCustomer(tx, body, key.name)
          return { outcome, customer: await lookOf(tx, customer, may) }
        }),
    }),
    door({
      name: 'list_customers',
      method: 'get',
      path: '/customers',
      scope: 'customers:read',
      query: listQuery,
      answer: listAnswer,
      example: { answer: { customers: [LOOK] } },
      run: ({ query: { after = '', limit, ...identities }, may }) =>
        db.read(async (tx) => {
          if (Object.values(identities).some((one) => one !== undefined))
            return { customers: await looksOf(tx, await known(tx, identities), may) }
          const rows = await tx.find(Customer, `WHERE id > ? ORDER BY id LIMIT ${limit}`, [after])
          return { customers: await looksOf(tx, rows, may), next: rows.length === limit ? rows.at(-1)?.id : undefined }
        }),
    }),
    door({
      name: 'read_customer',
      method: 'get',
      path: '/customers/:id',
      scope: 'customers:read',
      answer: oneAnswer,
      example: { answer: { customer: LOOK } },
      run: ({ params, may }) =>
        db.read(async (tx) => ({ customer: await lookOf(tx, await customerById(tx, params.id ?? ''), may) })),
    }),
    door({
      name: 'change_customer',
      method: 'patch',
      path: '/customers/:id',
      scope: 'customers:write',
      body: changesSchema,
      answer: oneAnswer,
      example: { body: { region: '杭州' }, answer: { customer: LOOK } },
      run: ({ params, body: { customer: given, ...told }, key, may }) =>
        db.write(async (tx) => {
          const customer = await customerById(tx, params.id ?? '')
          if (given) await join(tx, customer.id, given, key.name)
          await takeOver(tx, customer, told, key.name)
          return { customer: await lookOf(tx, await customerById(tx, customer.id), may) }
        }),
    }),
  ]
}

/** Further identities of a customer. Throws Conflict when they are those of somebody else. */
async function join(tx: Tx, customerId: string, given: z.infer<typeof givenSchema>, source: string): Promise<void> {
  const own = await tx.find(CustomerIdentity, 'WHERE customerId = ? ORDER BY createdAt, id', [customerId])
  const all = [...own.map(({ kind, value, proved }) => ({ kind, value, proved })), ...identitiesIn(given)]
  await identify(tx, all, { by: SYSTEM, source })
  // Of two who are known nobody is made one silently: what is another's stays so.
  for (const { kind, value } of identitiesIn(given)) {
    const owner = await byIdentity(tx, kind, value)
    if (owner && owner.id !== customerId) throw new Conflict('customer_other')
  }
}

/** The customers whom these identities name, without making any. */
async function known(tx: Tx, identities: Record<string, string | undefined>): Promise<Customer[]> {
  const parsed = givenSchema.safeParse(identities)
  if (!parsed.success) return []
  const found = new Map<string, Customer>()
  for (const { kind, value } of identitiesIn(parsed.data)) {
    const customer = await byIdentity(tx, kind, value)
    if (customer) found.set(customer.id, customer)
  }
  return [...found.values()]
}

async function lookOf(tx: Tx, customer: Customer, may: May) {
  const [look] = await looksOf(tx, [customer], may)
  return look
}

async function looksOf(tx: Tx, customers: Customer[], may: May) {
  if (customers.length === 0) return []
  const ids = customers.map((customer) => customer.id)
  const places = ids.map(() => '?').join(',')
  const facts = new Map(
    (await tx.find(CustomerFacts, `WHERE id IN (${places})`, ids)).map((row) => [row.id, factsInRow(row)]),
  )
  const tags = await tx.find(CustomerTag, `WHERE customerId IN (${places}) ORDER BY tag`, ids)
  const inFull = may('customers:reveal')
  return customers.map(({ id, nickname, phone, tier, createdAt, seenAt }) => ({
    id,
    name: nickname && (inFull ? nickname : maskName(nickname)),
    phone: phone && (inFull ? phone : maskPhone(phone)),
    tier,
    created_at: createdAt,
    seen_at: seenAt,
    tags: tags.filter(({ customerId }) => customerId === id).map(({ tag }) => tag),
    facts: facts.get(id) ?? {},
  }))
}

const EXAMPLE = {
  customer: { phone: '13800001234', member: 'M-1001', email: 'wang@example.com' },
  name: '王晓梅',
  birthday: '1990-11-23',
  region: '上海',
}
const LOOK = {
  id: '01KANCDEFGHJKMNPQRSTVWXYZ0',
  name: '王**',
  phone: '138****1234',
  tier: null,
  created_at: 1_795_399_200_000,
  seen_at: 1_795_399_200_000,
  tags: [],
  facts: { orders: 3, spent_fen: 80_400, region: '上海' },
}
