import { z } from 'zod'
import { Definition } from '../../engines/definitions/definition.ts'
import { record, SYSTEM } from '../../engines/events/events.ts'
import type { Flow } from '../../engines/flows/flow.ts'
import { flowOf, startFlow } from '../../engines/flows/flows.ts'
import type { FlowSubject } from '../../engines/flows/hooks.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { takeOnce } from '../../engines/messages/outbox.ts'
import { RULE_RUN, type RuleWord } from '../../engines/rules/hooks.ts'
import { Conflict } from '../../lib/errors.ts'
import { maskName, maskPhone } from '../../lib/format.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { customerById } from './customers.ts'

const ZONE = 'Asia/Shanghai'
/** Answers of these kinds were chosen or counted: they tell nothing that would have to be sealed. */
const PLAIN = new Set(['select', 'number', 'rating', 'date', 'money'])

interface Task {
  flow: string
  title: string
  text: string
}

/** Gives staff something to do for a customer, as a flow of the pack; its end is the event `task.ended`. */
const createTask: RuleWord<Task> = {
  name: 'create_task',
  args: z.strictObject({
    flow: z.string().min(1),
    title: z.string().min(1).max(40),
    text: z.string().max(300).default(''),
  }),
  refers: { flow: 'flow' },
  tells: ['task.ended'],
  async run(tx, { run, key, customerId }, { flow: name, title, text }) {
    if (!customerId) throw new Conflict('rule_no_customer')
    const newest = await tx.first(Definition, `WHERE kind = 'flow' AND name = ? ORDER BY version DESC`, [name])
    if (!newest) throw new Conflict('rule_no_flow', { flow: name })
    if (!(await takeOnce(tx, key))) return {}
    const customer = await customerById(tx, customerId)
    const number = readableNumber('F', tx.now, ZONE)
    await startFlow(tx, {
      definitionId: newest.id,
      subject: { type: 'customer', id: customerId },
      customerId,
      facts: {
        number,
        title,
        text,
        customer: maskName(customer.nickname ?? ''),
        phone: maskPhone(customer.phone ?? ''),
        rows: [],
        safety: 'pass',
        photos: [],
      },
      answers: {},
      tier: customer.tier,
      about: { [RULE_RUN]: run.id, rule: run.rule },
    })
    return { flow: name, number }
  },
}

/** The words that customers lend to the rules. */
export const customerWords = [createTask] as RuleWord[]

/** What staff do for a customer who has not asked for it: rules hear of its end, the customer of nothing. */
export const customerSubject: FlowSubject = {
  async stepOpened() {},
  async stepFinished() {},
  async questionAsked() {},
  async runEnded(tx, run) {
    const about = { subject: { type: 'customer', id: run.subjectId }, customerId: run.customerId }
    const asked = run.about?.[RULE_RUN] === undefined ? {} : { [RULE_RUN]: run.about[RULE_RUN], rule: run.about.rule }
    const answers = plainAnswers(await flowOf(tx, run.definitionId), run)
    await record(tx, 'task.ended', {
      ...about,
      by: SYSTEM,
      data: { flow: run.flow, task: run.id, answers, ...asked },
      dedupKey: `task:${run.id}:${run.endedAt}`,
    })
  },
}

/** What was answered at each step, as far as it may stand in the log. */
function plainAnswers({ steps, forms }: Flow, { answers }: FlowRun): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    steps.flatMap(({ step, form }) => {
      const fields = form ? (forms[form]?.fields ?? []) : []
      const told = fields.filter(({ kind, name }) => PLAIN.has(kind) && answers[step]?.[name] !== undefined)
      return told.length > 0 ? [[step, Object.fromEntries(told.map(({ name }) => [name, answers[step]?.[name]]))]] : []
    }),
  )
}
