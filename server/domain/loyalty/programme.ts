import { join } from 'node:path'
import { DateTime } from 'luxon'
import { z } from 'zod'
import { storeDefinition } from '../../engines/definitions/definitions.ts'
import { spanMs, spanSchema } from '../../engines/flows/flow.ts'
import { type PackProblem, parseSource, readSource, yamlFiles } from '../../engines/packs/source.ts'
import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { CouponStock } from './coupon.ts'
import { type CouponTemplate, templateSchema } from './template.ts'

/** `loyalty.yaml` of a pack. */
const programmeSchema = z.strictObject({
  points: z
    .strictObject({
      title: z.string().min(1).max(10).default('积分'),
      /** How long points are good: so long, if wanted to the end of that day, month or year. Without it: for ever. */
      expire: z
        .strictObject({ after: spanSchema, to: z.enum(['day_end', 'month_end', 'year_end']).optional() })
        .optional(),
      zone: z.string().default('Asia/Shanghai'),
    })
    .prefault({}),
})
/** The schemas of the files that are read here, by file or folder. */
export const LOYALTY_SCHEMAS: Record<string, z.ZodType> = { 'loyalty.yaml': programmeSchema, coupons: templateSchema }
type PointsRule = z.infer<typeof programmeSchema>['points']

/** A coupon template in the version in force. */
export interface TemplateVersion {
  definitionId: string
  body: CouponTemplate
}

interface Programme {
  points: PointsRule
  templates: Map<string, TemplateVersion>
}

const NONE: Programme = { points: programmeSchema.parse({}).points, templates: new Map() }
let inForce: Programme = NONE

/** The coupon template in force; throws NotFound. */
export function templateNow(name: string): TemplateVersion {
  const template = inForce.templates.get(name)
  if (!template) throw new NotFound('coupon_template', { coupon: name })
  return template
}

/** Every coupon template in force. */
export function templatesNow(): TemplateVersion[] {
  return [...inForce.templates.values()]
}

/** What points are called. */
export function pointsTitle(): string {
  return inForce.points.title
}

/** When points that are good from an instant on expire, by the packs; null: never. */
export function pointsExpiry(from: number): number | null {
  const { expire, zone } = inForce.points
  if (!expire) return null
  const at = DateTime.fromMillis(from + spanMs(expire.after, DAY), { zone })
  if (!expire.to) return at.toMillis()
  const unit = ({ day_end: 'day', month_end: 'month', year_end: 'year' } as const)[expire.to]
  return at
    .startOf(unit)
    .plus({ [unit]: 1 })
    .toMillis()
}

interface Packs {
  config: { templatesDir: string; packs: string[] }
  db: Database
}

/** Puts the packs' coupons and points in force unless there is a mistake; returns the mistakes. */
export async function useLoyalty({ config, db }: Packs): Promise<PackProblem[]> {
  const problems: PackProblem[] = []
  const read = readLoyalty(join(config.templatesDir, 'packs'), config.packs, problems)
  if (problems.length > 0) return problems
  const templates = await db.write(async (tx) => {
    const versions = new Map<string, TemplateVersion>()
    for (const { pack, body } of read.coupons.values()) {
      const { id } = await storeDefinition(tx, { kind: 'coupon', name: body.coupon, pack, body })
      versions.set(body.coupon, { definitionId: id, body })
      await tx.insertOnce(CouponStock, { id: body.coupon, claimed: 0 })
    }
    return versions
  })
  inForce = { points: read.points ?? NONE.points, templates }
  return []
}

/** Puts them in force at the start; throws when there is a mistake. */
export async function openLoyalty(packs: Packs): Promise<void> {
  const problems = await useLoyalty(packs)
  if (problems.length === 0) return
  const list = problems.map(({ file, line, field, reason }) => `  ${file}:${line} ${field}: ${reason}`)
  throw new Error(`The packs cannot be used:\n${list.join('\n')}`)
}

/** Reads `loyalty.yaml` and `coupons/*.yaml` of each pack; what two packs have under one name, the later one says. */
export function readLoyalty(root: string, packs: string[], problems: PackProblem[]) {
  const coupons = new Map<string, { pack: string; body: CouponTemplate }>()
  let points: PointsRule | undefined
  for (const pack of packs) {
    const [path] = yamlFiles(join(root, pack)).filter((one) => /loyalty\.ya?ml$/.test(one))
    const own = path ? readSource(root, path, problems) : undefined
    points = (own && parseSource(own, programmeSchema, problems)?.points) ?? points
    for (const file of yamlFiles(join(root, pack, 'coupons'))) {
      const source = readSource(root, file, problems)
      const body = source && parseSource(source, templateSchema, problems)
      if (!source || !body) continue
      if (coupons.get(body.coupon)?.pack === pack)
        problems.push(source.problem(['coupon'], `"${body.coupon}" is defined in another file already`))
      else coupons.set(body.coupon, { pack, body })
    }
  }
  return { coupons, points }
}
