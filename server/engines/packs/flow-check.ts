import type { FlowSource } from '../flows/flow.ts'
import { branchings, shapeProblems } from '../flows/graph.ts'
import { flowWord, flowWordNames } from '../flows/hooks.ts'
import type { StepSource } from '../flows/step-source.ts'
import { placesIn } from '../flows/wait.ts'
import { isPrivate } from '../forms/answers.ts'
import type { Form } from '../forms/form.ts'
import { type PackProblem, type Source, unknown } from './source.ts'

/** What conditions and flows already mean by these words. */
const RESERVED = ['end', 'join', 'form', 'rating', 'priority', 'tier', 'reporter', 'quote']

/** Checks that what one step of a flow says means something: its name, its form, where it leads, its words. */
export function checkStep(
  flow: FlowSource,
  index: number,
  forms: Map<string, Form>,
  source: Source,
  problems: PackProblem[],
): void {
  const step = flow.steps[index] as StepSource
  const names = flow.steps.map((one) => one.step)
  const must = (ok: unknown, path: PropertyKey[], reason: string) => {
    if (!ok) problems.push(source.problem(['steps', index, ...path], reason))
  }
  must(names.indexOf(step.step) === index, ['step'], `the step "${step.step}" stands twice`)
  must(!RESERVED.includes(step.step), ['step'], `"${step.step}" is a reserved name`)
  if (step.form) must(forms.has(step.form), ['form'], unknown('form', step.form, [...forms.keys()]))
  for (const earlier of pointedFrom(step)) must(names.includes(earlier), ['assign'], unknown('step', earlier, names))
  for (const { to, path } of waysOf(step)) {
    must(['end', 'join', ...names].includes(to), path, unknown('step', to, [...names, 'end']))
  }
  const last = typeof step.next === 'string' ? undefined : step.next.at(-1)
  must(!last?.when, ['next'], 'the last branch must be without "when", or the flow could get stuck')
  for (const { path, reason } of evidenceProblems(step, forms)) must(false, path, reason)
  for (const { path, reason } of namedDayProblems(flow, step, forms)) must(false, path, reason)
  const form = step.form ? forms.get(step.form) : undefined
  for (const moment of ['entry', 'accept', 'finish', 'overdue'] as const) {
    step[moment]?.forEach(({ do: word, when: _, ...args }, position) => {
      const known = flowWord(word)
      must(known, [moment, position, 'do'], unknown('word', word, flowWordNames()))
      const read = known?.args.safeParse(args)
      for (const { path, message } of read?.error?.issues ?? []) must(false, [moment, position, ...path], message)
      for (const name of (read?.success && known?.shows?.(read.data)) || []) {
        const field = form?.fields.find((one) => one.name === name)
        must(!field || !isPrivate(field), [moment, position], `"${name}" is private: "${word}" would show it`)
      }
      const wrong = read?.success ? known?.misfit?.(read.data, { moment, step, form }) : undefined
      if (wrong) must(false, [moment, position, ...wrong.path], wrong.reason)
    })
  }
}

/** The steps from which is known who gets this one. */
function pointedFrom({ assign }: StepSource): string[] {
  if (typeof assign === 'string') return []
  return 'named' in assign ? [assign.named.split('.')[0] ?? ''] : [assign.doer ?? []].flat()
}

/** Checks the shape of a flow: every step is reached, every branch comes to its join, every walk can end. */
export function checkShape(flow: FlowSource, source: Source, problems: PackProblem[]): void {
  const { steps, reopen_at: reopen } = flow
  const names = steps.map(({ step }) => step)
  for (const { step, key, reason } of shapeProblems(steps)) {
    problems.push(source.problem(['steps', names.indexOf(step), ...key], reason))
  }
  if (reopen === undefined) return
  if (!names.includes(reopen)) problems.push(source.problem(['reopen_at'], unknown('step', reopen, names)))
  else if (branchings(steps).get(reopen)) {
    problems.push(source.problem(['reopen_at'], `"${reopen}" stands in a branch of "parallel"`))
  }
}

interface ReadFlow {
  value: FlowSource
  source: Source
}

/** Checks that the flows that steps call exist, and that none calls itself over any number of others. */
export function checkCalls(flows: ReadFlow[], problems: PackProblem[]): void {
  const byName = new Map(flows.map((one) => [one.value.flow, one.value]))
  for (const { value, source } of flows) {
    value.steps.forEach(({ run }, index) => {
      if (!run) return
      const path = ['steps', index, 'run']
      if (!byName.has(run)) problems.push(source.problem(path, unknown('flow', run, [...byName.keys()])))
      else if (calls(byName, run, value.flow)) {
        problems.push(source.problem(path, `"${run}" leads back to "${value.flow}": a flow cannot call itself`))
      }
    })
  }
}

