import { words } from '../words.ts'
import { act, queryOf, readOwn } from './doors.ts'
import { host, type ScoreSheet } from './host'
import { withSession } from './session.ts'
import { ApiError } from './transport.ts'

export type RentalPaper = 'id_card' | 'driving_licence' | 'driver'

export interface Shot {
  shot: string
  title: string
  at: number | null
  url: string
}

/** How the car went, or came back. */
export interface Side {
  at: number
  /** In kilometres. */
  odometer: number
  /** In percent. */
  fuel: number
  note: string
  store?: string
  signed: boolean
  shots: Shot[]
}

export interface Deposit {
  state: 'due' | 'waived' | 'held' | 'settled'
  amount: number
  deducted: number
  refunded: number
  left: number
  releaseAt: number | null
  payment: string | null
  /** WeChat vouches for it by the customer's pay score. */
  byScore: boolean
  /** WeChat was asked to, and the server does not know of an answer yet. */
  asked: boolean
}

export interface RentalBill {
  state: 'none' | 'asked' | 'confirmed' | 'disputed' | 'paying' | 'paid'
  lines: { title: string; amount: number }[]
  total: number
  fromDeposit: number
  due: number
  at: number | null
  payment: string | null
  ticket: string | null
}

/** A contract or a supplement to it, drawn up or signed. */
export interface Signed {
  id: string
  kind: 'contract' | 'supplement'
  state: 'open' | 'signed'
  seq: number
  signedAt: number | null
  hash: string
}

export interface Contract extends Signed {
  title: string
  number: string
  company: { name: string; credit_code?: string; address: string; phone: string }
  customer: { name: string; idNumber: string; phone: string; licence: string; licenceClass: string }
  particulars: { label: string; text: string }[]
  price: { title: string; amount: number }[]
  total: number
  deposit: number
  articles: { title: string; lines: string[] }[]
}

/** What happens in a booking once it is paid for. */
export interface RentalLook {
  id: string
  number: string
  plate: string
  stage?: { title: string; progress: string; since: number }
  papers: { kind: RentalPaper; ok: boolean; text: string }[]
  contracts: Signed[]
  deposit: Deposit | null
  pickup: Side | null | undefined
  giveback: Side | null
  bill: RentalBill | null
  help: { form: string; car: string }
  can: {
    sign: boolean
    accept_car: boolean
    sign_giveback: boolean
    return: boolean
    extend: boolean
    confirm: boolean
    dispute: boolean
    help: boolean
    urge: boolean
    score: boolean
  }
}

/** How a rental stands; undefined for a booking that is not paid for. */
export async function readRentalOf(id: string): Promise<RentalLook | undefined> {
  try {
    return await readOwn<RentalLook>(`${pathOf(id)}/rental`)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** The contract that waits to be signed, or the last one that was. */
export const readContract = (id: string) => readOwn<Contract>(`${pathOf(id)}/contract`)

/** Signs what was read; another text has another hash, and cannot be signed by mistake. */
export function signContract(id: string, signature: string, hash: string, device: string): Promise<Contract> {
  return act(`${pathOf(id)}/contract/sign`, { signature, hash, device })
}

/** Signs for how the car went, or came back. */
export function signSide(id: string, signature: string, side: 'pickup' | 'giveback'): Promise<RentalLook> {
  return act(`${pathOf(id)}/handover/sign`, { signature, side })
}

/** Says that the car is back. */
export const askReturn = (id: string) => act<RentalLook>(`${pathOf(id)}/return`, {})
/** Asks the store to hurry: before the pick-up, the car is prepared at once. */
export const urgeRental = (id: string) => act<RentalLook>(`${pathOf(id)}/urge`, {})
export const confirmBill = (id: string) => act<RentalLook>(`${pathOf(id)}/bill/confirm`, {})

export interface Dispute {
  fee: string
  /** In yuan, as it is written. */
  amount: string
  description: string
  photos: string[]
}
export const disputeBill = (id: string, dispute: Dispute) => act<RentalLook>(`${pathOf(id)}/bill/dispute`, dispute)

/** Goes without a deposit by pay score: the customer agrees on WeChat's own page. */
export async function askScore(id: string): Promise<RentalLook> {
  await host.openScore(await act<ScoreSheet>(`${pathOf(id)}/deposit/score`, {}))
  return checkScore(id)
}

/** Whether they have agreed there, as WeChat tells the server. */
export const checkScore = (id: string) => act<RentalLook>(`${pathOf(id)}/deposit/score/done`, {})

/** Opens a contract, or the sheet of both inspections, in the phone's own viewer. */
export function openPaper(id: string, paper: 'contract' | 'inspection', contract?: string): Promise<void> {
  const url = `${host.apiBase}${pathOf(id)}/${paper}.pdf${queryOf({ id: contract })}`
  return withSession((headers) => host.openDocument(url, headers).catch(refusal))
}

/** What the door said no with, so that a session that has ended is renewed. */
function refusal(error: unknown): never {
  const status = Number(/answered (\d+)/.exec(String(error))?.[1])
  if (!status) throw error
  const message = status === 409 ? words.rental.booking.paperMaking : words.errors.unknown
  throw new ApiError(status, 'document', message)
}

function pathOf(id: string): string {
  return `/api/bookings/${encodeURIComponent(id)}`
}

/** Whether papers, contract and deposit are all there. */
export function isReady({ papers, contracts, deposit }: RentalLook): boolean {
  const signed = contracts.length > 0 && contracts.every(({ state }) => state === 'signed')
  return signed && papers.every(({ ok }) => ok) && deposit?.state !== 'due'
}
