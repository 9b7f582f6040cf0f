import assert from 'node:assert/strict'
import { Event } from '../../server/engines/events/event.ts'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { Attachment } from '../../server/engines/files/attachment.ts'
import { addPromisedPicture } from '../../server/engines/files/files.ts'
import { auditRuns, auditSteps } from '../../server/engines/flows/audit-steps.ts'
import {
  cancelRun,
  changeRun,
  goTo,
  liveSteps,
  reopenRun,
  runOf,
  signalFlows,
  timeOutStep,
  turnOf,
} from '../../server/engines/flows/flows.ts'
import { belongsTo } from '../../server/engines/flows/pictures.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { FlowStep } from '../../server/engines/flows/step.ts'
import { finishStep } from '../../server/engines/flows/steps.ts'
import { Staff } from '../../server/engines/staff/staff.ts'
import { DAY, HOUR } from '../../server/lib/clock.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { afterEach, test } from '../suite.ts'
import { call, doerFor, type FlowSource, FlowsHouse, fork, problemsOf, task, wait } from './flows-house.ts'

let house: FlowsHouse | undefined
afterEach(async () => {
  await house?.close()
  house = undefined
})

const SUBJECT = { type: 'walk', id: 'one' }

async function open(...flows: FlowSource[]): Promise<FlowsHouse> {
  house = await FlowsHouse.open(flows)
  return house
}

function read<T>(work: (tx: Tx, run: FlowRun) => Promise<T>): Promise<T> {
  return (house as FlowsHouse).db.read(async (tx) => work(tx, (await runOf(tx, 'one')) as FlowRun))
}

function write<T>(work: (tx: Tx, run: FlowRun) => Promise<T>): Promise<T> {
  return (house as FlowsHouse).db.write(async (tx) => work(tx, (await runOf(tx, 'one')) as FlowRun))
}

async function names(): Promise<string> {
  const live = await read((tx, { id }) => liveSteps(tx, id))
  return live.map(({ name }) => name).join(' ')
}

async function step(name: string): Promise<FlowStep> {
  const live = await read((tx, { id }) => liveSteps(tx, id))
  const found = live.find((one) => one.name === name)
  assert.ok(found, `${name} is not live, only ${live.map((one) => one.name)}`)
  return found
}

async function finish(name: string, answers: Record<string, unknown> = {}): Promise<string> {
  const { id, ...rest } = await step(name)
  const staff = await (house as FlowsHouse).person(doerFor(rest as FlowStep))
  await write(async (tx) => finishStep(tx, await turnOf(tx, id), staff, answers))
  return names()
}

function signal(data: Record<string, unknown> = {}): Promise<number> {
  return write(async (tx) => {
    await record(tx, 'paid', { subject: SUBJECT, by: SYSTEM, data })
    return signalFlows(tx, SUBJECT, 'paid', data)
  })
}

async function state(): Promise<string> {
  return (await read(async (_tx, run) => run)).state
}

test('branches run at the same time, and the run goes on when the last has come', async () => {
  await open({
    flow: 'walk',
    steps: [
      fork('split', ['a', 'inner'], 'last'),
      task('a', 'a2'),
      task('a2', 'join'),
      fork('inner', ['b', 'c'], 'd'),
      task('b', 'join', { role: 'field' }),
      task('c', 'join'),
      task('d', 'join'),
      task('last', 'end'),
    ],
  })
  await house?.start('walk', 'one')
  assert.equal(await names(), 'a b c')
  assert.equal(await finish('a'), 'b c a2')
  assert.equal(await finish('b'), 'c a2')
  assert.equal(await finish('c'), 'a2 d')
  assert.equal(await finish('a2'), 'd')
  assert.equal(await finish('d'), 'last')
  assert.equal(await finish('last'), '')
  assert.equal(await state(), 'ended')
  assert.equal(house?.ended.length, 1)
})

test('two who finish the last branches at the same moment still go on together, once', async () => {
  await open({
    flow: 'walk',
    steps: [fork('split', ['a', 'b'], 'last'), task('a', 'join'), task('b', 'join'), task('last', 'end')],
  })
  await house?.start('walk', 'one')
  await Promise.all([finish('a'), finish('b')])
  assert.equal(await names(), 'last')
})

test('a branch that is over at once does not end its fork before the others have set out', async () => {
  await open({
    flow: 'walk',
    steps: [
      task('first', 'split'),
      fork('split', ['w', 'b'], 'last'),
      wait('w', 'paid', 'join', 'join', { since: 'start' }),
      task('b', 'join'),
      task('last', 'end'),
    ],
  })
  await house?.start('walk', 'one')
  assert.equal(await signal({ fen: 100 }), 0, 'nobody waits yet')
  assert.equal(await finish('first'), 'b')
  assert.equal(await finish('b'), 'last')
  assert.equal((await read(async (_tx, run) => run)).answers.w?.fen, 100)
})

