import { changeRun, liveSteps, runOf } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import type { Tx } from '../../lib/tx.ts'
import { bookingById } from '../bookings/bookings.ts'
import { isSigned } from './contracts.ts'
import { isDepositSettled } from './deposit.ts'
import { judgePapers, papersOfDriver } from './papers.ts'
import type { Rental } from './rental.ts'
import { rulesOf } from './rules.ts'

/** Under this name templates/cards/facts.yaml has the words for what the customer has not done yet. */
const FACT = 'rental_missing'

/** Shows on the cards of a run what its customer still has to do before the car is theirs. */
export async function showMissing(tx: Tx, run: FlowRun, rental: Rental): Promise<void> {
  const missing = await missingFor(tx, rental)
  const others = (run.facts.told ?? []).filter(({ word }) => word !== FACT)
  const told = Object.values(missing).includes(true) ? [...others, { word: FACT, data: missing }] : others
  await changeRun(tx, run, { facts: { ...run.facts, told } })
}

/** Where cards show it, they show it as it stands now. */
export async function showMissingAgain(tx: Tx, rental: Rental): Promise<void> {
  const run = await runOf(tx, rental.id)
  if (run?.state !== 'running' || !run.facts.told?.some(({ word }) => word === FACT)) return
  await showMissing(tx, run, rental)
  for (const { id } of await liveSteps(tx, run.id)) await touchCards(tx, id)
}

async function missingFor(tx: Tx, rental: Rental): Promise<Record<'papers' | 'contract' | 'deposit', boolean>> {
  const signed = await isSigned(tx, rental.id)
  const deposit = !(await isDepositSettled(tx, rental.id))
  if (signed) return { papers: false, contract: false, deposit }
  const rules = await rulesOf(tx, rental.rulesId)
  const papers = await papersOfDriver(tx, rental.customerId, rules)
  const lacking = judgePapers(papers, rules, await bookingById(tx, rental.id)).some(({ why }) => why !== undefined)
  return { papers: lacking, contract: true, deposit }
}
