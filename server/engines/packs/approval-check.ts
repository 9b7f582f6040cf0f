import type { FlowSource } from '../flows/flow.ts'
import { branchings, liesAround } from '../flows/graph.ts'
import { APPROVAL_ACTIONS, type Approval, type StepSource } from '../flows/step-source.ts'
import { type PackProblem, type Source, unknown } from './source.ts'

type Say = (path: PropertyKey[], reason: string) => void

/** Checks that the approval steps of a flow can be decided, and that only they are decided on. */
export function checkApprovals(flow: FlowSource, roles: string[], source: Source, problems: PackProblem[]): void {
  flow.steps.forEach((step, index) => {
    const say: Say = (path, reason) => {
      problems.push(source.problem(['steps', index, ...path], reason))
    }
    if (step.approval) checkApproval(flow, step, step.approval, roles, say)
    else if (step.limit !== null) checkOrdinary(step, say)
    checkDoer(flow, step, say)
  })
}

function checkOrdinary({ actions }: StepSource, say: Say): void {
  actions.forEach((action, i) => {
    if (action !== 'transfer' && APPROVAL_ACTIONS.includes(action)) {
      say(['actions', i], `"${action}" needs "approval" in the same step`)
    }
  })
}

function checkApproval(flow: FlowSource, step: StepSource, approval: Approval, roles: string[], say: Say): void {
  const asked = [step.role, ...approval.above]
  approval.above.forEach((role, i) => {
    if (!roles.includes(role)) say(['approval', 'above', i], unknown('role', role, roles))
    if (asked.indexOf(role) <= i) say(['approval', 'above', i], `the role "${role}" is asked already`)
  })
  checkLimits(approval, asked, roles, say)
  checkActions(step, approval, say)
  checkReturns(flow, step, approval, say)
  if (step.form) say(['form'], 'an approval takes no form: what was submitted is decided on')
  if (typeof step.assign !== 'string' && 'dispatch' in step.assign) {
    say(['assign'], 'an approval is not dispatched: name its role, a doer or a field')
  }
}

function checkLimits({ amount, limits, above }: Approval, asked: string[], roles: string[], say: Say): void {
  for (const role of Object.keys(limits)) {
    if (!roles.includes(role)) say(['approval', 'limits', role], unknown('role', role, roles))
    else if (!asked.includes(role)) {
      say(['approval', 'limits', role], `"${role}" is neither the step's role nor in "above"`)
    }
  }
  const limited = Object.keys(limits).length > 0
  const highest = asked.at(-1) ?? ''
  if (limited && !amount) say(['approval', 'limits'], '"limits" need an "amount"')
  if (limited && highest in limits) {
    say(['approval', 'limits', highest], `nobody may approve more than this: leave "${highest}" without a limit`)
  }
  if (above.length > 0 && !limited) say(['approval', 'above'], '"above" needs "limits"')
}

function checkActions({ step, actions, next }: StepSource, approval: Approval, say: Say): void {
  actions.forEach((action, i) => {
    if (!APPROVAL_ACTIONS.includes(action)) {
      say(['actions', i], `an approval has no "${action}"; known: ${APPROVAL_ACTIONS.join(', ')}`)
    }
  })
  if (!actions.includes('approve')) say(['actions'], 'an approval without "approve" can never end well')
  if (actions.includes('return') && approval.return_to.length === 0) {
    say(['actions'], '"return" needs "return_to": the steps to which it may be returned')
  }
  const told =
    typeof next !== 'string' && next.some(({ when }) => JSON.stringify(when ?? '').includes(`${step}.decision`))
  if (actions.includes('reject') && !told) {
    say(['next'], `"next" must tell by "${step}.decision" where the flow goes when it is rejected`)
  }
}

function checkReturns({ steps }: FlowSource, { step }: StepSource, { return_to }: Approval, say: Say): void {
  const names = steps.map((one) => one.step)
  const branching = branchings(steps)
  return_to.forEach((name, i) => {
    const path = ['approval', 'return_to', i]
    const there = branching.get(name) ?? ''
    if (!names.includes(name)) say(path, unknown('step', name, names.slice(0, names.indexOf(step))))
    else if (names.indexOf(name) >= names.indexOf(step)) say(path, `"${name}" is no earlier step`)
    else if (steps[names.indexOf(name)]?.limit === null) say(path, `at "${name}" nobody does anything`)
    else if (!liesAround(there, branching.get(step) ?? ''))
      say(path, `"${name}" stands in another branch of "parallel"`)
  })
}

/** An approval has several doers: nobody can be told from it who goes on. */
function checkDoer({ steps }: FlowSource, { assign }: StepSource, say: Say): void {
  if (typeof assign === 'string' || !('doer' in assign)) return
  if (steps.some(({ step, approval }) => approval && step === assign.doer)) {
    say(['assign'], `"${assign.doer}" is an approval: it has no single doer`)
  }
}