test('whoever is sent back out of a fork leaves no branch behind', async () => {
  await open({
    flow: 'walk',
    steps: [
      task('first', 'split'),
      fork('split', ['a', 'b'], 'last'),
      task('a', 'join'),
      task('b', 'join'),
      task('last', 'end'),
    ],
  })
  await house?.start('walk', 'one')
  await finish('first')
  const { id } = await step('a')
  await write(async (tx) => goTo(tx, await turnOf(tx, id), 'first', SYSTEM))
  assert.equal(await names(), 'first')
  await finish('first')
  assert.equal(await names(), 'a b')
  const again = await step('a')
  await assert.rejects(
    write(async (tx) => goTo(tx, await turnOf(tx, again.id), 'b', SYSTEM)),
    /step_apart/,
  )
})

test('a wait goes on by its event, once, with what the event brought', async () => {
  await open({ flow: 'walk', steps: [wait('w', 'paid', 'on', 'late'), task('on', 'end'), task('late', 'end')] })
  await house?.start('walk', 'one')
  assert.equal(await write((tx) => signalFlows(tx, SUBJECT, 'arrived')), 0)
  assert.equal(await write((tx) => signalFlows(tx, { type: 'walk', id: 'other' }, 'paid')), 0)
  assert.equal(await signal({ fen: 200 }), 1)
  assert.equal(await signal({ fen: 300 }), 0)
  assert.equal(await names(), 'on')
  const { answers } = await read(async (_tx, run) => run)
  assert.deepEqual(answers.w, { fen: 200, at: house?.clock.now() })
  await house?.later(3 * DAY)
  assert.equal(await names(), 'on', 'its deadline is gone')
})

test('a wait whose event does not come takes the way out at its deadline, not before', async () => {
  await open({ flow: 'walk', steps: [wait('w', 'paid', 'on', 'late'), task('on', 'end'), task('late', 'end')] })
  await house?.start('walk', 'one')
  await house?.later(2 * DAY - 1)
  const { id } = await step('w')
  assert.equal(await write((tx) => timeOutStep(tx, id)), false)
  assert.equal(await names(), 'w')
  await house?.later(1)
  assert.equal(await names(), 'late')
  assert.equal(await signal(), 0)
})

test('an event from before the wait counts only where the flow says so', async () => {
  await open({ flow: 'walk', steps: [task('first', 'w'), wait('w', 'paid', 'end', 'end')] })
  await house?.start('walk', 'one')
  await signal()
  assert.equal(await finish('first'), 'w')
})

test('a called flow does its part: its answers come back, and it ends with the one that called it', async () => {
  await open(
    {
      flow: 'outer',
      steps: [
        call('repair', 'inner', [{ when: { 'repair.fix.go': 'bad' }, to: 'scrap' }, { to: 'end' }]),
        task('scrap', 'end'),
      ],
    },
    { flow: 'inner', steps: [task('fix', 'look'), task('look', 'end')] },
  )
  await house?.start('outer', 'one', { tier: 'gold', answers: { go: 'x' } })
  assert.equal(await names(), 'fix')
  assert.equal((await read(async (_tx, run) => run)).flow, 'outer', 'the run of the subject is the root')
  const child = await read((tx) => tx.first(FlowRun, 'WHERE parentStepId IS NOT NULL'))
  assert.equal(child?.tier, 'gold')
  assert.deepEqual(child?.answers, { form: { go: 'x' } })
  await finish('fix', { go: 'bad' })
  assert.equal(await finish('look'), 'scrap')
  assert.equal((await read(async (_tx, run) => run)).answers.repair?.form, undefined)
  await finish('scrap')
  assert.equal(house?.ended.length, 1, 'the noun hears of the end of the whole only')
})

test('who cancels the caller cancels the called, and what cards show of the subject reaches both', async () => {
  await open(
    { flow: 'outer', steps: [fork('split', ['one', 'two'], 'end'), call('one', 'inner', 'join'), task('two', 'join')] },
    { flow: 'inner', steps: [task('fix', 'end')] },
  )
  await house?.start('outer', 'one')
  await write((tx, run) => changeRun(tx, run, { facts: { ...run.facts, text: 'now checked' } }))
  const runs = await read((tx) => tx.find(FlowRun, ''))
  assert.deepEqual(
    runs.map(({ facts }) => facts.text),
    ['now checked', 'now checked'],
  )
  await write((tx, run) => cancelRun(tx, run, SYSTEM, 'gone'))
  const after = await read((tx) => tx.find(FlowRun, ''))
  assert.deepEqual(
    after.map((run) => run.state),
    ['cancelled', 'cancelled'],
  )
  assert.equal(await names(), '')
})

