import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Start, startFlow } from '../../server/engines/flows/flows.ts'
import { flowSubject } from '../../server/engines/flows/hooks.ts'
import type { FlowRun } from '../../server/engines/flows/run.ts'
import type { FlowStep } from '../../server/engines/flows/step.ts'
import { sweepSteps } from '../../server/engines/flows/sweep.ts'
import { readPack } from '../../server/engines/packs/pack.ts'
import { Shelf } from '../../server/engines/packs/shelf.ts'
import type { PackProblem } from '../../server/engines/packs/source.ts'
import { Staff, StaffRole } from '../../server/engines/staff/staff.ts'
import { entities, migrations } from '../../server/entities.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'
import { houseDatabase } from '../database.ts'
import { MONDAY_10 } from '../harness.ts'

/** The people of the small house, and what they are. */
const PEOPLE: Record<string, string[]> = {
  ann: ['desk'],
  bob: ['desk'],
  cem: ['field'],
  dora: ['boss'],
}

const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, ['09:00-18:00']]))
const HEAD = {
  pack: 'walk',
  title: 'Walk',
  brand: 'Walk',
  roles: Object.fromEntries(
    ['desk', 'field', 'boss', 'nobody'].map((role) => [role, { title: role, members: [{ position: [role] }] }]),
  ),
  calendars: { work: { zone: 'Asia/Shanghai', week } },
  escalations: { chain: { levels: [{ to: 'boss', after: '1 h' }] } },
}

/** The form of every flow here: where to go on, and photos. */
const FORM = {
  form: 'walk',
  title: 'Walk',
  fields: [
    { name: 'go', kind: 'text', label: 'Go' },
    { name: 'before', kind: 'photos', label: 'Before' },
    { name: 'after', kind: 'photos', label: 'After', max: 3 },
  ],
}

/** A flow as it stands in a pack; what every flow here has in common may be left out. */
export interface FlowSource {
  flow: string
  [key: string]: unknown
}

/** A step that people do, as it stands in a pack. */
export function task(step: string, next: unknown, more: Record<string, unknown> = {}) {
  const words = { title: step, progress: step, task: step }
  return {
    step,
    ...words,
    role: 'desk',
    limit: '4 h',
    form: 'walk',
    actions: ['accept', 'finish', 'ask', 'transfer'],
    next,
    ...more,
  }
}

/** A step that branches out. */
export function fork(step: string, parallel: string[], next: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ step, parallel }).concat([['then', next]] as never))
}

/** A step that waits for an event. */
export function wait(step: string, event: string, next: unknown, timeout: string, more: Record<string, unknown> = {}) {
  return { step, title: step, progress: step, wait: { for: event, until: '2 d', timeout, ...more }, next }
}

/** A step that runs another flow. */
export function call(step: string, run: string, next: unknown) {
  return { step, title: step, progress: step, run, next }
}

/** Engines without doors: flows from a pack of one's own, a few people, a clock that stands still. */
export class FlowsHouse {
  readonly clock = new FixedClock(MONDAY_10)
  /** Every step that finished, as its subject heard it. */
  readonly finished: string[] = []
  readonly ended: string[] = []

  private constructor(
    readonly db: Database,
    readonly shelf: Shelf,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(flows: FlowSource[]): Promise<FlowsHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'yingke-flows-'))
    const fresh = await houseDatabase(folder)
    const clock = new FixedClock(MONDAY_10)
    const db = await Database.open({ url: fresh.url, entities, migrations, clock })
    const house = new FlowsHouse(db, new Shelf(folder, ['walk']), async () => {
      await db.close()
      await fresh.drop()
      await rm(folder, { recursive: true })
    })
    Object.assign(house, { clock })
    await writePack(folder, flows)
    flowSubject('walk', {
      stepOpened: async () => undefined,
      // A transaction that lost a race runs again.
      stepFinished: async (tx, { step }) => tx.afterCommit(() => house.finished.push(step.id)),
      questionAsked: async () => undefined,
      runEnded: async (tx, run) => tx.afterCommit(() => house.ended.push(run.id)),
    })
    await house.hire()
    const problems = await house.shelf.load(db)
    if (problems.length === 0) return house
    await house.drop()
    throw new Error(JSON.stringify(problems))
  }

  /** Sets a flow going for a new subject. */
  start(name: string, id: string, more: Partial<Start> = {}): Promise<FlowRun> {
    const flow = this.shelf.flows.get(name)
    if (!flow) throw new Error(`no flow ${name}`)
    const facts = { number: id, title: id, text: '', customer: '', phone: '', rows: [], safety: 'pass', photos: [] }
    const subject = { type: 'walk', id }
    const given = { definitionId: flow.id, subject, customerId: null, facts, answers: {}, ...more } as Start
    return this.db.write((tx) => startFlow(tx, given))
  }

  person(id: string): Promise<Staff> {
    return this.db.read((tx) => tx.get(Staff, id)) as Promise<Staff>
  }

  /** Lets time pass and what falls due happen. */
  async later(ms: number): Promise<void> {
    this.clock.advance(ms)
    await sweepSteps(this.db)
  }

  close(): Promise<void> {
    return this.drop()
  }

  private hire(): Promise<void> {
    return this.db.write(async (tx) => {
      for (const [id, roles] of Object.entries(PEOPLE)) {
        await tx.insert(Staff, {
          id,
          name: id,
          position: '',
          departments: [],
          active: true,
          onDuty: true,
          updatedAt: 0,
        })
        for (const role of roles) await tx.insert(StaffRole, { id: `${id}:${role}`, staffId: id, role })
      }
    })
  }
}

/** What is wrong with flows, as field and reason, one a line. */
export async function problemsOf(flows: FlowSource[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-flows-'))
  await writePack(folder, flows)
  const problems: PackProblem[] = []
  readPack(folder, 'walk', problems)
  await rm(folder, { recursive: true })
  return problems.map(({ field, reason }) => `${field} ${reason}`).join('\n')
}

async function writePack(folder: string, flows: FlowSource[]): Promise<void> {
  for (const part of ['flows', 'forms']) await mkdir(join(folder, 'walk', part), { recursive: true })
  const put = (file: string, value: unknown) => writeFile(join(folder, 'walk', file), JSON.stringify(value, null, 1))
  await put('pack.yaml', HEAD)
  await put('forms/walk.yaml', FORM)
  const common = { title: 'Walk', form: 'walk', calendar: 'work', escalation: 'chain' }
  for (const flow of flows) await put(`flows/${flow.flow}.yaml`, { ...common, ...flow })
}

/** Who may finish a step: whoever has it, else the first of its pool. */
export function doerFor(step: FlowStep): string {
  if (step.assigneeId) return step.assigneeId
  const [found] = Object.entries(PEOPLE).find(([, roles]) => roles.includes(step.role)) ?? ['dora']
  return found
}
