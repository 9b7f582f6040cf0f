import { auditAppointments } from './domain/appointments/sweep.ts'
import { auditBookings } from './domain/bookings/audit.ts'
import { auditLeads } from './domain/leads/take-back.ts'
import { auditMoney } from './domain/payments/audit.ts'
import { auditQuotes } from './domain/quotes/make.ts'
import { auditDeposits } from './domain/rentals/audit.ts'
import { auditContracts } from './domain/rentals/make.ts'
import { auditRides } from './domain/rides/audit.ts'
import { type Found, presentFindings } from './engines/audit/findings.ts'
import { audit, HAPPENED_ONCE } from './engines/flows/audit.ts'
import { findingKind, tellFinding } from './engines/flows/audit-words.ts'
import { emptyRoles } from './engines/packs/empty-roles.ts'
import type { Shelf } from './engines/packs/shelf.ts'
import { auditRules } from './engines/rules/audit.ts'
import { heartbeat } from './heartbeat.ts'
import type { House } from './house.ts'
import { DAY } from './lib/clock.ts'
import type { Database } from './lib/db.ts'

/** The auditor's duty: a pass, a thorough one when the process begins and then daily, and a sign of life when all is well. */
export function auditor({ db, shelf, config, clock }: House): () => Promise<number> {
  let thoroughAt = Number.NEGATIVE_INFINITY
  return async () => {
    const thorough = clock.now() - thoroughAt >= DAY
    const reportTo = shelf.heads.flatMap((head) => head.auditor?.report_to ?? [])
    const more = [
      () => rolesWithoutPeople(db, shelf),
      () => auditBookings(db),
      () => auditAppointments(db),
      () => auditLeads(db),
      () => auditQuotes(db),
      () => auditContracts(db),
      () => auditRules(db),
      () => auditMoney(db, thorough),
      async () => (thorough ? auditDeposits(db) : []),
      () => auditRides(db),
    ]
    const well = await audit(db, { reportTo, thorough, more })
    if (thorough) thoroughAt = clock.now()
    if (well && config.heartbeatUrl) await heartbeat(config.heartbeatUrl)
    return 0
  }
}

/** Work for a role that nobody holds goes to the chain above; somebody should know why. */
async function rolesWithoutPeople(db: Database, shelf: Shelf): Promise<Found[]> {
  const empty = await db.read((tx) => emptyRoles(tx, shelf))
  return empty.map(({ role, title }) => ({ kind: 'role_empty', subjectId: role, about: title }))
}

/** What the auditor has found and still stands, in words, for the desk. */
export function findingsTold({ db, words }: House) {
  return db.read(async (tx) => {
    const told = []
    for (const finding of await presentFindings(tx, HAPPENED_ONCE)) {
      const { id, kind, repairedAt } = finding
      const text = await tellFinding(tx, finding, words)
      told.push({ id, kind: findingKind(kind, words), text, repaired: repairedAt !== null })
    }
    return told
  })
}
