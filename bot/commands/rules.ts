import { leads } from '../../server/engines/flows/figures.ts'
import { findRules } from '../../server/engines/rules/find.ts'
import type { RuleSwitch } from '../../server/engines/rules/heard.ts'
import { setRule } from '../../server/engines/rules/switches.ts'
import { Invalid, NotFound } from '../../server/lib/errors.ts'
import { type Command, line } from '../command.ts'
import { findFor } from '../customer-sight.ts'

/** Why a rule did, or did not do, something for a customer (K19). */
const why: Command = {
  name: 'why',
  words: ['为什么', 'why'],
  group: 'customers',
  async run(tx, staff, rest) {
    const [who = '', ...behind] = rest.split(/[\s,，、]+/)
    const said = behind.join(' ')
    if (!who || !said) throw new Invalid('rule', 'why_how')
    const found = await findFor(tx, staff.id, who, 2)
    const [customer] = found
    if (!customer) return [line(staff, 'none_found', { said: who, of: 'why' })]
    if (found.length > 1) throw new Invalid('customer', 'why_which', { said: who })
    const { rule } = oneRule(said)
    return [{ kind: 'why', subjectId: customer.id, data: { rule } }]
  },
}

/** How all rules stand. */
const rules: Command = {
  name: 'rules',
  words: ['规则', 'rules'],
  group: 'figures',
  may: leads,
  alone: true,
  run: async (_tx, staff) => [{ kind: 'rules', subjectId: staff.id }],
}

export const ruleCommands = [
  why,
  rules,
  setting('pause_rule', ['暂停规则', 'pause rule'], 'paused'),
  setting('resume_rule', ['恢复规则', 'resume rule'], 'on'),
  setting('kill_rule', ['终止规则', 'kill rule'], 'killed'),
]

function setting(name: string, words: string[], state: RuleSwitch['state']): Command {
  return {
    name,
    words,
    group: 'figures',
    may: leads,
    async run(tx, staff, rest) {
      const { rule, title } = oneRule(rest)
      await setRule(tx, rule, state, { type: 'staff', id: staff.id })
      return [{ kind: 'rule_line', subjectId: staff.id, data: { line: `set_${state}`, title } }]
    },
  }
}

/** The one rule that a text means. Throws NotFound, or Invalid with those that it may mean. */
function oneRule(said: string): { rule: string; title: string } {
  const found = findRules(said)
  const [one] = found
  if (!one) throw new NotFound('rule_unknown', { rule: said })
  if (found.length > 1) throw new Invalid('rule', 'rule_which', { titles: found.map(({ body }) => body.title) })
  return { rule: one.body.rule, title: one.body.title }
}
