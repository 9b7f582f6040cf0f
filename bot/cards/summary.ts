import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind } from '../card.ts'
import { openTurns, taskLines } from './task-line.ts'

/** The morning summary: own open tasks, the late ones first, what came overnight; for supervisors also everybody's. */
export const summaryNotice: CardKind = {
  kind: 'summary',
  async draw(tx, message, words) {
    const own = await ownTurns(tx, message.recipientId)
    const team = message.data.team ? await teamFigures(tx) : undefined
    if (own.length === 0 && !team?.open) return undefined
    const about = {
      name: (await staffById(tx, message.recipientId))?.name ?? '',
      own: own.length,
      late: own.filter(({ step }) => step.dueAt !== null && step.dueAt <= tx.now).length,
      pool: own.filter(({ step }) => step.assigneeId === null).length,
      fresh: own.filter(({ step }) => step.openedAt >= Number(message.data.since)).length,
      lines: await taskLines(tx, own, words),
    }
    const parts = [own.length > 0 ? 'own' : 'none', ...(own.length > 0 ? ['hint'] : [])]
    const texts = parts.map((part) => words.text(`cards/summary.${part}`, about))
    if (team?.open) texts.splice(1, 0, await teamText(tx, team, words))
    return { text: texts.join('\n') }
  },
}

/** What a person has to do: steps that are theirs, and those of their roles that nobody has taken. */
async function ownTurns(tx: Tx, staffId: Message['recipientId']): Promise<Turn[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM flow_steps WHERE assigneeId = ? AND state IN ('open', 'waiting')
     UNION ALL SELECT id FROM flow_steps WHERE assigneeId IS NULL AND state IN ('open', 'waiting')
     AND role IN (SELECT role FROM staff_roles WHERE staffId = ?)`,
    [staffId, staffId],
  )
  return openTurns(
    tx,
    rows.map(({ id }) => id),
    staffId,
  )
}

interface Figures {
  open: number
  late: number
  waiting: number
  unaccepted: number
}

async function teamFigures(tx: Tx): Promise<Figures> {
  const [row] = await tx.query<Record<keyof Figures, number | null>>(
    `SELECT COUNT(*) AS open, SUM(CASE WHEN dueAt <= ? THEN 1 ELSE 0 END) AS late,
     SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS waiting,
     SUM(CASE WHEN state = 'open' AND acceptedAt IS NULL THEN 1 ELSE 0 END) AS unaccepted
     FROM flow_steps WHERE state IN ('open', 'waiting')`,
    [tx.now],
  )
  const count = (key: keyof Figures) => Number(row?.[key] ?? 0)
  return { open: count('open'), late: count('late'), waiting: count('waiting'), unaccepted: count('unaccepted') }
}

/** The figures of the team, and who has the most that is late. */
async function teamText(tx: Tx, figures: Figures, words: Words): Promise<string> {
  const rows = await tx.query<{ assigneeId: string; n: number }>(
    `SELECT assigneeId, COUNT(*) AS n FROM flow_steps WHERE state = 'open' AND dueAt <= ? AND assigneeId IS NOT NULL
     GROUP BY assigneeId ORDER BY n DESC, assigneeId LIMIT 3`,
    [tx.now],
  )
  const people: { name: string; count: number }[] = []
  for (const { assigneeId, n } of rows) {
    people.push({ name: (await staffById(tx, assigneeId))?.name ?? '', count: Number(n) })
  }
  return words.text('cards/summary.team', { ...figures, people })
}
