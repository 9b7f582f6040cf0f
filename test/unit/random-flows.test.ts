import assert from 'node:assert/strict'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import {
  cancelRun,
  flowOf,
  goTo,
  liveSteps,
  reopenRun,
  runOf,
  signalFlows,
  turnOf,
} from '../../server/engines/flows/flows.ts'
import { stepsAround } from '../../server/engines/flows/graph.ts'
import { mayAct } from '../../server/engines/flows/guards.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { askCustomer, finishStep, resumeStep, transferStep } from '../../server/engines/flows/steps.ts'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { AppError } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { Dice } from '../dice.ts'
import { test } from '../suite.ts'
import { call, doerFor, FlowsHouse, fork, task, wait } from './flows-house.ts'

/**
 * Random walks over random flows (SEMANTICS: work is never without an owner): after each action every running run has a
 * live step with an owner or a deadline, no step is finished twice, and every walk can end. WALK_SEED repeats one.
 */
/** A server in another process answers slower. */
const FLOWS = process.env.TEST_DATABASE_URL ? 60 : 220
const ACTIONS = 14
const MOST_TO_END = 400
const SEED = Number(process.env.WALK_SEED ?? 20261123)
const EVENTS = ['paid', 'arrived']

/** Draws one flow: a line of blocks, each a task, a choice, a loop, a fork, a wait or a call of an earlier flow. */
class Drawing {
  readonly steps: Record<string, unknown>[] = []
  private count = 0

  constructor(
    private readonly dice: Dice,
    private readonly earlier: string[],
  ) {}

  /** Draws a line of blocks that leads to `to` and returns the name of its first step. */
  line(to: string, depth: number, goal: string): string {
    let next = to
    const blocks = 1 + this.dice.below(depth === 0 ? 4 : 2)
    for (let i = 0; i < blocks && this.steps.length < 18; i++) next = this.block(next, depth, goal)
    return next === to ? this.task(to) : next
  }

  private block(next: string, depth: number, goal: string): string {
    const kind = this.dice.below(depth < 2 ? 9 : 6)
    if (kind === 2) return this.choice(next)
    if (kind === 3) return this.loop(next)
    if (kind === 4) return this.wait(next, goal)
    if (kind === 5 && this.earlier.length > 0) return this.call(next)
    if (kind >= 7) return this.fork(next, depth)
    return this.task(next)
  }

  private name(): string {
    this.count += 1
    return `s${this.count}`
  }

  private task(next: unknown, name = this.name()): string {
    const assign = this.dice.pick(['pool', 'least_busy'])
    const limit = this.dice.pick(['10 min', '4 h', { default: '1 workday', urgent: '1 h' }])
    this.steps.unshift(task(name, next, { role: this.dice.pick(['desk', 'field', 'nobody']), assign, limit }))
    return name
  }

  private choice(next: string): string {
    const other = this.task(next)
    const name = this.name()
    return this.task([{ when: { [`${name}.go`]: 'other' }, to: other }, { to: next }], name)
  }

  private loop(next: string): string {
    const back = this.name()
    const check = this.name()
    this.task([{ when: { [`${check}.go`]: 'back' }, to: back }, { to: next }], check)
    return this.task(check, back)
  }

  private wait(next: string, goal: string): string {
    const name = this.name()
    const since = this.dice.pick(['start', 'wait'])
    this.steps.unshift(wait(name, this.dice.pick(EVENTS), next, this.dice.pick([next, goal]), { since }))
    return name
  }

  private call(next: string): string {
    const name = this.name()
    this.steps.unshift(call(name, this.dice.pick(this.earlier), next))
    return name
  }

  private fork(next: string, depth: number): string {
    const name = this.name()
    const branches = Array.from({ length: 2 + this.dice.below(2) }, () => this.line('join', depth + 1, 'join'))
    this.steps.unshift(fork(name, branches, next))
    return name
  }
}

function drawFlows(dice: Dice, count: number) {
  const names: string[] = []
  return Array.from({ length: count }, (_, i) => {
    const drawing = new Drawing(dice, names.slice(-12))
    const first = drawing.line('end', 0, 'end')
    const [head] = drawing.steps.splice(
      drawing.steps.findIndex(({ step }) => step === first),
      1,
    )
    const flow = `walk_${i}`
    names.push(flow)
    return {
      flow,
      priority: [{ when: { tier: 'gold' }, is: 'urgent' }],
      reopen_within: '7 d',
      steps: [head, ...drawing.steps],
    }
  })
}

