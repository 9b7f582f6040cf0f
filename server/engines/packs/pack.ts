import { join } from 'node:path'
import { z } from 'zod'
import { calendarSchema, makeCalendar } from '../../lib/calendar.ts'
import { clockTime } from '../../lib/clock-time.ts'
import { spanMs, spanOf } from '../../lib/span.ts'
import { ASK_APPROVERS } from '../flows/approval-open.ts'
import { escalationSchema } from '../flows/escalation.ts'
import { type Flow, type FlowSource, flowSchema, type Rung, type StepDefinition } from '../flows/flow.ts'
import type { StepSource } from '../flows/step-source.ts'
import { freezeWait, splitPlace } from '../flows/wait.ts'
import { type Form, formSchema } from '../forms/form.ts'
import { freezeRule, type Rule } from '../rules/rule.ts'
import { checkApprovals } from './approval-check.ts'
import { checkDispatch, type DispatchShelf, readDispatch, rulesIn } from './dispatch.ts'
import { eventsShape } from './events.ts'
import { checkCalls, checkShape, checkStep } from './flow-check.ts'
import { checkIdentities, identitiesShape } from './identities.ts'
import { checkManners, mannersShape } from './manners.ts'
import { type FileBody, readPackFiles } from './pack-files.ts'
import { checkAccess, privacyShape } from './privacy.ts'
import { readRules } from './rules.ts'
import { type PackProblem, parseSource, type Read, readSource, type Source, unknown } from './source.ts'
import { readAll, readUsed } from './together.ts'
import { waysShape } from './ways.ts'
import { checkWishes } from './wish-check.ts'

const criteria = {
  position: z.array(z.string()).optional(),
  department: z.array(z.string()).optional(),
  leader: z.boolean().optional(),
  users: z.array(z.string()).optional(),
}

const packSchema = z.strictObject({
  pack: z.string().min(1),
  title: z.string().min(1),
  /** What customers and staff see as the sender. */
  brand: z.string().min(1).max(13),
  roles: z.record(
    z.string(),
    z.strictObject({
      title: z.string().min(1),
      members: z.array(z.strictObject({ ...criteria, except: z.strictObject(criteria).optional() })).min(1),
    }),
  ),
  /** The role whose holders decide who somebody unknown is. */
  admins: z.string().optional(),
  /** Accounts of one person that nothing else shows to be one: user ids by platform. */
  people: z.array(z.record(z.string(), z.string().min(1))).default([]),
  /** When the whole address book is read each night; changes are read as the platform reports them. */
  address_book: z
    .strictObject({ read_at: clockTime.default('03:00'), zone: z.string().default('Asia/Shanghai') })
    .default({ read_at: '03:00', zone: 'Asia/Shanghai' }),
  /** Forms that another pack defines and the flows of this one ask with, by pack. */
  uses: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  calendars: z.record(z.string(), calendarSchema),
  escalations: z.record(z.string(), escalationSchema),
  /** Messages of these kinds wait for the end of the quiet hours unless they are urgent (C9). */
  quiet_hours: z
    .strictObject({
      from: clockTime,
      to: clockTime,
      holds: z.array(z.string()).min(1),
      zone: z.string().default('Asia/Shanghai'),
    })
    .optional(),
  /** Whom the auditor tells what it finds and cannot put right itself. */
  auditor: z.strictObject({ report_to: z.string() }).optional(),
  ...mannersShape,
  ...waysShape,
  ...identitiesShape,
  ...privacyShape,
  ...eventsShape,
})
export type PackHead = z.infer<typeof packSchema>

/** The kinds of field whose answer can tell that two requests are about the same. */
const JOINING = ['phone', 'text', 'id_number', 'asset']

/** A pack as read and checked: nothing in it points nowhere. */
export interface Pack {
  head: PackHead
  forms: Form[]
  flows: Flow[]
  /** What stands in the files that nouns have added. */
  files: FileBody[]
  rules: Rule[]
}

