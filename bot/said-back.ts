import { ballotOf } from '../server/engines/flows/approval-open.ts'
import { liveSteps, turnOf } from '../server/engines/flows/flows.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { staffById } from '../server/engines/staff/roster.ts'
import type { Tx } from '../server/lib/tx.ts'

/** Whom, where to and when somebody has chosen, in words. */
export async function chosenIn(tx: Tx, { flow }: Turn, { person, to, when }: Record<string, unknown>) {
  return {
    name: (person && (await staffById(tx, String(person)))?.name) || '',
    to: flow.steps.find(({ step }) => step === to)?.title ?? '',
    before: when === 'before',
  }
}

/** The approval to which a step has led that was finished just now, and who is asked there first. */
export async function approvalAfter(
  tx: Tx,
  { run }: Turn,
): Promise<{ approval: string; people: string[] } | undefined> {
  const opened = (await liveSteps(tx, run.id)).filter(({ openedAt }) => openedAt === tx.now)
  for (const { id } of opened) {
    const next = await turnOf(tx, id)
    if (!next.definition.approval) continue
    const { open } = await ballotOf(tx, next)
    const people = await Promise.all(open.map(async ({ staffId }) => (await staffById(tx, staffId))?.name ?? ''))
    return { approval: next.definition.title, people }
  }
  return undefined
}
