import { z } from 'zod'
import { SYSTEM } from '../../engines/events/events.ts'
import { newId } from '../../lib/ids.ts'
import { lineOf } from '../../lib/said.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Customer } from '../customers/customer.ts'
import { customerById, setNickname } from '../customers/customers.ts'
import { givenSchema } from '../customers/given.ts'
import { meetAll, meetNewcomers } from '../customers/meet.ts'
import { customerIn } from '../orders/orders.ts'
import { CustomerFacts } from '../segments/known.ts'
import { isDayOfYear, profileCustomer, profileTold } from '../segments/profile.ts'
import { LONGEST_TAG } from '../segments/segment.ts'
import { addTag } from '../segments/tags.ts'

const fields = {
  name: lineOf(20).optional(),
  /** `1990-11-23` or `11-23`. */
  birthday: z
    .string()
    .regex(/^(\d{4}-)?\d{2}-\d{2}$/)
    .refine(isDayOfYear, { params: { why: 'wrong_value' } })
    .optional(),
  region: lineOf(60).optional(),
  /** Are added to those that there are. */
  tags: z.array(lineOf(LONGEST_TAG)).max(20).optional(),
}

/** A customer as another system tells of them: who it is, and what is known there. */
export const customerSchema = z.strictObject({ customer: givenSchema, ...fields })
export type CustomerGiven = z.infer<typeof customerSchema>
/** What may be changed of a customer whose id is known; further identities join the ones that they have. */
export const changesSchema = z.strictObject({ customer: givenSchema.optional(), ...fields })
export type Changes = z.infer<typeof changesSchema>

/** Finds or makes the customer and takes over what is told of them. Throws Invalid. */
export async function putCustomer(
  tx: Tx,
  { customer, ...told }: CustomerGiven,
  source: string,
): Promise<{ customer: Customer; outcome: 'created' | 'updated' | 'known' }> {
  const before = newId(tx.now)
  const [met] = await meetAll(tx, [customer], { by: SYSTEM, source })
  const found = await customerById(tx, customerIn(met))
  // Ids are given in the order in which customers come.
  const created = found.id > before
  const changed = await takeOver(tx, found, told, source)
  return { customer: await customerById(tx, found.id), outcome: created ? 'created' : changed ? 'updated' : 'known' }
}

/**
 * Makes customers of those among these of whom nobody has heard, with all that is told of them, in a few statements. Says
 * of each whether it did; whoever is left out is to be put by themselves.
 */
export async function putNewcomers(tx: Tx, all: CustomerGiven[], source: string): Promise<boolean[]> {
  const newcomers = all.map(({ customer, name, birthday, region }) => ({
    given: customer,
    ...(name !== undefined && { nickname: name }),
    ...((birthday !== undefined || region !== undefined) && { tells: [profileTold({ birthday, region })] }),
  }))
  const made = await meetNewcomers(tx, newcomers, { by: SYSTEM, source })
  for (const [i, { tags = [] }] of all.entries()) {
    const id = made[i]
    if (!id) continue
    for (const tag of new Set(tags)) await addTag(tx, id, tag, { by: SYSTEM, reason: source, key: `api:${source}` })
  }
  return made.map((id) => id !== undefined)
}

/** Takes over what is told of a customer; what is known already is left alone. Returns whether anything was new. */
export async function takeOver(
  tx: Tx,
  { id, nickname }: Customer,
  { name, birthday, region, tags = [] }: Omit<Changes, 'customer'>,
  source: string,
): Promise<boolean> {
  let changed = false
  if (name !== undefined && name !== nickname) {
    await setNickname(tx, id, name)
    changed = true
  }
  const known = birthday === undefined && region === undefined ? undefined : await tx.get(CustomerFacts, id)
  const news = {
    ...(birthday !== undefined && !isSameDay(birthday, known?.birthday) && { birthday }),
    ...(region !== undefined && region !== known?.region && { region }),
  }
  if (Object.keys(news).length > 0) {
    await profileCustomer(tx, id, news, SYSTEM)
    changed = true
  }
  for (const tag of new Set(tags)) {
    if (await addTag(tx, id, tag, { by: SYSTEM, reason: source, key: `api:${source}` })) changed = true
  }
  return changed
}

/** Whether `1990-11-23` is the 1123 that is known. */
function isSameDay(said: string, known: number | null | undefined): boolean {
  return Number(said.slice(-5).replace('-', '')) === known
}
