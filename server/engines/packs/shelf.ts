import type { Database, Tx } from '../../lib/db.ts'
import { Invalid } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { definitionByVersion, storeDefinition } from '../definitions/definitions.ts'
import type { Flow } from '../flows/flow.ts'
import type { Form } from '../forms/form.ts'
import type { Rule } from '../rules/rule.ts'
import type { SameAs } from '../staff/identity.ts'
import type { RoleRule } from '../staff/roles.ts'
import { adminsOf, type PackHead, readPack } from './pack.ts'
import { type FileBody, usePackFiles } from './pack-files.ts'
import { robotsMissing, tellOfRobots, type UnknownRobot } from './robots.ts'
import type { PackProblem } from './source.ts'
import { clashes } from './together.ts'

export interface Version<Body> {
  id: string
  version: number
  body: Body
}

/** The packs in force: what a new ticket begins with. */
export class Shelf {
  heads: PackHead[] = []
  forms = new Map<string, Version<Form>>()
  flows = new Map<string, Version<Flow>>()
  rules = new Map<string, Version<Rule>>()
  /** What was wrong at the last reading; while there is anything, the packs before stay in force. */
  problems: PackProblem[] = []
  /** Group robots that the packs in force name and that are not configured. */
  missingRobots: UnknownRobot[] = []
  private robots?: ReadonlySet<string>

  constructor(
    private readonly root: string,
    private readonly names: string[],
  ) {}

  /** Reads the packs and puts them in force, all or none. Returns the problems. */
  async load(db: Database): Promise<PackProblem[]> {
    const problems: PackProblem[] = []
    const packs = this.names.flatMap((name) => readPack(this.root, name, problems) ?? [])
    problems.push(...clashes(this.root, packs))
    if (problems.length > 0) {
      if (JSON.stringify(problems) !== JSON.stringify(this.problems)) {
        log.error({ problems }, 'packs have mistakes; those in force stay')
      }
      this.problems = problems
      return problems
    }
    const forms = new Map<string, Version<Form>>()
    const flows = new Map<string, Version<Flow>>()
    const files: (FileBody & { id: string })[] = []
    const rules = new Map<string, Version<Rule>>()
    await db.write(async (tx) => {
      files.length = 0
      for (const { head, ...pack } of packs) {
        for (const form of pack.forms) {
          const { id, version } = await storeDefinition(tx, {
            kind: 'form',
            name: form.form,
            pack: head.pack,
            body: form,
          })
          forms.set(form.form, { id, version, body: form })
        }
        for (const flow of pack.flows) {
          const { id, version } = await storeDefinition(tx, {
            kind: 'flow',
            name: flow.flow,
            pack: head.pack,
            body: flow,
          })
          flows.set(flow.flow, { id, version, body: flow })
        }
        for (const { kind, name, body } of pack.files) {
          const { id } = await storeDefinition(tx, { kind, name, pack: head.pack, body })
          files.push({ id, kind, name, body })
        }
        for (const rule of pack.rules) {
          const { id, version } = await storeDefinition(tx, {
            kind: 'rule',
            name: rule.rule,
            pack: head.pack,
            body: rule,
          })
          rules.set(rule.rule, { id, version, body: rule })
        }
      }
    })
    this.heads = packs.map(({ head }) => head)
    this.forms = forms
    this.flows = flows
    this.rules = rules
    this.problems = []
    usePackFiles(files)
    this.checkRobots()
    return []
  }

  /** Says which group robots are configured: packs that name others work, and the operator is told, now and at each reading. */
  knowRobots(names: Iterable<string>): void {
    this.robots = new Set(names)
    this.checkRobots()
  }

  private checkRobots(): void {
    if (!this.robots) return
    this.missingRobots = robotsMissing(this.heads, this.robots)
    tellOfRobots(this.missingRobots)
  }

  /** The role rules of all packs: a role that several define is held by whoever fits a line of any of them. */
  get roles(): Record<string, RoleRule[]> {
    const rules: Record<string, RoleRule[]> = {}
    for (const { roles } of this.heads) {
      for (const [name, { members }] of Object.entries(roles)) rules[name] = [...(rules[name] ?? []), ...members]
    }
    return rules
  }

  /** Which accounts of different platforms belong to one person, as the packs say. */
  get people(): SameAs[] {
    return this.heads.flatMap((head) => head.people)
  }

  /** The roles whose holders decide who somebody unknown is. */
  get admins(): string[] {
    return [...new Set(this.heads.map(adminsOf))]
  }

  /** At what time of the night the address books are read, and where that night is. */
  get readAt(): PackHead['address_book'] {
    return (this.heads[0] as PackHead).address_book
  }

  /** The flow that a customer's form opens; throws Invalid for a form that opens none. */
  flowFor(form: string): Version<Flow> {
    const flow = this.offered.find(({ body }) => body.form === form)
    if (!flow) throw new Invalid('form', 'form_unknown')
    return flow
  }

  /** The flows that customers can open, in the order of their packs. */
  get offered(): (Version<Flow> & { body: { form: string } })[] {
    return [...this.flows.values()].filter(isOffered)
  }

  /** The version of a form that somebody filled in, who may have opened it before a change; the newest if none is told. */
  async formOf(tx: Tx, name: string, version?: number): Promise<Version<Form>> {
    const newest = this.form(name)
    if (version === undefined || version === newest.version) return newest
    const earlier = await definitionByVersion<Form>(tx, 'form', name, version)
    if (!earlier) throw new Invalid('version', 'form_unknown')
    return earlier
  }

  /** The form in force; throws Invalid. */
  form(name: string): Version<Form> {
    const form = this.forms.get(name)
    if (!form) throw new Invalid('form', 'form_unknown')
    return form
  }
}

function isOffered(flow: Version<Flow>): flow is Version<Flow> & { body: { form: string } } {
  return flow.body.openedBy !== 'system' && flow.body.form !== undefined
}
