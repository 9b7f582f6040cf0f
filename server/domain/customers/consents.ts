import type { Purpose, Use } from '../../engines/packs/privacy.ts'
import { WAYS, type WayName } from '../../engines/packs/ways.ts'
import { callOffProfiled } from '../../engines/rules/refused.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Consent, consentsOf, holds, noteConsent, purposesNow } from './consent.ts'
import { isStopped, resumeWay } from './stop.ts'

/** A message as consent is asked for it. */
export interface Telling {
  class: string
  via?: string
  /** Whoever gets it was chosen by what they did. */
  profiled?: boolean
}

/** How a customer stands to one purpose, as they see it. */
export interface Standing extends Pick<Purpose, 'purpose' | 'title' | 'text' | 'version' | 'needs'> {
  granted: boolean
  status: Consent['status'] | null
  /** The words have changed, or the time has run out, since they said yes. */
  asked_again: boolean
  at: number | null
  lapsesAt: number | null
}

/** The purpose whose missing yes forbids a message; undefined: it may go. */
export async function refusal(tx: Tx, customerId: string, telling: Telling): Promise<Purpose | undefined> {
  const asked = purposesNow().filter((purpose) => covers(purpose, telling))
  if (asked.length === 0) return undefined
  const said = await tx.memo(`consents:${customerId}`, () => consentsOf(tx, customerId))
  return asked.find((purpose) => !holds(purpose, said.get(purpose.purpose), tx.now))
}

/** A purpose that is no message and that a customer does not agree to; undefined: they do, or no pack asks for it. */
export async function refusedUse(tx: Tx, customerId: string, name: Use): Promise<Purpose | undefined> {
  const purpose = purposesNow().find((one) => one.purpose === name)
  if (!purpose) return undefined
  const said = await tx.memo(`consents:${customerId}`, () => consentsOf(tx, customerId))
  return holds(purpose, said.get(name), tx.now) ? undefined : purpose
}

/** How a customer stands to every purpose. */
export async function standings(tx: Tx, customerId: string): Promise<Standing[]> {
  const said = await consentsOf(tx, customerId)
  const all: Standing[] = []
  for (const purpose of purposesNow()) {
    const last = said.get(purpose.purpose)
    // Whoever has closed the way by a mail's own link has said no to all that goes there.
    const stopped = purpose.via !== undefined && (await isStopped(tx, customerId, purpose.via))
    const agreed = last?.status === 'granted'
    const { title, text, version, needs } = purpose
    all.push({
      ...{ purpose: purpose.purpose, title, text, version, needs },
      granted: !stopped && holds(purpose, last, tx.now),
      status: last?.status ?? null,
      asked_again: agreed && (last.version < version || (last.lapsesAt ?? Number.POSITIVE_INFINITY) <= tx.now),
      at: last?.at ?? null,
      lapsesAt: last?.lapsesAt ?? null,
    })
  }
  return all
}

/** Takes what a customer says to purposes; a yes to a way opens it again if they had closed it. Throws Invalid. */
export async function setConsents(
  tx: Tx,
  customerId: string,
  said: Record<string, boolean>,
  source: Consent['source'],
): Promise<void> {
  for (const [name, yes] of Object.entries(said)) {
    const purpose = purposesNow().find((one) => one.purpose === name)
    if (!purpose) throw new Invalid(name, 'consent_unknown')
    if (yes && purpose.via) await resumeWay(tx, customerId, purpose.via)
    const changed = await noteConsent(tx, customerId, purpose, yes, source)
    if (changed && !yes && name === 'profiling') await callOffProfiled(tx, customerId)
  }
}

/** The first way to refuse a message by all of those that it may go; undefined while one is free. */
export async function refusedByAll(
  tx: Tx,
  customerId: string,
  telling: Telling,
  ways: readonly WayName[] = WAYS,
): Promise<Purpose | undefined> {
  let first: Purpose | undefined
  for (const via of telling.via ? [telling.via] : ways) {
    const purpose = await refusal(tx, customerId, { ...telling, via })
    if (!purpose) return undefined
    first ??= purpose
  }
  return first
}

function covers(purpose: Purpose, telling: Telling): boolean {
  if (purpose.purpose === 'profiling') return telling.profiled === true
  if (purpose.class === undefined && purpose.via === undefined) return false
  return (
    (purpose.class === undefined || purpose.class === telling.class) &&
    (purpose.via === undefined || purpose.via === telling.via)
  )
}
