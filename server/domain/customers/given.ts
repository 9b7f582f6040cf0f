import { z } from 'zod'
import { lineOf } from '../../lib/said.ts'
import type { GivenIdentity } from './identify.ts'

/** Who somebody is, as other systems say it: any of the identities, of which one is enough; or our own id. */
export const givenSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[0-9A-Z]{26}$/)
      .optional(),
    phone: lineOf(20)
      .regex(/^[+\d][\d -]{4,18}$/)
      .optional(),
    openid: lineOf(64).optional(),
    unionid: lineOf(64).optional(),
    email: z.email().max(200).optional(),
    member: lineOf(64).optional(),
    external_userid: lineOf(64).optional(),
    alipay: lineOf(64).optional(),
    device: lineOf(64).optional(),
  })
  .refine((given) => Object.values(given).some((one) => one !== undefined), { params: { why: 'customer_nobody' } })
export type Given = z.infer<typeof givenSchema>

/** The kinds of identity that can be given. */
export const GIVEN_KINDS = [
  'phone',
  'openid',
  'unionid',
  'email',
  'member',
  'external_userid',
  'alipay',
  'device',
] as const

/** Things that several people may use: they show nothing of whoever holds them. */
const THINGS = new Set<string>(['device'])

/** The identities in what was given, in the order of how much they say. A system that has a key vouches for them. */
export function identitiesIn(given: Given): GivenIdentity[] {
  return GIVEN_KINDS.flatMap((kind) => {
    const said = given[kind]
    return said === undefined ? [] : [{ kind, value: said, proved: !THINGS.has(kind) }]
  })
}
