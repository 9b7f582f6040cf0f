import { runOf } from '../../server/engines/flows/flows.ts'
import { guardReader } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Invalid, NotFound } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { currentTurn } from '../cards/ticket.ts'

const NUMBER = /(?<![0-9a-z])(t\d{6}-?[0-9a-z]{5}|[0-9a-z]{5})(?![0-9a-z])/i

/** The number that a text names, and the text without it. */
export function numberIn(text: string): { number?: string; rest: string } {
  const number = NUMBER.exec(text)?.[0]
  return {
    number,
    rest: number
      ? text
          .replace(number, ' ')
          .replace(/\s+/g, ' ')
          .replace(/^[\s,，:：]+|\s+$/g, '')
      : text,
  }
}

/** The step at which the matter with this number stands, for somebody who may look at it. Throws Invalid, NotFound, Forbidden. */
export async function turnIn(
  tx: Tx,
  staff: Staff,
  text: string,
  example: string,
): Promise<{ turn: Turn; rest: string }> {
  const { number, rest } = numberIn(text)
  if (!number) throw new Invalid('number', 'number_missing', { example })
  const subjectId = await lookups().byNumber(tx, number)
  const run = subjectId && (await runOf(tx, subjectId))
  const turn = run && (await currentTurn(tx, run.id))
  if (!turn) throw new NotFound('number_unknown', { number: number.toUpperCase() })
  await guardReader(tx, turn, staff)
  return { turn, rest }
}
