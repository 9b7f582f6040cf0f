import { z } from 'zod'
import { type PackProblem, type Source, unknown } from './source.ts'

/** What a customer can be known by. `contact`: a number that somebody typed and nobody has proved to be theirs. */
export const IDENTITY_KINDS = [
  'member',
  'licence',
  'phone',
  'email',
  'unionid',
  'openid',
  'external_userid',
  'alipay',
  'contact',
  'device',
] as const
export type IdentityKind = (typeof IDENTITY_KINDS)[number]

const SPANS = ['ever', 'year', 'month', 'week', 'day'] as const

/** A value, or a pattern between slashes. */
const blocked = z
  .string()
  .min(1)
  .refine((text) => !isPattern(text) || compiles(text), { message: 'this is no regular expression' })

const ruleSchema = z.strictObject({
  /** How many values of this kind one customer may have … */
  limit: z.int().min(1).max(1000).optional(),
  /** … within this time. */
  per: z.enum(SPANS).optional(),
  /** Values that identify nobody: a test number, the telephone of the shop. */
  blocked: z.array(blocked).optional(),
  /** What gives way when not everything can hold: the lowest. */
  priority: z.int().min(0).max(1000).optional(),
})

/** How customers are told apart and who may join two, keys of `pack.yaml`. */
export const identitiesShape = {
  identities: z.partialRecord(z.enum(IDENTITY_KINDS), ruleSchema).default({}),
  customers: z
    .strictObject({
      /** The roles that may join two customers and part them again. */
      merge: z.array(z.string()).min(1).optional(),
    })
    .default({}),
}
type Told = { [K in keyof typeof identitiesShape]: z.infer<(typeof identitiesShape)[K]> }

export interface IdentityRule {
  limit: number
  per: (typeof SPANS)[number]
  priority: number
  blocked: string[]
}
export type IdentityRules = Record<IdentityKind, IdentityRule>

/** What holds where packs say nothing else: enough for a person and their family's shared things, too little for a crowd. */
const DEFAULTS: Record<IdentityKind, Omit<IdentityRule, 'blocked'>> = {
  member: { limit: 1, per: 'ever', priority: 100 },
  licence: { limit: 1, per: 'ever', priority: 90 },
  phone: { limit: 2, per: 'ever', priority: 80 },
  email: { limit: 3, per: 'ever', priority: 70 },
  unionid: { limit: 1, per: 'ever', priority: 60 },
  external_userid: { limit: 5, per: 'ever', priority: 50 },
  alipay: { limit: 2, per: 'ever', priority: 40 },
  openid: { limit: 5, per: 'ever', priority: 30 },
  contact: { limit: 3, per: 'ever', priority: 20 },
  device: { limit: 5, per: 'week', priority: 10 },
}

/** The rules in force: for each kind and word those of the first pack that says something; what is blocked adds up. */
export function identityRules(heads: Pick<Told, 'identities'>[]): IdentityRules {
  return Object.fromEntries(
    IDENTITY_KINDS.map((kind) => {
      const told = heads.flatMap(({ identities }) => identities[kind] ?? [])
      const rule = told.reduceRight<Omit<IdentityRule, 'blocked'>>(
        (rest, { limit, per, priority }) => ({
          limit: limit ?? rest.limit,
          per: per ?? rest.per,
          priority: priority ?? rest.priority,
        }),
        DEFAULTS[kind],
      )
      return [kind, { ...rule, blocked: told.flatMap((one) => one.blocked ?? []) }]
    }),
  ) as IdentityRules
}

interface Manned {
  roles: Record<string, unknown>
  escalations: Record<string, { levels: { to: string }[] }>
}

/** The roles that may join two customers: those that packs name, else who supervises. */
export function mergeRoles(heads: (Pick<Told, 'customers'> & Manned)[]): string[] {
  const named = heads.flatMap(({ customers }) => customers.merge ?? [])
  const above = heads.flatMap(({ escalations }) => Object.values(escalations).flatMap(({ levels }) => levels))
  return [...new Set(named.length > 0 ? named : above.map(({ to }) => to))]
}

/** Checks that a pack names only roles that it has. */
export function checkIdentities(
  { customers, roles }: Pick<Told, 'customers'> & Manned,
  source: Source,
  problems: PackProblem[],
): void {
  for (const [index, role] of (customers.merge ?? []).entries())
    if (!roles[role])
      problems.push(source.problem(['customers', 'merge', index], unknown('role', role, Object.keys(roles))))
}

/** Whether a value is one of those that are blocked. */
export function isBlocked({ blocked }: IdentityRule, value: string): boolean {
  return blocked.some((one) => (isPattern(one) ? new RegExp(one.slice(1, -1), 'i').test(value) : one === value))
}

function isPattern(text: string): boolean {
  return text.length > 2 && text.startsWith('/') && text.endsWith('/')
}

function compiles(text: string): boolean {
  try {
    new RegExp(text.slice(1, -1), 'i')
    return true
  } catch {
    return false
  }
}
