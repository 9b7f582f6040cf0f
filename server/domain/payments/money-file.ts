import { z } from 'zod'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'

const fileSchema = z.strictObject({
  /** The flow in which finance works on what does not agree with the platform's books: one that nobody opens. */
  differences: z.string().min(1),
})
type MoneyFile = z.infer<typeof fileSchema>

let inForce: MoneyFile | undefined

/** The flow for differences by its name; undefined: no pack in force has one, and only the auditor tells of them. */
export function differenceFlow(): string | undefined {
  return inForce?.differences
}

/** Adds `money.yaml` to what packs can say. Of several packs the first one holds. */
export function moneyFile(): PackFile<MoneyFile, MoneyFile> {
  return {
    file: 'money.yaml',
    kind: 'money',
    schema: fileSchema,
    freeze: (body) => ({ name: body.differences, body }),
    check(read, { flows }, problems) {
      if (!read) return
      const known = flows.filter(({ value }) => value.opened_by === 'system').map(({ value }) => value.flow)
      const { differences } = read.value
      if (!known.includes(differences))
        problems.push(read.source.problem(['differences'], unknown('flow', differences, known)))
    },
    use(all) {
      inForce = all[0]?.body
    },
  }
}