/** Reads and checks one pack; returns it only when there is no problem at all. */
export function readPack(root: string, name: string, problems: PackProblem[]): Pack | undefined {
  const before = problems.length
  const folder = join(root, name)
  const headSource = readSource(root, join(folder, 'pack.yaml'), problems)
  const head = headSource && parseSource(headSource, packSchema, problems)
  const forms = readAll(root, join(folder, 'forms'), formSchema, problems)
  const flows = readAll(root, join(folder, 'flows'), flowSchema, problems)
  duplicates(forms, ({ form }) => form, 'form', problems)
  duplicates(flows, ({ flow }) => flow, 'flow', problems)
  if (!head || !headSource) return undefined
  checkHead(head, headSource, problems)
  const all = [...forms, ...readUsed(root, head.uses, forms, headSource, problems)]
  const byName = new Map(all.map(({ value }) => [value.form, value]))
  const dispatch = readDispatch(root, folder, Object.keys(head.roles), problems)
  for (const { value, source } of flows) {
    checkFlow(head, byName, value, source, problems)
    checkDispatch(value, byName, dispatch, source, problems)
  }
  checkCalls(flows, problems)
  checkWishes(flows, forms, problems)
  const files = readPackFiles(root, folder, { forms, flows }, problems)
  const around = {
    roles: Object.keys(head.roles),
    calendars: Object.keys(head.calendars),
    flows: flows.map(({ value }) => value),
    zones: dispatch.zones,
  }
  const rules = readRules(root, folder, around, problems)
  if (problems.length > before) return undefined
  return {
    head,
    forms: all.map(({ value }) => value),
    flows: flows.map(({ value }) => freeze(head, byName, dispatch, value)),
    files,
    rules: rules.map((rule) => freezeRule(rule, head.calendars, dispatch.zones)),
  }
}

function duplicates<T>(all: Read<T>[], nameOf: (value: T) => string, field: string, problems: PackProblem[]): void {
  const seen = new Map<string, string>()
  for (const { value, source } of all) {
    const other = seen.get(nameOf(value))
    if (other) problems.push(source.problem([field], `"${nameOf(value)}" is defined in ${other} already`))
    seen.set(nameOf(value), source.file)
  }
}

/** The role whose holders decide who somebody unknown is: the pack's `admins`, else director, else who stands highest. */
export function adminsOf({ admins, roles, escalations }: PackHead): string {
  const highest = Object.values(escalations)[0]?.levels.at(-1)?.to
  return admins ?? (roles.director ? 'director' : (highest ?? Object.keys(roles)[0] ?? ''))
}

function checkHead(head: PackHead, source: Source, problems: PackProblem[]): void {
  checkManners(head, source, problems)
  checkAccess(head, source, problems)
  checkIdentities(head, source, problems)
  const report = head.auditor?.report_to
  if (report && !head.roles[report])
    problems.push(source.problem(['auditor', 'report_to'], unknown('role', report, Object.keys(head.roles))))
  if (head.admins && !head.roles[head.admins]) {
    problems.push(source.problem(['admins'], unknown('role', head.admins, Object.keys(head.roles))))
  }
  for (const [name, escalation] of Object.entries(head.escalations)) {
    escalation.levels.forEach(({ to }, index) => {
      if (!head.roles[to]) {
        problems.push(
          source.problem(['escalations', name, 'levels', index, 'to'], unknown('role', to, Object.keys(head.roles))),
        )
      }
    })
  }
}

function checkFlow(
  head: PackHead,
  forms: Map<string, Form>,
  flow: FlowSource,
  source: Source,
  problems: PackProblem[],
): void {
  const must = (ok: unknown, path: PropertyKey[], reason: string) => {
    if (!ok) problems.push(source.problem(path, reason))
  }
  if (flow.form) must(forms.has(flow.form), ['form'], unknown('form', flow.form, [...forms.keys()]))
  must(head.calendars[flow.calendar], ['calendar'], unknown('calendar', flow.calendar, Object.keys(head.calendars)))
  must(
    head.escalations[flow.escalation],
    ['escalation'],
    unknown('escalation', flow.escalation, Object.keys(head.escalations)),
  )
  const joining = (forms.get(flow.form ?? '')?.fields ?? []).flatMap(({ name, kind, required }) =>
    required && JOINING.includes(kind) ? name : [],
  )
  const { join_by: joins } = flow
  if (joins) must(joining.includes(joins), ['join_by'], unknown('required field to join by', joins, joining))
  if (flow.alert) must(head.roles[flow.alert], ['alert'], unknown('role', flow.alert, Object.keys(head.roles)))
  flow.steps.forEach((step, index) => {
    const at = (...path: PropertyKey[]) => ['steps', index, ...path]
    if (step.limit === null) return
    must(head.roles[step.role], at('role'), unknown('role', step.role, Object.keys(head.roles)))
    must(step.approval || step.actions.includes('finish'), at('actions'), 'a step without "finish" can never end')
  })
  flow.steps.forEach((_, index) => {
    checkStep(flow, index, forms, source, problems)
  })
  checkApprovals(flow, Object.keys(head.roles), source, problems)
  checkShape(flow, source, problems)
}