/** One walk: a run of a flow, and somebody who does this and that to it. */
class Walk {
  constructor(
    private readonly house: FlowsHouse,
    private readonly dice: Dice,
    private readonly subjectId: string,
  ) {}

  async act(): Promise<string> {
    const kind = this.dice.below(12)
    if (kind < 5) return this.finish(this.dice.pick(['on', 'on', 'other', 'back']))
    if (kind === 5) return this.finishTogether()
    if (kind === 6) return this.transfer()
    if (kind === 7) return this.ask()
    if (kind === 8) return this.resume()
    if (kind === 9) return this.wait(this.dice.pick([20 * MINUTE, 3 * HOUR, DAY, 3 * DAY]))
    if (kind === 10) return this.signal(this.dice.pick(EVENTS))
    return this.leap()
  }

  async finish(go: string): Promise<string> {
    const step = await this.someStep()
    if (!step) return 'nothing to finish'
    await this.finishOne(step, go)
    await assert.rejects(() => this.finishOne(step, go), AppError, 'finished twice')
    return `finish ${step.name} ${go}`
  }

  /** Everybody finishes at the same time. */
  async finishTogether(): Promise<string> {
    const steps = (await this.live()).filter(({ kind }) => kind === 'task')
    const twice = [...steps, ...steps]
    const ended = await Promise.allSettled(twice.map((step) => this.finishOne(step, 'on')))
    for (const one of ended) if (one.status === 'rejected') assert.ok(one.reason instanceof AppError, one.reason)
    return `finish together ${steps.map(({ name }) => name)}`
  }

  async wait(ms: number): Promise<string> {
    await this.house.later(ms)
    return `wait ${ms / MINUTE} min`
  }

  async signal(event: string): Promise<string> {
    const subject = { type: 'walk', id: this.subjectId }
    const woken = await this.house.db.write(async (tx) => {
      await record(tx, event, { subject, by: SYSTEM, data: {} })
      return signalFlows(tx, subject, event)
    })
    return `signal ${event}: ${woken}`
  }

  async end(how: 'cancel' | 'reopen'): Promise<string> {
    await this.house.db.write(async (tx) => {
      const run = await this.run(tx)
      if (how === 'cancel' && run.state === 'running') await cancelRun(tx, run, SYSTEM, 'walk')
      if (how === 'reopen' && run.state !== 'cancelled') await reopenRun(tx, run, SYSTEM)
    })
    return how
  }

  /** Goes on until the run is over. */
  async toEnd(log: string[]): Promise<void> {
    for (let i = 0; i < MOST_TO_END; i++) {
      if ((await this.house.db.read((tx) => this.run(tx))).state !== 'running') return
      const step = await this.someStep()
      if (step) log.push(await this.finish('on'))
      else log.push(i % 2 ? await this.wait(3 * DAY) : await this.signal(this.dice.pick(EVENTS)))
      await this.judge()
    }
    assert.fail('the walk does not end')
  }

  /** What must hold after each action. */
  async judge(): Promise<void> {
    await this.house.db.read(async (tx) => {
      const runs = await tx.find(FlowRun, 'WHERE subjectId = ?', [this.subjectId])
      for (const run of runs) await this.judgeRun(tx, run)
    })
    assert.equal(new Set(this.house.finished).size, this.house.finished.length, 'a step was finished twice')
  }

  private async judgeRun(tx: Tx, run: FlowRun): Promise<void> {
    const steps = await tx.find(FlowStep, 'WHERE runId = ? ORDER BY seq', [run.id])
    const live = steps.filter((step) => step.isLive())
    const told = JSON.stringify(live)
    if (run.state !== 'running') {
      assert.equal(live.length, 0, `a run that is over has live steps: ${told}`)
      return
    }
    assert.equal(live.filter(({ forkId }) => forkId === null).length, 1, `one live step outside of any fork: ${told}`)
    for (const step of live) {
      if (step.kind === 'fork')
        assert.ok(
          live.some(({ forkId }) => forkId === step.id),
          `a fork hangs: ${told}`,
        )
      if (step.kind === 'wait') assert.ok(step.wakeAt !== null, `a wait without a deadline: ${told}`)
      if (step.kind === 'call') {
        const children = await tx.find(FlowRun, `WHERE parentStepId = ? AND state = 'running'`, [step.id])
        assert.equal(children.length, 1, `a call hangs: ${told}`)
      }
      if (step.kind === 'task') await this.judgeOwner(tx, step)
    }
  }

