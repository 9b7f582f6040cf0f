import { record } from '../../engines/events/events.ts'
import { claimPictures, PAPER_PICTURE } from '../../engines/files/files.ts'
import { signalFlows } from '../../engines/flows/flows.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Words } from '../../lib/render.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import type { Booking } from '../bookings/booking.ts'
import { bookingById, termsOf } from '../bookings/bookings.ts'
import { customerById } from '../customers/customers.ts'
import { depositOf } from '../payments/deposits.ts'
import { Contract, type ContractBody } from './contract.ts'
import { contractBody, hashOf, supplementBody } from './contract-text.ts'
import { judgePapers, papersOfDriver } from './papers.ts'
import type { Rental } from './rental.ts'
import { rulesOf } from './rules.ts'

/** Of these bookings a contract can be signed. */
const SIGNABLE = new Set<Booking['state']>(['confirmed', 'running'])

/** The contracts of a rental that hold or wait to be signed, in order. */
export function contractsOf(tx: Tx, rentalId: string): Promise<Contract[]> {
  return tx.find(Contract, `WHERE rentalId = ? AND state <> 'void' ORDER BY seq`, [rentalId])
}

/**
 * The contract that waits to be read and signed: drawn up from how things stand now, anew when they have changed. After
 * a signature it is a supplement, if anything has changed; else there is none. Throws Conflict while papers are missing.
 */
export async function contractToSign(tx: Tx, words: Words, rental: Rental): Promise<Contract | undefined> {
  const booking = await bookingById(tx, rental.id)
  const all = await contractsOf(tx, rental.id)
  const open = all.find(({ state }) => state === 'open')
  if (!SIGNABLE.has(booking.state)) return undefined
  const signed = all.filter(({ state }) => state === 'signed').at(-1)
  const body = await bodyNow(tx, words, rental, booking, signed, open)
  if (!body) {
    if (open) await change(tx, open, { state: 'void' })
    return undefined
  }
  const hash = hashOf(body)
  if (open?.hash === hash) return open
  if (open) await change(tx, open, { state: 'void' })
  const [last] = await tx.query<{ seq: number | null }>('SELECT MAX(seq) AS seq FROM contracts WHERE rentalId = ?', [
    rental.id,
  ])
  const seq = Number(last?.seq ?? 0) + 1
  const row = {
    ...{ id: newId(tx.now), rentalId: rental.id, customerId: rental.customerId, seq, number: body.number, hash, body },
    ...{ kind: signed ? ('supplement' as const) : ('contract' as const), state: 'open' as const },
    ...{ signatureId: null, signedAt: null, signer: null, device: null, makeAt: null, attempts: 0, madeAt: null },
    ...{ fingerprint: null, createdAt: tx.now, version: 0 },
  }
  // Drawn up at the same moment on another connection: the transaction runs again and finds it.
  if (!(await tx.insertOnce(Contract, row))) throw new LostRace()
  return Object.assign(new Contract(), row)
}

export interface Signature {
  /** The picture of it, uploaded as a paper. */
  picture: string
  /** Of the text that was read: another one cannot be signed by mistake. */
  hash: string
  device: string
}

/** Signs what was read. From then on it never changes; its sealed document is made by a duty. Throws Conflict. */
export async function signContract(
  tx: Tx,
  words: Words,
  rental: Rental,
  { picture, hash, device }: Signature,
): Promise<Contract> {
  const known = (await contractsOf(tx, rental.id)).find((one) => one.state === 'signed' && one.hash === hash)
  if (known) return known
  const contract = await contractToSign(tx, words, rental)
  if (!contract) throw new Conflict('contract_none')
  if (contract.hash !== hash) throw new Conflict('contract_changed')
  await claimPictures(tx, rental.customerId, [picture], contract.id, PAPER_PICTURE)
  await change(tx, contract, {
    ...{ state: 'signed', signatureId: picture, signedAt: tx.now, makeAt: tx.now },
    ...{ signer: contract.body.customer.name, device },
  })
  const { kind, seq } = contract
  const data = { kind, seq, hash }
  const subject = { type: 'booking', id: rental.id }
  const by = { type: 'customer' as const, id: rental.customerId }
  await record(tx, 'contract.signed', { by, subject, customerId: rental.customerId, data })
  await signalFlows(tx, subject, 'contract.signed', { kind })
  return contract
}

/** Whether everything that holds has been signed. */
export async function isSigned(tx: Tx, rentalId: string): Promise<boolean> {
  const all = await contractsOf(tx, rentalId)
  return all.length > 0 && all.every(({ state }) => state === 'signed')
}

/** A contract of a rental by its id; throws NotFound. */
export async function contractOf(tx: Tx, rentalId: string, id: string): Promise<Contract> {
  const contract = await tx.get(Contract, id)
  if (contract?.rentalId !== rentalId) throw new NotFound('contract')
  return contract
}

/** Writes a change of a contract if it is still as it was read; otherwise the transaction runs again. */
export async function change(tx: Tx, contract: Contract, changes: Partial<Contract>): Promise<void> {
  const next = { ...changes, version: contract.version + 1 }
  if (!(await tx.update(Contract, contract.id, next, { version: contract.version }))) throw new LostRace()
  Object.assign(contract, next)
}

async function bodyNow(
  tx: Tx,
  words: Words,
  rental: Rental,
  booking: Booking,
  signed: Contract | undefined,
  open: Contract | undefined,
): Promise<ContractBody | undefined> {
  const rules = await rulesOf(tx, rental.rulesId)
  const papers = await papersOfDriver(tx, rental.customerId, rules)
  const lacking = judgePapers(papers, rules, booking).find(({ why }) => why)
  if (lacking) throw new Conflict('rental_papers', { kind: lacking.kind, why: lacking.why })
  const terms = await termsOf(tx, booking)
  const deposit = await depositOf(tx, { type: 'booking', id: rental.id })
  const body = contractBody(
    {
      ...{ booking, terms, rules, papers },
      phone: (await customerById(tx, rental.customerId)).phone ?? '',
      plate: (await tx.get(Asset, booking.assetId))?.code ?? '',
      deposit: deposit && deposit.state !== 'waived' ? deposit.amount : 0,
      // The day on which it was drawn up stays while nothing in it changes.
      now: open?.body.madeAt ?? tx.now,
    },
    words,
  )
  const full = signed ? supplementBody(signed.body, body, rules, words, signed.seq + 1) : body
  if (!full || !open || hashOf(full) === open.hash) return full
  return { ...full, madeAt: tx.now }
}
