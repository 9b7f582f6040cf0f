import { DateTime } from 'luxon'
import type { Tx } from '../../lib/tx.ts'
import { CustomerDocument } from '../profile/document.ts'
import { endOf } from '../profile/documents.ts'
import { SegmentMember } from '../segments/segment.ts'
import { tagsOf } from '../segments/tags.ts'
import type { RentalRules } from './rules.ts'

const ZONE = 'Asia/Shanghai'

/** What keeps a paper from being enough; words under `messages/rentals.papers`. */
export type PaperWhy = 'missing' | 'expired' | 'class' | 'holder' | 'too_young' | 'too_old' | 'years' | 'blocked'

export interface PaperState {
  kind: 'id_card' | 'driving_licence' | 'driver'
  /** Absent: all is well. */
  why?: PaperWhy
}

/** The papers of somebody who is to drive. */
export interface DriverPapers {
  idCard?: CustomerDocument
  licence?: CustomerDocument
  /** Whether a segment or tag says that they are let nothing. */
  blocked: boolean
}

/** For what papers are looked at: which model, and when it is driven. */
export interface Drive {
  model: string
  fromAt: number
  untilAt: number
}

/** The papers of a customer, and whether the house lets them anything. */
export async function papersOfDriver(tx: Tx, customerId: string, { driver }: RentalRules): Promise<DriverPapers> {
  const all = await tx.find(CustomerDocument, 'WHERE customerId = ?', [customerId])
  const ofKind = (kind: CustomerDocument['kind']) => all.find((one) => one.kind === kind)
  return {
    idCard: ofKind('id_card'),
    licence: ofKind('driving_licence'),
    blocked: await isBlocked(tx, customerId, driver),
  }
}

/** How each paper stands: a licence that ends before the drive does, or is of the wrong class, is not enough. */
export function judgePapers(
  { idCard, licence, blocked }: DriverPapers,
  { driver }: RentalRules,
  drive: Drive,
): PaperState[] {
  const classes = driver.models[drive.model] ?? driver.classes
  const states: PaperState[] = [
    { kind: 'id_card', why: idCardProblem(idCard, driver, drive) },
    { kind: 'driving_licence', why: licenceProblem(licence, classes, driver, drive) ?? holderProblem(idCard, licence) },
    ...(blocked ? [{ kind: 'driver' as const, why: 'blocked' as const }] : []),
  ]
  return states.map(({ kind, why }) => (why ? { kind, why } : { kind }))
}

type Driver = RentalRules['driver']

function idCardProblem(card: CustomerDocument | undefined, driver: Driver, drive: Drive): PaperWhy | undefined {
  if (!card) return 'missing'
  if (endsBefore(card, drive.untilAt)) return 'expired'
  const age = ageOn(card.number, drive.fromAt)
  if (age < driver.min_age) return 'too_young'
  return age > driver.max_age ? 'too_old' : undefined
}

function licenceProblem(
  licence: CustomerDocument | undefined,
  classes: string[],
  { min_years }: Driver,
  drive: Drive,
): PaperWhy | undefined {
  if (!licence) return 'missing'
  if (endsBefore(licence, drive.untilAt)) return 'expired'
  if (!licence.class || !classes.includes(licence.class)) return 'class'
  if (min_years === 0) return undefined
  if (licence.issuedOn === null) return 'years'
  const since = DateTime.fromFormat(String(licence.issuedOn), 'yyyyMMdd', { zone: ZONE })
  return DateTime.fromMillis(drive.fromAt, { zone: ZONE }).diff(since, 'years').years < min_years ? 'years' : undefined
}

/** Both papers are of the same person: a licence bears the number of the identity card. */
function holderProblem(
  card: CustomerDocument | undefined,
  licence: CustomerDocument | undefined,
): PaperWhy | undefined {
  if (!card || !licence) return undefined
  if (licence.number !== card.number) return 'holder'
  return card.holder && licence.holder && card.holder !== licence.holder ? 'holder' : undefined
}

function endsBefore({ expiresOn }: CustomerDocument, until: number): boolean {
  return expiresOn !== null && endOf(expiresOn) < until
}

function ageOn(number: string, at: number): number {
  const born = DateTime.fromFormat(number.slice(6, 14), 'yyyyMMdd', { zone: ZONE })
  return Math.floor(DateTime.fromMillis(at, { zone: ZONE }).diff(born, 'years').years)
}

async function isBlocked(tx: Tx, customerId: string, { blocked }: Driver): Promise<boolean> {
  for (const segment of blocked.segments) if (await tx.get(SegmentMember, `${segment}:${customerId}`)) return true
  if (blocked.tags.length === 0) return false
  return (await tagsOf(tx, customerId)).some(({ tag }) => blocked.tags.includes(tag))
}
