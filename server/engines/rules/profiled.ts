import { type Condition, pathsOf } from '../../lib/condition.ts'
import type { RuleFacts, World } from './hooks.ts'
import { programOf } from './program.ts'
import type { Rule } from './rule.ts'
import { isDo, isWaitFor, listsIn, type Step } from './steps.ts'
import type { Trigger } from './trigger.ts'

/**
 * Whether a rule chooses customers by what they did: by a segment, by where they were, or by anything that is made of their
 * events. A rule may say itself that it does, or does not (`profiling`). What it does for marketing is left out for those
 * who have refused to be profiled.
 */
export function choosesByBehaviour(rule: Rule, facts: ReadonlyMap<string, RuleFacts>): boolean {
  if (rule.profiling !== undefined) return rule.profiling
  if (rule.on.some(byPlaceOrSegment)) return true
  const paths = [...rule.on.flatMap(pathsOfTrigger), ...pathsIf(rule.if), ...rule.steps.flatMap(pathsOfStep)]
  return paths.some((path) => {
    const [type = '', field = ''] = path.split('.')
    return facts.get(type)?.behaviour?.(field) === true
  })
}

/** Whether a rule does anything for marketing that those who refuse to be profiled do not get. */
export function marketsByBehaviour(rule: Rule, { facts, word }: Pick<World, 'facts' | 'word'>): boolean {
  if (!choosesByBehaviour(rule, facts)) return false
  return [...programOf(rule).nodes.values()].some(({ step }) => {
    if (!isDo(step)) return false
    const { do: name, if: _if, optional: _optional, ...given } = step
    const said = word(name)
    const args = said?.markets && said.args.safeParse(given)
    return args?.success === true && said?.markets?.(args.data) === true
  })
}

function byPlaceOrSegment(trigger: Trigger): boolean {
  return 'segment' in trigger || ('in' in trigger && trigger.in !== undefined) || ('near' in trigger && !!trigger.near)
}

function pathsOfTrigger(trigger: Trigger): string[] {
  if ('field' in trigger) return [trigger.field]
  return 'date' in trigger ? [trigger.date] : []
}

function pathsOfStep(step: Step): string[] {
  const inner = listsIn(step).flatMap((list) => list.flatMap(pathsOfStep))
  if (isDo(step)) return pathsIf(step.if)
  if (isWaitFor(step)) return [...step.wait_for.first_of.flatMap((one) => pathsIf(one.if)), ...inner]
  if (!('branch' in step)) return inner
  return [...(step.branch as { if?: Condition }[]).flatMap((way) => pathsIf(way.if)), ...inner]
}

function pathsIf(condition: Condition | undefined): string[] {
  return condition ? pathsOf(condition) : []
}
