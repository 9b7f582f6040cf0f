import assert from 'node:assert/strict'
import { z } from 'zod'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { RuleHeard } from '../../server/engines/rules/heard.ts'
import { house, type RuleWord, ruleWords } from '../../server/engines/rules/hooks.ts'
import { moveRuns } from '../../server/engines/rules/move.ts'
import { walk } from '../../server/engines/rules/walk.ts'
import { Conflict } from '../../server/lib/errors.ts'
import type { Story } from '../harness.ts'
import { crowd, deeds, happens, idOf, openRuleStory, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const local = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
const market = '{ do: notify_customer, kind: care }'
const service = '{ do: notify_customer, kind: care, class: service }'
const note = '{ do: notify_staff, to: { role: front_line }, or: front_line, title: 提醒, text: 请看 }'

const rule = (name: string, more: string) => `
rule: ${name}
title: 规则${name}
${more}
`

/** When customers were told something by rules. */
async function contacts(customerId: string): Promise<string[]> {
  const rows = await story.db.read((tx) =>
    tx.query<{ createdAt: number; data: string }>(
      `SELECT createdAt, data FROM messages WHERE channel = 'customer' AND kind = 'care' AND recipientId = ? ORDER BY id`,
      [customerId],
    ),
  )
  return rows.map(({ createdAt, data }) => `${local(Number(createdAt))} ${JSON.parse(data).title}`)
}

test('one cap and one quiet night for all rules: what may not go waits in its row, and too late it is left out', async () => {
  story = await openRuleStory({
    a: rule('a', `on: { event: order.placed }\nkey: order\nsteps: [${market}, ${note}]`),
    b: rule('b', `on: { event: order.placed }\nkey: order\npatience: 30 h\nsteps: [${market}]`),
    c: rule('c', `on: { event: order.placed }\nkey: order\nsteps: [${service}]`),
  })
  const wang = await idOf(story, story.wang)
  const li = await idOf(story, story.li)
  await happens(story, wang, 'order.placed', { order: 'A1' })
  assert.deepEqual(await contacts(wang), ['11-23 10:00 规则a', '11-23 10:00 规则c'], 'one a day; services are free')
  assert.match((await deeds(story, 'b')).join(), /held notify_customer$/)
  await happens(story, li, 'order.placed', { order: 'B1' })
  assert.equal((await contacts(li)).length, 2, 'each customer has a cap of their own')
  await story.restart()
  await story.later('1 d')
  assert.deepEqual((await contacts(wang)).at(-1), '11-24 09:00 规则b', 'the next day, after the quiet night')
  // Three a week: one on Wednesday, then none until the first has dropped out.
  await happens(story, wang, 'order.placed', { order: 'A2' })
  await story.later('1 d')
  assert.deepEqual((await contacts(wang)).filter((one) => !one.endsWith('c')).at(-1), '11-25 09:00 规则a')
  assert.match((await deeds(story, 'b')).join(), /capped notify_customer/, 'thirty hours are too long for this one')
  assert.equal((await runsOf(story, 'b')).at(-1)?.outcome, 'completed')
  await happens(story, wang, 'order.placed', { order: 'A3' })
  assert.equal((await runsOf(story, 'a')).at(-1)?.outcome, 'completed')
  assert.match(
    (await deeds(story, 'a')).join(),
    /capped/,
    'the first free day is further away than the patience of three days',
  )
  // At night a service waits for eight, marketing for nine.
  story.clock.set(Date.parse('2026-12-07T23:00:00+08:00'))
  await happens(story, wang, 'order.placed', { order: 'A4' })
  assert.deepEqual(
    (await contacts(wang)).filter((one) => one.startsWith('12-')),
    [],
  )
  await story.restart()
  await story.later('9 h')
  assert.deepEqual(
    (await contacts(wang)).filter((one) => one.startsWith('12-')),
    ['12-08 08:00 规则c'],
  )
  await story.later('1 h')
  assert.deepEqual(
    (await contacts(wang)).filter((one) => one.startsWith('12-')),
    ['12-08 08:00 规则c', '12-08 09:00 规则a'],
  )
})

test('the reasons to stop are asked before every action, whatever came in what order', async () => {
  story = await openRuleStory({
    any: rule(
      'any',
      `on: { event: cart.changed }
key: cart
stop_when: [{ event: order.paid }, { if: { customer.tier: gold } }]
on_stop: [{ do: notify_staff, to: { role: supervisor }, or: supervisor, title: 停了, text: 不必再催 }]
steps: [{ wait: 30 min }, ${note}, ${note}, { wait: 1 d }, ${note}]`,
    ),
    all: rule(
      'all',
      `on: { event: cart.changed }
key: cart
stop_when: { all: [{ event: order.paid, where: { event.amount: { $gt: 10 } } }, { event: cart.emptied }] }
steps: [{ wait: 30 min }, ${note}]`,
    ),
  })
  const wang = await idOf(story, story.wang)
  const outcomes = async (name: string) => (await runsOf(story, name)).map(({ outcome }) => outcome)
  await happens(story, wang, 'cart.changed', { cart: 'K1' })
  await happens(story, wang, 'cart.changed', { cart: 'K2' })
  await happens(story, wang, 'order.paid', { cart: 'K1', amount: 20 })
  assert.deepEqual(await outcomes('any'), ['stopped', null], 'the other cart goes on')
  assert.match(story.zhou.lastLine(), /【停了】不必再催/)
  await happens(story, wang, 'cart.emptied', { cart: 'K1' })
  assert.deepEqual(await outcomes('all'), ['stopped', null])
  // Nobody heard of the payment; the row that would tell of it is lost: asked before the action, the log says so.
  await story.db.write(async (tx) => {
    await record(tx, 'order.paid', {
      by: SYSTEM,
      subject: { type: 'customer', id: wang },
      customerId: wang,
      data: { cart: 'K2', amount: 5 },
    })
    await tx.run('DELETE FROM rule_heard')
  })
  await story.restart()
  await story.later('30 min')
  assert.deepEqual(await outcomes('any'), ['stopped', 'stopped'])
  assert.deepEqual(await outcomes('all'), ['stopped', 'completed'])
  // What is known now stops as well, between two actions.
  await happens(story, wang, 'cart.changed', { cart: 'K3' })
  await story.later('40 min')
  assert.deepEqual((await deeds(story, 'any')).filter((deed) => deed === 'done notify_staff').length, 4)
  await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'gold'`))
  await story.later('1 d')
  assert.deepEqual(await outcomes('any'), ['stopped', 'stopped', 'stopped'])
})

test('one run a key, again and re-entry, a rule that sets itself going, and races', async () => {
  story = await openRuleStory({
    keyed: rule('keyed', `on: { event: ride.started }\nkey: vehicle\nsteps: [{ wait: 1 h }, end]`),
    never: rule('never', `on: { event: ride.started }\nre_entry: never\nsteps: [end]`),
    month: rule('month', `on: { event: ride.started }\nre_entry: { after: 30 d }\nsteps: [end]`),
    fresh: rule('fresh', `on: { event: ride.started }\nagain: restart\nsteps: [{ wait: 30 min }, ${note}]`),
    mine: rule(
      'mine',
      `on: { event: rental.returned }\nsteps: [{ wait_for: { first_of: [task.ended], timeout: 9 d } }]`,
    ),
    other: rule(
      'other',
      `on: { event: rental.returned }\nsteps: [{ wait_for: { first_of: [task.ended], timeout: 9 d } }]`,
    ),
    ring: rule('ring', `on: { event: follow_up.answered }\nsteps: [end]`),
  })
  const wang = await idOf(story, story.wang)
  // The answer to one rule's question is nobody else's.
  await happens(story, wang, 'rental.returned')
  const [mine] = await runsOf(story, 'mine')
  await happens(story, wang, 'task.ended', { rule_run: mine?.id })
  assert.equal((await runsOf(story, 'mine'))[0]?.outcome, 'completed')
  assert.equal((await runsOf(story, 'other'))[0]?.outcome, null)
  const ride = (vehicle: string) => happens(story, wang, 'ride.started', { vehicle })
  await ride('YK1')
  await ride('YK1')
  await ride('YK2')
  assert.deepEqual(
    (await runsOf(story, 'keyed')).map(({ runKey }) => runKey),
    ['YK1', 'YK2'],
  )
  await story.later('29 min')
  await ride('YK1')
  await story.later('2 min')
  assert.deepEqual(
    (await deeds(story, 'fresh')).filter((deed) => deed.startsWith('done')),
    [],
    'begun anew by the last ride',
  )
  await story.later('29 min')
  assert.equal((await deeds(story, 'fresh')).filter((deed) => deed.startsWith('done')).length, 1)
  assert.equal((await runsOf(story, 'fresh')).length, 1)
  const [ignored] = await runsOf(story, 'keyed')
  assert.deepEqual(
    [ignored?.round, ignored?.endedAt && ignored.endedAt - ignored.startedAt],
    [0, 3_600_000],
    'what is to be ignored does not begin anew',
  )
  await story.later('29 d')
  await ride('YK1')
  await story.later('1 d')
  await ride('YK1')
  assert.equal((await runsOf(story, 'never')).length, 1)
  assert.equal((await runsOf(story, 'month')).length, 2)
  assert.equal((await runsOf(story, 'keyed')).length, 4)

  for (let n = 0; n < 30; n++) await happens(story, wang, 'follow_up.answered', { outcome: 'reached' })
  assert.equal((await runsOf(story, 'ring')).length, 20)
  assert.match((await deeds(story, 'ring')).join(), /refused/)
  const [finding] = await story.db.read((tx) =>
    tx.query<{ kind: string }>(`SELECT kind FROM audit_findings WHERE kind LIKE 'rule%'`),
  )
  assert.equal(finding?.kind, 'rule_runs_wild')
  await story.running.duties.find(({ name }) => name === 'audit')?.run()
  await story.settle()
  assert.match(
    story.he.lastLine(),
    /必要时先发「暂停规则 规则名」。\n· 规则「规则ring」一小时内对同一位客户触发了 20 次/,
  )
})

test('paused: nobody comes in, whoever is inside goes on to the next message and out; killed: all out at once', async () => {
  story = await openRuleStory({
    one: rule('one', `on: { event: order.placed }\nkey: order\nsteps: [{ wait: 1 h }, { wait: 1 h }, ${note}]`),
    two: rule('two', `on: { event: order.placed }\nkey: order\nsteps: [{ wait: 3 d }, ${note}]`),
  })
  const { zhou, lin } = story
  const wang = await idOf(story, story.wang)
  await happens(story, wang, 'order.placed', { order: 'A1' })
  await lin.says('暂停规则 规则one')
  assert.match(lin.lastLine(), /只有主管可以使用/)
  await zhou.says('暂停规则 规则')
  assert.match(zhou.lastLine(), /是哪一条规则？规则one、规则two/)
  await zhou.says('暂停规则 规则one')
  assert.match(zhou.lastLine(), /「规则one」已暂停/)
  await happens(story, wang, 'order.placed', { order: 'A2' })
  await story.restart()
  await story.later('90 min')
  assert.equal((await runsOf(story, 'one'))[0]?.state, 'running', 'waits go on')
  await story.later('30 min')
  const runs = await runsOf(story, 'one')
  assert.deepEqual(
    runs.map(({ outcome }) => outcome),
    ['left'],
  )
  await zhou.says('恢复规则 one')
  await happens(story, wang, 'order.placed', { order: 'A3' })
  assert.equal((await runsOf(story, 'one')).length, 2)
  assert.equal((await runsOf(story, 'two')).length, 3)
  await zhou.says('终止规则 规则two')
  assert.deepEqual(
    (await runsOf(story, 'two')).map(({ outcome }) => outcome),
    ['killed', 'killed', 'killed'],
  )
  await zhou.says('规则')
  assert.match(
    zhou.lastLine(),
    /规则one：进行中 1 位，近 7 天进入 2 位\n规则two（已终止）：进行中 0 位，近 7 天进入 3 位/,
  )
  await story.later('2 h')
  assert.equal(lin.lines().filter((line) => line.includes('【提醒】')).length, 1)
})

test('two rules at the same moment: the last place of the cap is taken once', async () => {
  const two = (name: string) => rule(name, `on: { event: order.placed }\nsteps: [{ wait: 1 h }, ${market}]`)
  story = await openRuleStory({ one: two('one'), two: two('two'), three: two('three') })
  const ids = await crowd(story, 12)
  await story.db.write(async (tx) => {
    for (const customerId of ids)
      await record(tx, 'order.placed', { by: SYSTEM, subject: { type: 'customer', id: customerId }, customerId })
  })
  await story.settle()
  story.clock.advance(3_600_000)
  const runs = [...(await runsOf(story, 'one')), ...(await runsOf(story, 'two')), ...(await runsOf(story, 'three'))]
  assert.equal(runs.length, 36)
  // Past the queue that lets one process sweep at a time: all of them at once.
  const walkOn = async (id: string) => {
    while ((await story.db.write((tx) => walk(house, tx, id))) === 'again');
  }
  await Promise.all(runs.map(({ id }) => walkOn(id)))
  const sent = await Promise.all(ids.map(async (id) => (await contacts(id)).length))
  assert.deepEqual(sent, Array(12).fill(1))
  const held = (await Promise.all(['one', 'two', 'three'].map((name) => deeds(story, name)))).flat()
  assert.equal(held.filter((deed) => deed.startsWith('held')).length, 24)
})

test('two customers turn out to be one; the auditor wakes what sleeps and tells what is stuck; a leader is told', async () => {
  story = await openRuleStory({
    pair: rule('pair', `on: { event: order.placed }\nsteps: [{ wait: 1 d }, ${note}]`),
    single: rule('single', `on: { event: ride.started }\nkey: vehicle\nsteps: [{ wait: 1 d }, ${note}]`),
    boss: rule(
      'boss',
      `on: { event: ride.ended }\nsteps: [{ do: notify_staff, to: leader, or: director, title: 上级, text: 请看 }]`,
    ),
  })
  const { lin, zhou, he } = story
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  await happens(story, wang, 'order.placed')
  await happens(story, li, 'order.placed')
  await happens(story, li, 'ride.started', { vehicle: 'YK1' })
  await story.db.write((tx) => moveRuns(tx, li, wang))
  const runs = [...(await runsOf(story, 'pair')), ...(await runsOf(story, 'single'))]
  assert.deepEqual(
    runs.map(({ customerId, runKey, outcome }) => [customerId, runKey, outcome]),
    [
      [wang, wang, null],
      [li, li, 'left'],
      [wang, 'YK1', null],
    ],
  )
  // A run without a time of its own would sleep for ever.
  await story.db.write((tx) => tx.run(`UPDATE rule_runs SET wakeAt = NULL WHERE rule = 'pair' AND state = 'running'`))
  const audit = async () => {
    await story.running.duties.find(({ name }) => name === 'audit')?.run()
    return story.db.read((tx) =>
      tx.query<{ kind: string }>(`SELECT kind FROM audit_findings WHERE kind LIKE 'rule%' ORDER BY kind`),
    )
  }
  assert.deepEqual(
    (await audit()).map(({ kind }) => kind),
    ['rule_run_asleep'],
  )
  await story.settle()
  await story.later('1 d')
  assert.equal((await runsOf(story, 'pair'))[0]?.outcome, 'completed')
  await happens(story, wang, 'ride.started', { vehicle: 'YK2' })
  story.clock.advance(3 * 24 * 3_600_000)
  const [last] = await story.db.read((tx) =>
    tx.query<{ id: string }>(`SELECT id FROM events WHERE name = 'order.placed' ORDER BY id DESC LIMIT 1`),
  )
  await story.db.write((tx) => tx.insert(RuleHeard, { id: last?.id ?? '', nextAt: tx.now - 3_600_000, attempts: 0 }))
  assert.deepEqual(
    (await audit()).map(({ kind }) => kind),
    ['rule_event_unheard', 'rule_run_asleep', 'rule_run_late'],
  )
  await story.settle()
  assert.match(he.lastLine(), /自动规则到点没有执行：1 处 —[^—]*· 规则「\S+」/)
  assert.match(he.lastLine(), /事件没有交给自动规则：1 处 —[^—]*· 事件「下单」/)

  await happens(story, wang, 'ride.ended')
  assert.match(he.lastLine(), /【上级】/, 'nobody looks after the customer yet')
  await lin.says('打电话给 王晓梅，续约')
  await lin.press('续约', 'yes')
  await happens(story, wang, 'ride.ended')
  assert.match(zhou.lastLine(), /【上级】/)
})

test('an action that fails: tried again or given up, done once, and never in the way of others', async () => {
  let broken = 2
  let said = 0
  const shaky: RuleWord = {
    name: 'shaky',
    args: z.strictObject({}),
    async run() {
      if (broken-- > 0) throw new Error('the line is dead')
      said += 1
      return undefined
    },
  }
  const refused: RuleWord = {
    name: 'refused',
    args: z.strictObject({}),
    async run() {
      throw new Conflict('rule_nobody')
    },
  }
  ruleWords([shaky, refused])
  story = await openRuleStory({
    shaky: rule('shaky', `on: { event: order.placed }\nsteps: [${note}, { do: shaky }, ${note}]`),
    refused: rule(
      'refused',
      `on: { event: order.placed }\nsteps: [{ do: refused, optional: true }, ${note}, { do: refused }, ${note}]`,
    ),
    text: rule(
      'text',
      `on: { event: order.placed }\nsteps: [{ do: notify_staff, to: { role: front_line }, or: front_line, title: 提醒, text: '{{event.nothing}}' }]`,
    ),
  })
  const { wang, zhou } = story
  const id = await idOf(story, wang)
  await happens(story, id, 'order.placed')
  const count = async (name: string, deed: string) => (await deeds(story, name)).filter((one) => one === deed).length
  assert.equal(await count('shaky', 'done notify_staff'), 1)
  await story.later('1 min')
  await story.restart()
  await story.later('5 min')
  assert.deepEqual([said, await count('shaky', 'done notify_staff'), await count('shaky', 'failed shaky')], [1, 2, 2])
  assert.deepEqual(
    [(await runsOf(story, 'refused'))[0]?.outcome, await count('refused', 'done notify_staff')],
    ['failed', 1],
  )
  assert.equal((await runsOf(story, 'text'))[0]?.outcome, 'failed')
  await zhou.says('为什么 1234 text')
  assert.match(zhou.lastLine(), /没有做成：文字里用到的内容不存在[\s\S]*结束：有一步没有做成/)
})