/** A flow with forms, calendar and chain frozen into it. */
function freeze(head: PackHead, forms: Map<string, Form>, dispatch: DispatchShelf, source: FlowSource): Flow {
  const { opened_by, calendar, escalation, urge_every, reopen_within, steps, ...rest } = source
  const calendarDefinition = head.calendars[calendar] as Flow['calendar']
  const chain = head.escalations[escalation] as z.infer<typeof escalationSchema>
  const workdayMs = makeCalendar(calendarDefinition).workdayMs
  const ms = (span: string) => spanMs(span, workdayMs)
  const rules = rulesIn(source, dispatch)
  const used = [source, ...steps].flatMap(({ form }) => form ?? [])
  const ladder: Rung[] = [
    ...chain.warn_at.map((share) => ({ kind: 'warn' as const, share: Number.parseInt(share, 10) / 100 })),
    { kind: 'overdue' as const, share: 1 },
    ...chain.levels.map(({ to, after, acknowledge }, index) => ({
      kind: 'escalate' as const,
      level: index + 1,
      to,
      afterMs: ms(after),
      ...(acknowledge === 'all' && { acknowledge }),
    })),
  ]
  return {
    ...rest,
    ...(opened_by === 'system' && { openedBy: opened_by }),
    calendar: calendarDefinition,
    roles: Object.fromEntries(Object.entries(head.roles).map(([name, { title }]) => [name, title])),
    forms: Object.fromEntries(used.map((name) => [name, forms.get(name) as Form])),
    ladder,
    acknowledgeMs: ms(chain.acknowledge_for),
    ...(chain.announce && { announce: chain.announce }),
    extensions: chain.extend_by.map((label) => ({ label, ms: ms(label) })),
    urgeEveryMs: ms(urge_every),
    remindAfterMs: head.reminders.map(ms),
    ...(reopen_within && { reopenWithin: spanOf(reopen_within, workdayMs) }),
    ...(rules && { dispatch: rules }),
    steps: steps.map((step) => freezeStep(step, workdayMs)),
  }
}

function freezeStep({ limit, next, evidence, wait, ...step }: StepSource, workdayMs: number): StepDefinition {
  const ms = (span: string) => spanMs(span, workdayMs)
  const {
    default: ordinary,
    urgent,
    tier,
    before,
  } = typeof limit === 'object' && limit !== null ? limit : { default: limit }
  const byTier = tier && Object.fromEntries(Object.entries(tier).map(([name, span]) => [name, ms(span)]))
  return {
    ...step,
    ...(step.approval && { entry: [{ do: ASK_APPROVERS }, ...step.entry] }),
    ...(evidence && { evidence: freezeEvidence(evidence) }),
    ...(wait && { wait: freezeWait(wait, workdayMs) }),
    limitMs: ordinary ? ms(ordinary) : 0,
    ...((urgent || byTier || before) && {
      limits: {
        ...(urgent && { urgentMs: ms(urgent) }),
        ...(byTier && { tierMs: byTier }),
        ...(before && { before: splitPlace(before) }),
      },
    }),
    next: typeof next === 'string' ? [{ to: next }] : next,
  }
}

function freezeEvidence(evidence: NonNullable<StepSource['evidence']>): StepDefinition['evidence'] {
  if (Array.isArray(evidence)) return evidence.map((of) => ({ of, photos: 1 }))
  return ['photos' in evidence ? evidence : { of: evidence.shots, photos: 1 }]
}
