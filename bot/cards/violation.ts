import type { Message } from '../../server/engines/messages/message.ts'
import { rentals, type ToldViolation } from '../../server/engines/staff/rentals.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Look, Press } from '../card.ts'
import { cancelDecision, endDecision, own } from '../end-decision.ts'
import { change, decided } from './decisions.ts'

/** A violation as it was typed; nothing is stored before a yes. */
export const violationCard: CardKind = {
  kind: 'violation',
  draw: drawViolation,
  press: { yes: own(keep), change: own(change), no: own(cancelDecision) },
}

type Told = Omit<ToldViolation, 'id'> & { timed: boolean }

async function keep(tx: Tx, { staff, message }: Press): Promise<void> {
  const { plate, happenedAt, fine, points, reason } = message.data as unknown as Told
  const { rental, late } = await rentals().violation(tx, { plate, happenedAt })
  const fresh = await rentals().report(tx, staff, { id: message.id, plate, happenedAt, fine, points, reason })
  await endDecision(tx, message, fresh ? 'done' : 'known', { rental: rental ?? '', late, alike: 0 })
}

async function drawViolation(tx: Tx, message: Message, words: Words): Promise<Look> {
  const told = message.data as unknown as Told
  const ended = message.data.ending !== undefined
  const seen = ended ? message.data : await rentals().violation(tx, told)
  const data = { late: false, alike: 0, ...told, ...seen, rental: seen.rental ?? '' }
  const say = (key: string) => words.text(`cards/commands.violation.${key}`, { ...data, ended, now: message.createdAt })
  const keys = ['plate', 'rental', 'at', 'fine', 'points', ...(told.reason ? ['reason'] : [])]
  const facts = keys.map((key) => ({ label: say(`label.${key}`), text: say(`of.${key}`) }))
  const alike = !ended && Number(data.alike) > 0
  return decided(message, words, 'violation', data, {
    facts,
    ...(alike && { line: say('alike') }),
    keys: ['yes', 'change', 'no'],
  })
}
