import { z } from 'zod'
import { DAY } from '../../lib/clock.ts'
import { type AccessRule, accessOfRole, FIELDS, PROGRAM, SCOPES, VIEWS } from '../access/matrix.ts'
import { spanMs, spanSchema } from '../flows/flow.ts'
import { identifier } from '../flows/step-source.ts'
import { type PackProblem, type Source, unknown } from './source.ts'
import { WAYS } from './ways.ts'

const field = z.enum(FIELDS)
const views = z.partialRecord(field, z.enum(VIEWS))

/** What a role may do with customers; what it leaves out is as by default (`engines/access/matrix.ts`). */
const accessSchema = z.strictObject({
  /** Whose customers. */
  rows: z.enum(SCOPES).optional(),
  view: views.optional(),
  /** The same for customers for whom one has something to do at present. */
  own: views.optional(),
  edit: z.array(field).optional(),
  delete: z.array(field).optional(),
  export: z.array(field).optional(),
})

const consentSchema = z.strictObject({
  title: z.string().min(1).max(20),
  /** What is asked, as the customer reads it. */
  text: z.string().min(1).max(300),
  /** Raised when the text changes in its meaning: whoever agreed to an earlier one is asked again. */
  version: z.int().min(1).default(1),
  /** opt_in: nothing without a yes; opt_out: as long as nobody says no. */
  needs: z.enum(['opt_in', 'opt_out']).default('opt_in'),
  /** The messages that it covers: by class, by way, or both. */
  class: z.enum(['marketing', 'service']).optional(),
  via: z.enum(WAYS).optional(),
  /** A yes holds so long. */
  lapses: spanSchema.optional(),
})

/**
 * Purposes that are no message: to choose people for marketing by what they did, and to keep where their phone was. The
 * house asks for them by name; of any other one that covers no message nobody would ever ask.
 */
export const USES = ['profiling', 'location'] as const
export type Use = (typeof USES)[number]

const consentsSchema = z
  .record(identifier.max(40), consentSchema)
  .superRefine((all, issues) => {
    for (const [name, one] of Object.entries(all)) {
      if (one.class || one.via || USES.some((use) => use === name)) continue
      const message = `covers nothing: name a "class" or a "via", or call it ${USES.join(' or ')}`
      issues.addIssue({ code: 'custom', path: [name], message })
    }
  })
  .default({})

/** What a pack says of personal data (D12, K17). */
export const privacyShape = {
  /** The matrix: what each role may see, change, erase and take away of customers; `api` are programs with a key. */
  access: z.record(z.string(), accessSchema).default({}),
  /** For what the customer is asked, by the name of the purpose. */
  consents: consentsSchema,
  /** What customers are asked for their preferences: conditions read the answers. */
  preferences: z
    .array(
      z.strictObject({
        name: identifier.max(40),
        title: z.string().min(1).max(20),
        options: z.array(z.strictObject({ value: identifier.max(40), label: z.string().min(1).max(20) })).min(1),
        many: z.boolean().default(false),
      }),
    )
    .default([]),
  privacy: z
    .strictObject({
      /** So long can a customer take back the wish to be erased. */
      erase_after: spanSchema.default('7 d'),
      /** So long can what a customer asked for be fetched. */
      export_for: spanSchema.default('7 d'),
      /** So long is it kept who has read personal data. */
      reads_for: spanSchema.default('180 d'),
      /** So many years amounts are kept, without the person, for the books. */
      keep_years: z.int().min(0).max(30).default(10),
    })
    .optional(),
}

interface Private {
  roles: Record<string, unknown>
  access: Record<string, AccessRule>
}

/** Checks that the matrix names roles that there are and does not contradict itself. */
export function checkAccess({ roles, access }: Private, source: Source, problems: PackProblem[]): void {
  for (const [role, rule] of Object.entries(access)) {
    const say = (path: PropertyKey[], reason: string) =>
      problems.push(source.problem(['access', role, ...path], reason))
    if (role !== PROGRAM && !roles[role]) say([], unknown('role', role, [...Object.keys(roles), PROGRAM]))
    const { view, own } = accessOfRole(role, rule)
    for (const [name, given] of Object.entries(rule.own ?? {})) {
      if (own[name as keyof typeof own] !== given)
        say(['own', name], `"own" must not show less of "${name}" than "view"`)
    }
    for (const right of ['edit', 'delete', 'export'] as const) {
      rule[right]?.forEach((name, index) => {
        if (view[name] !== 'none' || own[name] !== 'none') return
        say([right, index], `"${name}" is not seen: "${right}" means nothing for it`)
      })
    }
    if (role === PROGRAM && (rule.rows === 'own' || rule.rows === 'department'))
      say(['rows'], 'a program has no customers of its own')
    if (role === PROGRAM && rule.own) say(['own'], 'a program has no customers of its own')
  }
}

export type Purpose = z.infer<typeof consentSchema> & { purpose: string; lapsesMs?: number }

export type Preference = z.infer<typeof privacyShape.preferences>[number]

interface Head {
  preferences: Preference[]
  access: Record<string, AccessRule>
  consents: Record<string, z.infer<typeof consentSchema>>
  privacy?: z.infer<NonNullable<typeof privacyShape.privacy>>
}
interface Heads {
  heads: Head[]
}

/** The same for as long as the same packs are in force: each card and each message asks. */
function once<T>(read: (heads: Head[]) => T): (packs: Heads) => T {
  const known = new WeakMap<Head[], T>()
  return ({ heads }) => {
    const before = known.get(heads)
    if (before !== undefined) return before
    const made = read(heads)
    known.set(heads, made)
    return made
  }
}

/** The matrix in force: of each role the rules of every pack that has any. */
export const accessRules = once((heads): Record<string, AccessRule[]> => {
  const rules: Record<string, AccessRule[]> = {}
  for (const { access } of heads)
    for (const [role, rule] of Object.entries(access)) rules[role] = [...(rules[role] ?? []), rule]
  return rules
})

/** The purposes in force, in the packs' order; the first pack that names one says what it means. */
export const purposes = once((heads): Purpose[] => {
  const all = new Map<string, Purpose>()
  for (const { consents } of heads)
    for (const [purpose, rule] of Object.entries(consents)) {
      const lapsesMs = rule.lapses === undefined ? undefined : spanMs(rule.lapses, DAY)
      if (!all.has(purpose)) all.set(purpose, { ...rule, purpose, lapsesMs })
    }
  return [...all.values()]
})

/** What customers are asked for their preferences, by all packs in force. */
export function preferences({ heads }: Heads): Preference[] {
  const all = new Map<string, Preference>()
  for (const head of heads) for (const one of head.preferences) if (!all.has(one.name)) all.set(one.name, one)
  return [...all.values()]
}

export interface PrivacyRule {
  eraseAfterMs: number
  exportForMs: number
  readsForMs: number
  keepYears: number
}

/** How long what is kept: as the first pack says that says anything of it. */
export function privacyRule({ heads }: Heads): PrivacyRule {
  const said = heads.find(({ privacy }) => privacy)?.privacy
  return {
    eraseAfterMs: spanMs(said?.erase_after ?? '7 d', DAY),
    exportForMs: spanMs(said?.export_for ?? '7 d', DAY),
    readsForMs: spanMs(said?.reads_for ?? '180 d', DAY),
    keepYears: said?.keep_years ?? 10,
  }
}