  private async judgeOwner(tx: Tx, step: FlowStep): Promise<void> {
    const turn = await turnOf(tx, step.id)
    assert.ok(await mayAct(tx, turn, await this.house.person(doerFor(step))), `nobody owns ${JSON.stringify(step)}`)
    assert.ok(step.wakeAt !== null || step.state === 'waiting' || step.rung > 0, `no deadline ${JSON.stringify(step)}`)
  }

  private async transfer(): Promise<string> {
    const step = await this.someStep()
    if (!step) return 'nothing to transfer'
    const to = this.dice.pick(['ann', 'bob', 'cem', 'dora'].filter((id) => id !== step.assigneeId))
    await this.does(step, (tx, turn, staff) => transferStep(tx, turn, staff, to))
    return `transfer ${step.name} to ${to}`
  }

  private async ask(): Promise<string> {
    const step = (await this.live()).find(({ kind, state }) => kind === 'task' && state === 'open')
    if (!step) return 'nothing to ask'
    await this.does(step, (tx, turn, staff) => askCustomer(tx, turn, staff, '?'))
    return `ask at ${step.name}`
  }

  private async resume(): Promise<string> {
    for (const step of await this.live()) await this.does(step, (tx, turn) => resumeStep(tx, turn, SYSTEM))
    return 'resume'
  }

  /** Sends the run to some other step. */
  private async leap(): Promise<string> {
    const step = await this.someStep()
    if (!step) return 'nowhere to go'
    let told = ''
    await this.does(step, async (tx, turn) => {
      const to = stepsAround(turn.flow.steps, step.name)
      if (to.length === 0) return
      told = this.dice.pick(to)
      await goTo(tx, turn, told, SYSTEM)
    })
    return `go from ${step.name} to ${told}`
  }

  private finishOne(step: FlowStep, go: string): Promise<void> {
    return this.does(step, (tx, turn, staff) => finishStep(tx, turn, staff, { go }))
  }

  private async does(
    step: FlowStep,
    deed: (
      tx: Tx,
      turn: Awaited<ReturnType<typeof turnOf>>,
      staff: Awaited<ReturnType<FlowsHouse['person']>>,
    ) => Promise<void>,
  ) {
    const staff = await this.house.person(doerFor(step))
    await this.house.db.write(async (tx) => deed(tx, await turnOf(tx, step.id), staff))
  }

  private async someStep(): Promise<FlowStep | undefined> {
    const steps = (await this.live()).filter(({ kind }) => kind === 'task')
    return steps.length > 0 ? this.dice.pick(steps) : undefined
  }

  private live(): Promise<FlowStep[]> {
    return this.house.db.read(async (tx) => liveSteps(tx, (await this.run(tx)).id))
  }

  private async run(tx: Tx): Promise<FlowRun> {
    return (await runOf(tx, this.subjectId)) as FlowRun
  }
}

test('random walks over random flows lose nothing and can always end', { timeout: 240_000 }, async () => {
  const dice = new Dice(SEED)
  const flows = drawFlows(dice, FLOWS)
  const house = await FlowsHouse.open(flows)
  try {
    for (const { flow, steps } of flows) {
      const log: string[] = []
      try {
        const walk = new Walk(house, dice, `of_${flow}`)
        await house.start(flow, `of_${flow}`, { tier: dice.pick([null, 'gold']) })
        await walk.judge()
        const acts = dice.below(ACTIONS)
        for (let i = 0; i < acts; i++) {
          log.push(await walk.act())
          await walk.judge()
        }
        if (dice.chance(0.15)) log.push(await walk.end('cancel'))
        await walk.judge()
        await walk.toEnd(log)
        if (dice.chance(0.3)) {
          log.push(await walk.end('reopen'))
          await walk.judge()
          await walk.toEnd(log)
        }
        house.finished.length = 0
      } catch (error) {
        const told = `WALK_SEED=${SEED} ${flow}\n${JSON.stringify(steps)}\n${log.join('\n')}`
        throw new Error(`${(error as Error).stack}\n${told}`, { cause: error })
      }
    }
    const roots = await house.db.read((tx) => tx.find(FlowRun, 'WHERE parentStepId IS NULL'))
    assert.equal(roots.length, FLOWS)
    const kinds = await house.db.read((tx) => tx.query<{ kind: string }>('SELECT DISTINCT kind FROM flow_steps'))
    assert.deepEqual(kinds.map(({ kind }) => kind).sort(), ['call', 'fork', 'task', 'wait'])
    assert.ok(await house.db.read((tx) => flowOf(tx, (roots[0] as FlowRun).definitionId)))
  } finally {
    await house.close()
  }
})
