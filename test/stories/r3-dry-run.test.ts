import assert from 'node:assert/strict'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { RuleTrace } from '../../server/engines/rules/run.ts'
import { openBusiness } from '../automations.ts'
import type { Story } from '../harness.ts'
import { happens, idOf, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

async function operator<T>(path: string, body: unknown = {}): Promise<T> {
  const response = await fetch(`${story.running.url}/api/operator/rules${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, path)
  return (await response.json()) as T
}

const line = ({ at, kind, node, customerId, data }: Pick<RuleTrace, 'at' | 'kind' | 'node' | 'customerId' | 'data'>) =>
  [at, customerId, kind, node, data.word, data.until, data.outcome, data.why, data.event].join(' ')

test('what shipped rules would have done over the last days is what they do when they run', async () => {
  const opened = await openBusiness('mall')
  story = opened.story
  const { wang } = opened
  const li = await idOf(story, story.li)
  for (const rule of ['cart', 'newcomer']) await operator(`/${rule}/pause`)
  const script: [string, string, string, Record<string, unknown>][] = [
    ['10 min', wang, 'cart.added', { items: 1 }],
    ['20 min', li, 'cart.changed', { items: 2 }],
    ['5 min', wang, 'order.paid', { order: 'O1', amount: 5000 }],
    ['30 h', wang, 'cart.added', { items: 1 }],
    ['2 h', li, 'cart.emptied', {}],
    ['1 d', wang, 'page.viewed', {}],
  ]
  const play = async () => {
    const began = story.clock.now()
    for (const [span, id, name, data] of script) {
      await story.later(span)
      await happens(story, id, name, data)
    }
    await story.later('20 h')
    return began
  }
  const began = await play()
  assert.deepEqual(await runsOf(story, 'cart'), [])
  const told = await operator<{ runs: { traces: RuleTrace[] }[] }>('/cart/dry-run', { days: 4 })
  assert.deepEqual(await runsOf(story, 'cart'), [], 'a dry run touches nothing')
  // The very same, two weeks later to the minute, with the rule in force.
  const shifted = 14 * 86_400_000
  story.clock.set(began + shifted)
  await story.db.write((tx) => tx.run('DELETE FROM rule_traces'))
  await operator('/cart/resume')
  await play()
  const real = await story.db.read((tx) => tx.find(RuleTrace, `WHERE rule = 'cart' ORDER BY at, id`))
  const shift = (text: string) => text.replace(/\b1\d{12}\b/g, (instant) => String(Number(instant) + shifted))
  const dry = told.runs.flatMap(({ traces }) => traces.map(line)).map(shift)
  assert.ok(dry.length > 12, dry.join('\n'))
  assert.deepEqual(
    [...dry].sort(),
    real
      .filter(({ kind }) => kind !== 'refused')
      .map(line)
      .sort(),
  )
})