test('the limit goes by priority and tier: the shortest that fits', async () => {
  const limit = { default: '4 h', urgent: '1 h', tier: { gold: '2 h', trial: '8 h' } }
  await open({
    flow: 'walk',
    priority: [{ when: { $or: [{ 'reporter.faults': { $gte: 5 } }, { tier: 'platinum' }] }, is: 'urgent' }],
    steps: [task('a', [{ when: { tier: 'gold' }, to: 'b' }, { to: 'end' }], { limit }), task('b', 'end')],
  })
  const hours: unknown[] = []
  for (const [id, tier, faults] of [
    ['x1', null, 0],
    ['x2', 'gold', 0],
    ['x3', 'gold', 7],
    ['x4', 'trial', 1],
    ['x5', 'constructor', 1],
    ['x6', 'platinum', 1],
  ] as const) {
    const run = await house?.start('walk', id, { tier, about: { reporter: { faults } }, answers: { tier: 'gold' } })
    const [first] = await read((tx) => liveSteps(tx, run?.id ?? ''))
    hours.push([run?.priority, Number(first?.limitMs) / HOUR])
  }
  assert.deepEqual(hours, [
    ['normal', 4],
    ['normal', 2],
    ['urgent', 1],
    ['normal', 8],
    ['normal', 4],
    ['urgent', 1],
  ])
  await house?.start('walk', 'one', { tier: 'gold' })
  assert.equal(await finish('a'), 'b')
})

test('without its evidence a step cannot be finished', async () => {
  await open({
    flow: 'walk',
    steps: [
      task('a', 'b', { evidence: ['before', 'after'] }),
      task('b', 'end', { evidence: { photos: 2, of: 'after' } }),
    ],
  })
  await house?.start('walk', 'one')
  const photo = (stepName: string, field: string) =>
    write(async (tx) => {
      const turn = await turnOf(tx, (await step(stepName)).id)
      const belongs = await belongsTo(tx, turn, (await tx.get(Staff, 'ann')) as Staff, field)
      return addPromisedPicture(tx, 'ann', 'media', belongs)
    })
  const one = await photo('a', 'before')
  await assert.rejects(finish('a'), {
    why: 'evidence_missing',
    data: { field: 'after', label: 'After', photos: 1, count: 0, missing: 1 },
  })
  await assert.rejects(finish('a', { after: [one] }), /evidence_missing/, 'it was given for the other field')
  await assert.rejects(finish('a', { after: ['01ARZ3NDEKTSV4RRFFQ69G5FAV'] }), /evidence_missing/)
  const two = await photo('a', 'after')
  assert.equal(await finish('a', { before: [two] }), 'b')
  const { before, after } = (await read(async (_tx, run) => run.answers)).a ?? {}
  assert.deepEqual([before, after], [[one], [two]])

  await assert.rejects(finish('b', { after: [one, two] }), /evidence_missing/, 'they were given for the step before')
  await photo('b', 'after')
  await assert.rejects(finish('b'), { data: { field: 'after', label: 'After', photos: 2, count: 1, missing: 1 } })
  const lost = await photo('b', 'after')
  await write((tx) => tx.update(Attachment, lost, { state: 'lost' }))
  await assert.rejects(finish('b'), /evidence_missing/, 'what never arrived is no evidence')
  await photo('b', 'after')
  await photo('b', 'after')
  await assert.rejects(photo('b', 'after'), /too_many_photos/)
  await assert.rejects(photo('b', 'go'), /picture_not_asked/)
  assert.equal(await finish('b'), '')
})

test('a run can be opened again within its window, at its step, by whoever did it if they are there', async () => {
  await open({
    flow: 'walk',
    priority: [{ when: {}, is: 'urgent' }],
    reopen_within: '7 d',
    reopen_at: 'fix',
    steps: [task('look', 'fix'), task('fix', 'end')],
  })
  await house?.start('walk', 'one')
  await finish('look')
  await finish('fix')
  await house?.later(6 * DAY)
  await write((tx, run) => reopenRun(tx, run, SYSTEM))
  const again = await step('fix')
  assert.equal(again.assigneeId, 'ann')
  assert.equal(await state(), 'running')
  assert.equal((await read(async (_tx, run) => run)).priority, 'urgent')
  await write((tx) => tx.update(Staff, 'ann', { onDuty: false }))
  await write((tx, run) => reopenRun(tx, run, SYSTEM, 'look'))
  assert.equal((await step('look')).assigneeId, 'bob', 'the one who did it has gone home')
  await write((tx) => tx.update(Staff, 'ann', { onDuty: true }))
  await finish('look')
  await finish('fix')
  await house?.later(7 * DAY + 1)
  await assert.rejects(
    write((tx, run) => reopenRun(tx, run, SYSTEM)),
    /reopen_late/,
  )
})

