/** What the shape of a flow is read from: a step and where it leads. */
export interface Drawn {
  step: string
  next: string | { to: string }[]
  parallel?: string[]
  wait?: { timeout: string; since: 'start' | 'wait' }
  overtaken_by?: { to: string }
}

/** A mistake in the shape of a flow: at which step, at which of its keys, what is wrong. */
export interface ShapeProblem {
  step: string
  key: PropertyKey[]
  reason: string
}

/** In which branch of which forks a step stands, outermost first: `split.0/deeper.1`; empty outside of any. */
export type Branching = string

interface Way {
  to: string
  key: PropertyKey[]
}

const routes = new WeakMap<readonly Drawn[], Map<string, Branching>>()

/** Where each step stands; steps of a checked flow only. */
export function branchings(steps: readonly Drawn[]): Map<string, Branching> {
  let found = routes.get(steps)
  if (!found) {
    found = new Map()
    route(steps, found, [])
    routes.set(steps, found)
  }
  return found
}

/** How many forks lie around a step. */
export function depthOf(branching: Branching): number {
  return branching === '' ? 0 : branching.split('/').length
}

/** Whether somebody in one branching can be sent to another: it is the same, or lies around it. */
export function liesAround(outer: Branching, inner: Branching): boolean {
  return outer === '' || outer === inner || inner.startsWith(`${outer}/`)
}

/** The steps to which work can be sent back (or ahead) from a step: those of its own branch and of what lies around. */
export function stepsAround(steps: readonly Drawn[], name: string): string[] {
  const all = branchings(steps)
  const here = all.get(name) ?? ''
  return steps.map(({ step }) => step).filter((step) => step !== name && liesAround(all.get(step) ?? '', here))
}

/** What is wrong with the shape of a flow whose every way leads to a step that exists, to `join` or to `end`. */
export function shapeProblems(steps: readonly Drawn[]): ShapeProblem[] {
  const problems: ShapeProblem[] = []
  const found = new Map<string, Branching>()
  route(steps, found, problems)
  for (const { step } of steps) if (!found.has(step)) problems.push(at(step, ['step'], `no step leads to "${step}"`))
  if (problems.length > 0) return problems
  const byName = new Map(steps.map((one) => [one.step, one]))
  const ending = endings(steps)
  for (const { step } of steps) {
    const goal = found.get(step) ? '"join"' : '"end"'
    if (!ending.has(step)) problems.push(at(step, ['next'], `no way leads from "${step}" to ${goal}`))
  }
  for (const { step } of steps) {
    if (runsRound(byName, step)) {
      problems.push(at(step, ['next'], `from "${step}" the flow runs round without waiting for anybody`))
    }
  }
  return problems
}

/** Walks every way from the first step and notes in which branch each step stands. */
function route(steps: readonly Drawn[], found: Map<string, Branching>, problems: ShapeProblem[]): void {
  const byName = new Map(steps.map((one) => [one.step, one]))
  const queue: { way: Way; from: string; branching: Branching }[] = []
  const [first] = steps
  if (first) queue.push({ way: { to: first.step, key: ['step'] }, from: first.step, branching: '' })
  for (let one = queue.shift(); one; one = queue.shift()) {
    const { way, from, branching } = one
    const wrong = wrongWay(found, way.to, branching)
    if (wrong) problems.push(at(from, way.key, wrong))
    const step = byName.get(way.to)
    if (!step || found.has(way.to)) continue
    found.set(way.to, branching)
    step.parallel?.forEach((to, i) => {
      const inner = `${branching ? `${branching}/` : ''}${step.step}.${i}`
      queue.push({ way: { to, key: ['parallel', i] }, from: step.step, branching: inner })
    })
    for (const on of waysOn(step)) queue.push({ way: on, from: step.step, branching })
  }
}

function wrongWay(found: Map<string, Branching>, to: string, branching: Branching): string | undefined {
  if (to === 'end') return branching ? 'a branch of "parallel" ends with "join", not with "end"' : undefined
  if (to === 'join') return branching ? undefined : '"join" stands outside of any "parallel"'
  const known = found.get(to)
  if (known === undefined || known === branching) return undefined
  return `"${to}" belongs to another branch: a branch of "parallel" can be left by "join" only`
}

/** The ways from a step to what follows it, those into its branches not included. */
function waysOn({ next, parallel, wait, overtaken_by }: Drawn): Way[] {
  const ways: Way[] =
    typeof next === 'string'
      ? [{ to: next, key: [parallel ? 'then' : 'next'] }]
      : next.map(({ to }, i) => ({ to, key: ['next', i, 'to'] }))
  if (wait) ways.push({ to: wait.timeout, key: ['wait', 'timeout'] })
  if (overtaken_by) ways.push({ to: overtaken_by.to, key: ['overtaken_by', 'to'] })
  return ways
}

/** The steps from which some way leads to the end of what they stand in. */
function endings(steps: readonly Drawn[]): Set<string> {
  const names = new Set(steps.map(({ step }) => step))
  // A way to nowhere is another mistake, told where it stands.
  const ending = new Set(steps.flatMap((step) => waysOn(step).map(({ to }) => to)).filter((to) => !names.has(to)))
  for (let before = 0; before < ending.size; ) {
    before = ending.size
    for (const step of steps) if (waysOn(step).some(({ to }) => ending.has(to))) ending.add(step.step)
  }
  return ending
}

/** Whether from a step a way leads back to it on which nothing takes time: an event that lies behind is there at once. */
function runsRound(byName: Map<string, Drawn>, start: string): boolean {
  const seen = new Set<string>()
  const queue = atOnce(byName, byName.get(start))
  for (let name = queue.pop(); name; name = queue.pop()) {
    if (name === start) return true
    if (seen.has(name)) continue
    seen.add(name)
    queue.push(...atOnce(byName, byName.get(name)))
  }
  return false
}

function atOnce(byName: Map<string, Drawn>, step: Drawn | undefined): string[] {
  if (!step) return []
  const next = waysOn({ ...step, wait: undefined }).map(({ to }) => to)
  if (step.wait?.since === 'start') return next
  if (!step.parallel) return []
  const waits = step.parallel.every((to) => isQuick(byName.get(to)))
  return waits ? [...step.parallel, ...next] : [...step.parallel]
}

function isQuick(step: Drawn | undefined): boolean {
  return step?.wait?.since === 'start' || step?.parallel !== undefined
}

function at(step: string, key: PropertyKey[], reason: string): ShapeProblem {
  return { step, key, reason }
}