function calls(byName: Map<string, FlowSource>, from: string, wanted: string): boolean {
  const seen = new Set<string>()
  const queue = [from]
  for (let name = queue.pop(); name; name = queue.pop()) {
    if (name === wanted) return true
    if (seen.has(name)) continue
    seen.add(name)
    queue.push(...(byName.get(name)?.steps ?? []).flatMap(({ run }) => run ?? []))
  }
  return false
}

function waysOf({ next, parallel, wait, overtaken_by }: StepSource): { to: string; path: PropertyKey[] }[] {
  const ways: { to: string; path: PropertyKey[] }[] =
    typeof next === 'string'
      ? [{ to: next, path: [parallel ? 'then' : 'next'] }]
      : next.map(({ to }, branch) => ({ to, path: ['next', branch, 'to'] }))
  parallel?.forEach((to, branch) => {
    ways.push({ to, path: ['parallel', branch] })
  })
  if (wait) ways.push({ to: wait.timeout, path: ['wait', 'timeout'] })
  if (overtaken_by) ways.push({ to: overtaken_by.to, path: ['overtaken_by', 'to'] })
  return ways
}

/** The answers in which a step's wait or limit is told its end, and where the step says so. */
function namedDays({ wait, limit }: StepSource): { place: string; path: PropertyKey[] }[] {
  const before = typeof limit === 'object' ? limit?.before : undefined
  if (before) return [{ place: before, path: ['limit', 'before'] }]
  if (!wait || typeof wait.until === 'string') return []
  const named = wait.until.answer
  return placesIn(named).map((place, i) => ({
    place,
    path: ['wait', 'until', 'answer', ...(Array.isArray(named) ? [i] : [])],
  }))
}

/** An end that is named in an answer: the step must be there, its form must ask for a day or a minute. */
function namedDayProblems({ steps, form: opening }: FlowSource, step: StepSource, forms: Map<string, Form>) {
  return namedDays(step).flatMap(({ place, path }) => {
    const [name = ''] = place.split('.')
    // The opening form's answers stand under `form`.
    const named = name === 'form' && opening ? { form: opening } : steps.find((one) => one.step === name)
    const names = steps.flatMap((one) => (one.form ? one.step : []))
    if (!named) return [{ path, reason: unknown('step', name, names) }]
    const days = (forms.get(named.form ?? '')?.fields ?? []).flatMap(({ name: one, kind }) =>
      kind === 'date' || kind === 'datetime' ? `${name}.${one}` : [],
    )
    return days.includes(place) ? [] : [{ path, reason: unknown('day in an answer', place, days) }]
  })
}

function evidenceProblems({ evidence, form: name }: StepSource, forms: Map<string, Form>) {
  if (!evidence) return []
  if (!name) return [{ path: ['evidence'], reason: 'a step without a form cannot ask for photos' }]
  const fields = forms.get(name)?.fields
  if (!fields) return []
  const pictures = fields.filter(({ kind }) => kind === 'photos').map((field) => field.name)
  if (!Array.isArray(evidence) && 'shots' in evidence) return shotsProblems(evidence.shots, fields)
  const asked = Array.isArray(evidence) ? evidence : [evidence.of]
  const wrong = asked.flatMap((field, i) => {
    const path = Array.isArray(evidence) ? ['evidence', i] : ['evidence', 'of']
    return pictures.includes(field) ? [] : [{ path, reason: unknown('photo field', field, pictures) }]
  })
  const most = Array.isArray(evidence) ? undefined : fields.find((field) => field.name === evidence.of)?.max
  if (Array.isArray(evidence) || most === undefined || evidence.photos <= most) return wrong
  return [{ path: ['evidence', 'photos'], reason: `the field "${evidence.of}" takes ${most} photos at most` }]
}

/** Only of a list that the case brings can each entry be asked for. */
function shotsProblems(name: string, fields: Form['fields']) {
  const listed = fields.filter(({ kind, listed }) => kind === 'photos' && listed).map((field) => field.name)
  return listed.includes(name) ? [] : [{ path: ['evidence', 'shots'], reason: unknown('photo field', name, listed) }]
}
