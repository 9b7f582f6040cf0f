import { z } from 'zod'
import { changeRun } from '../../engines/flows/flows.ts'
import type { FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { opened } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import { bookingById } from '../bookings/bookings.ts'
import { answerAppeal, disputeBill, isDisputable } from './appeals.ts'
import { Rental } from './rental.ts'

const field = z.string().regex(/^[a-z][A-Za-z0-9_]*$/, 'name a field of the form')
const place = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write <step>.<field>')
/** Under this name templates/cards/facts.yaml has the words for what cards show of a bill. */
const FACT = 'settlement'

/**
 * Ties an appeal to the rental whose number its form tells, and shows its bill to whoever works on it. A number that is
 * none of the customer's rentals ties nothing.
 */
const link: FlowWord<{ order: string }> = {
  name: 'link_rental',
  args: z.strictObject({ order: field }),
  async run(tx, turn, { order }) {
    const rental = await numbered(tx, turn, order)
    if (!rental) return
    const { facts, subjectId } = turn.run
    if (await isDisputable(tx, rental)) await disputeBill(tx, rental, subjectId)
    if (!rental.bill) return
    const told = (facts.told ?? []).filter(({ word }) => word !== FACT)
    await changeRun(tx, turn.run, { facts: { ...facts, told: [...told, { word: FACT, data: { ...rental.bill } }] } })
  },
}

/**
 * What an appeal has found: said in the flow of its ticket; `appeal.took` says where the money was taken off: from the
 * bill, as a refund, or nowhere, where the ticket is tied to no rental or the rental has not so much to give back.
 */
const answer: FlowWord<{ refund?: string }> = {
  name: 'answer_appeal',
  args: z.strictObject({ refund: place.optional() }),
  async run(tx, turn, { refund }) {
    const rental = await tx.first(Rental, 'WHERE appealId = ?', [turn.run.subjectId])
    if (!rental) return
    const [step = '', name = ''] = refund?.split('.') ?? []
    const granted = refund ? Number(turn.run.answers[step]?.[name] ?? 0) : 0
    const took = await answerAppeal(tx, rental, granted, `appeal:${turn.run.id}:${turn.step.id}`)
    await changeRun(tx, turn.run, { answers: { ...turn.run.answers, appeal: { took, at: tx.now } } })
  },
}

/** Shows which rental the customer speaks of who names none: the last one that they have brought back. */
const last: FlowWord<object> = {
  name: 'show_last_rental',
  args: z.strictObject({}),
  async run(tx, { run }) {
    const rental = await tx.first(Rental, 'WHERE customerId = ? AND giveback IS NOT NULL ORDER BY id DESC', [
      run.customerId,
    ])
    if (!rental) return
    const asset = await tx.get(Asset, (await bookingById(tx, rental.id)).assetId)
    const data = { number: rental.number, plate: asset?.code ?? '' }
    const told = [...(run.facts.told ?? []), { word: 'rental_last', data }]
    await changeRun(tx, run, { facts: { ...run.facts, told } })
  },
}

/** The words of what customers write about a rental afterwards. */
export const appealWords = [link, answer, last] as FlowWord[]

async function numbered(tx: Tx, { run }: Turn, name: string): Promise<Rental | undefined> {
  const said = String(opened((run.answers.form as Record<string, unknown> | undefined)?.[name]) ?? '')
  return tx.first(Rental, 'WHERE number = ? AND customerId = ?', [said.trim().toUpperCase(), run.customerId])
}
