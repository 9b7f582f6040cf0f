import type { Node, Program, Rule } from './rule.ts'
import { listsIn, type Step } from './steps.ts'

const programs = new WeakMap<Rule, Program>()

/**
 * A rule's steps as nodes, each known by its place (`2/0.1`: in the first list of the third step the second), which
 * stays the same for as long as the definition does: runs keep it over years.
 */
export function programOf(rule: Rule): Program {
  let program = programs.get(rule)
  if (!program) {
    const nodes = new Map<string, Node>()
    const first = lay(nodes, '', rule.steps, null)
    const stopped = lay(nodes, 'stop/', rule.on_stop, null)
    program = { nodes, first, stopped }
    programs.set(rule, program)
  }
  return program
}

/** Where a step's n-th list begins; an empty one leads on behind the step. */
export function listOf(program: Program, node: Node, n: number): string | null {
  const id = `${node.id}/${n}.0`
  return program.nodes.has(id) ? id : node.next
}

function lay(nodes: Map<string, Node>, before: string, steps: Step[], after: string | null): string | null {
  steps.forEach((step, i) => {
    const id = `${before}${i}`
    const next = i + 1 < steps.length ? `${before}${i + 1}` : after
    nodes.set(id, { id, step, next })
    listsIn(step).forEach((list, n) => {
      lay(nodes, `${id}/${n}.`, list, next)
    })
  })
  return steps.length > 0 ? `${before}0` : after
}
