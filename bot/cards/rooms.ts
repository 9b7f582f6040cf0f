import { levelOf } from '../../server/engines/flows/acks.ts'
import { flowOf, stepsOf, turnOf } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { type CardKind, clip } from '../card.ts'

/** What is told of the customer's words; the whole stands on the page. */
const WORDS_ROOM = 300

/** What a room is told when it opens: what it is about, and where it stands. */
const opened: CardKind = {
  kind: 'room_opened',
  async draw(tx, { subjectId }, words) {
    const run = await tx.get(FlowRun, subjectId)
    if (run?.state !== 'running') return undefined
    const flow = await flowOf(tx, run.definitionId)
    const step = (await stepsOf(tx, run.id)).at(-1)
    const title = flow.steps.find((one) => one.step === step?.name)?.title ?? ''
    const assignee = (step?.assigneeId && (await staffById(tx, step.assigneeId))?.name) || ''
    const text = run.facts.safety === 'pass' ? clip(run.facts.text, WORDS_ROOM) : ''
    const urgent = run.priority === 'urgent'
    const about = { flow: flow.title, urgent, step: title, assignee, dueAt: step?.dueAt ?? 0, now: tx.now }
    const data = { ...run.facts, text, ...about }
    return { text: words.text('cards/rooms.opened', data) }
  },
}

/** The closing summary: every step with who did it and how long it took. */
const closed: CardKind = {
  kind: 'room_closed',
  async draw(tx, { subjectId, data: { standing = false } }, words) {
    const run = await tx.get(FlowRun, subjectId)
    if (!run) return undefined
    const flow = await flowOf(tx, run.definitionId)
    const steps = []
    for (const step of (await stepsOf(tx, run.id)).filter(({ kind }) => kind === 'task')) {
      steps.push({
        title: flow.steps.find((one) => one.step === step.name)?.title ?? step.name,
        by: (step.finishedBy && (await staffById(tx, step.finishedBy))?.name) || '',
        done: step.state === 'done',
        usedMs: step.usedMs ?? 0,
        late: step.overdueAt !== null,
      })
    }
    const data = {
      ...run.facts,
      steps,
      standing,
      cancelled: run.state === 'cancelled',
      mergedInto: run.facts.mergedInto,
      endedAt: run.endedAt ?? tx.now,
      now: tx.now,
    }
    return { text: words.text('cards/rooms.closed', data) }
  },
}

/** A line to the team's channel when something climbs: no customer's data, whoever is in the group may read it. */
const announced: CardKind = {
  kind: 'announce',
  async draw(tx, { subjectId, data }, words) {
    const { run, step, definition, flow } = await turnOf(tx, subjectId)
    if (!step.isLive()) return undefined
    const assignee = (step.assigneeId && (await staffById(tx, step.assigneeId))?.name) || ''
    const about = {
      ...data,
      number: run.facts.number,
      step: definition.title,
      to: flow.roles[levelOf(flow, Number(data.level))?.to ?? ''] ?? '',
      dueAt: step.dueAt ?? 0,
      assignee,
      now: tx.now,
    }
    return { text: words.text('cards/rooms.announce', about) }
  },
}

export const roomKinds = [opened, closed, announced]