test('the auditor has nothing to say of forks, waits and calls, and much of a fork that hangs', async () => {
  await open(
    {
      flow: 'outer',
      steps: [fork('split', ['one', 'w'], 'end'), call('one', 'inner', 'join'), wait('w', 'paid', 'join', 'join')],
    },
    { flow: 'inner', steps: [task('fix', 'end')] },
  )
  await house?.start('outer', 'one')
  const audit = async () => [...(await auditSteps(house?.db as never)), ...(await auditRuns(house?.db as never, true))]
  assert.deepEqual(await audit(), [])
  const events = await read((tx) => tx.find(Event, 'ORDER BY id'))
  assert.deepEqual(
    events.map(({ name }) => name),
    ['flow.forked', 'step.opened', 'step.opened', 'step.opened'],
  )
  house?.clock.advance(3 * DAY)
  const late = (await auditSteps(house?.db as never)).filter(({ about }) => about === 'one w')
  assert.deepEqual(
    late.map(({ kind, repaired }) => [kind, repaired]),
    [['step_late', undefined]],
  )
  await write((tx) => tx.run(`UPDATE flow_steps SET state = 'done', wakeAt = NULL WHERE kind IN ('call', 'wait')`))
  const found = await auditRuns(house?.db as never, true)
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['run_stuck'],
  )
})

test('mistakes in the shape of a flow are told where they stand', async () => {
  const cases: [string, Record<string, unknown>[]][] = [
    [
      'steps.1.next a branch of "parallel" ends with "join", not with "end"',
      [fork('s', ['a', 'b'], 'end'), task('a', 'end'), task('b', 'join')],
    ],
    ['steps.0.next "join" stands outside of any "parallel"', [task('a', 'join')]],
    [
      'steps.1.next "z" belongs to another branch',
      [fork('s', ['a', 'b'], 'z'), task('a', 'z'), task('b', 'join'), task('z', 'end')],
    ],
    ['steps.0.parallel.1 "a" belongs to another branch', [fork('s', ['a', 'a'], 'end'), task('a', 'join')]],
    [
      'steps.1.next no way leads from "a" to "join"',
      [fork('s', ['a', 'b'], 'end'), task('a', 'a2'), task('a2', 'a'), task('b', 'join')],
    ],
    ['steps.1.next no way leads from "b" to "end"', [task('a', 'b'), task('b', 'a')]],
    [
      'steps.0.then there is no step "nowhere"',
      [fork('s', ['a', 'b'], 'nowhere'), task('a', 'join'), task('b', 'join')],
    ],
    ['steps.0.wait.timeout there is no step "nowhere"', [wait('w', 'paid', 'end', 'nowhere')]],
    [
      'steps.0.wait.until write a span such as',
      [{ ...wait('w', 'paid', 'end', 'end'), wait: { for: 'paid', until: 'long', timeout: 'end' } }],
    ],
    [
      'runs round without waiting',
      [wait('w', 'paid', [{ when: { x: 1 }, to: 'w' }, { to: 'end' }], 'end', { since: 'start' })],
    ],
    ['steps.0.run there is no flow "other"', [call('c', 'other', 'end')]],
    ['steps.0.run "wrong" leads back to "wrong": a flow cannot call itself', [call('c', 'wrong', 'end')]],
    ['steps.0.step "join" is a reserved name', [task('join', 'end')]],
    ['steps.0.evidence.0 there is no photo field "go"; known: before, after', [task('a', 'end', { evidence: ['go'] })]],
    [
      'steps.0.evidence.photos the field "after" takes 3 photos at most',
      [task('a', 'end', { evidence: { photos: 4, of: 'after' } })],
    ],
    ['steps.0.evidence a step without a form', [task('a', 'end', { form: undefined, evidence: ['after'] })]],
    ['steps.0.limit.urgent write a span such as', [task('a', 'end', { limit: { default: '4 h', urgent: 'soon' } })]],
    ['steps.0.limit write a span such as', [task('a', 'end', { limit: 'four hours' })]],
    ['steps.0 Unrecognized key: "role"', [{ ...wait('w', 'paid', 'end', 'end'), role: 'desk' }]],
  ]
  for (const [expected, steps] of cases) {
    const told = await problemsOf([{ flow: 'wrong', steps }])
    assert.ok(told.includes(expected), `${expected}\n— but:\n${told}`)
  }
})
