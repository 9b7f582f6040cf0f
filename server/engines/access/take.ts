import { MINUTE } from '../../lib/clock.ts'
import { signatureHolds, signText } from '../../lib/crypto.ts'
import { Forbidden } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'

const LINK_MS = 15 * MINUTE
const TOKEN = /^([0-9A-Z]{26})\.([0-9A-Z]{26})\.(\w*)\.(\d{13})\.([\w-]{43})$/

/** Who takes which customers away. */
export interface Taking {
  /** Names this one file: it is handed out once. */
  id: string
  staffId: string
  /** Empty: all customers whom they may see. */
  segment: string
}

/** A path on our own server at which a member of staff gets a file of customers, once and soon. */
export function exportLink(staffId: string, segment: string, now: number): { path: string; until: number } {
  const [id, until] = [newId(now), now + LINK_MS]
  const said = [id, staffId, segment, until].join('.')
  return { path: `/work/customers/${said}.${signText(`export:${said}`)}`, until }
}

/** What such a link stands for; throws Forbidden when it is none of ours, or too old. */
export function readExportLink(token: string, now: number): Taking {
  const [, id, staffId, segment, until, signature] = TOKEN.exec(token) ?? []
  if (!id || !staffId || segment === undefined || !signature) throw new Forbidden('link_wrong')
  if (!signatureHolds(`export:${[id, staffId, segment, until].join('.')}`, signature)) throw new Forbidden('link_wrong')
  if (Number(until) < now) throw new Forbidden('link_used')
  return { id, staffId, segment }
}
