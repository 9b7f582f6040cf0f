import type { Field, Form } from '../forms/form.ts'
import type { Flow, StepDefinition } from './flow.ts'
import type { FlowRun } from './run.ts'

/** An entry of a list that a case brings: a picture that is to be taken, something that can be chosen. */
export interface Listed {
  value: string
  label: string
  hint?: string
}
export type OwnLists = Record<string, Listed[]>

/** Under which name a run's `about` holds the lists that its case has brought. */
export const OWN_LISTS = 'lists'

/** So many photos one entry takes. */
const MOST = 3

const listing = new WeakMap<Flow, boolean>()
/** By the lists as they stand in the run, which do not change while it runs. */
const made = new WeakMap<Flow, Map<string, Flow>>()
const MOST_KEPT = 50

/**
 * A flow as one of its runs sees it: a field that says `listed` becomes, for photos, a field for each entry of the
 * case's own list, and for a choice one among its entries, or without any among its own options. Flows without such fields stay as they are.
 */
export function ownFlow(flow: Flow, { about }: Pick<FlowRun, 'about'>): Flow {
  if (!hasLists(flow)) return flow
  const lists = (about?.[OWN_LISTS] ?? {}) as OwnLists
  const known = made.get(flow) ?? new Map<string, Flow>()
  made.set(flow, known)
  const key = JSON.stringify(lists)
  const before = known.get(key)
  if (before) return before
  if (known.size >= MOST_KEPT) known.clear()
  const own = expanded(flow, lists)
  known.set(key, own)
  return own
}

/** The name of the field in which an entry's photos stand. */
export function entryField(field: string, value: string): string {
  return `${field}_${value}`.slice(0, 40)
}

function hasLists(flow: Flow): boolean {
  let found = listing.get(flow)
  if (found === undefined) {
    found = Object.values(flow.forms).some(({ fields }) => fields.some(({ listed }) => listed !== undefined))
    listing.set(flow, found)
  }
  return found
}

function expanded(flow: Flow, lists: OwnLists): Flow {
  const forms = Object.fromEntries(
    Object.entries(flow.forms).map(([name, form]) => [
      name,
      { ...form, fields: form.fields.flatMap((field) => fieldsFor(field, lists)) },
    ]),
  )
  return { ...flow, forms, steps: flow.steps.map((step) => stepFor(step, flow.forms[step.form ?? ''], lists)) }
}

function fieldsFor(field: Field, lists: OwnLists): Field[] {
  if (field.listed === undefined) return [field]
  const entries = lists[field.listed] ?? []
  if (field.kind !== 'photos') {
    if (entries.length > 0) return [{ ...field, options: entries }]
    return field.options ? [field] : []
  }
  return entries.map(({ value, label, hint }) => ({
    ...field,
    name: entryField(field.name, value),
    label,
    ...((hint ?? field.hint) && { hint: hint ?? field.hint }),
    max: field.max ?? MOST,
  }))
}

/** A photo of each entry is wanted where photos of the whole field are. */
function stepFor(step: StepDefinition, form: Form | undefined, lists: OwnLists): StepDefinition {
  if (!step.evidence || !form) return step
  const evidence = step.evidence.flatMap(({ of, photos }) => {
    const listed = form.fields.find(({ name }) => name === of)?.listed
    if (listed === undefined) return [{ of, photos }]
    return (lists[listed] ?? []).map(({ value }) => ({ of: entryField(of, value), photos }))
  })
  return { ...step, evidence }
}
