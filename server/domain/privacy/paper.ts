import { picturePath } from '../../engines/files/files.ts'
import { HOUR } from '../../lib/clock.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { PrivacyPart } from './job.ts'

const KEY = 'messages/privacy'
const INSTANT = 1_000_000_000_000

export type Everything = Record<string, Record<string, unknown>[]>

/** All that an export holds, by what holds it. */
export async function everythingIn(tx: Tx, jobId: string): Promise<Everything> {
  const all: Everything = {}
  for (const { part, body } of await tx.find(PrivacyPart, 'WHERE jobId = ? ORDER BY id', [jobId]))
    all[part] = [...(all[part] ?? []), ...body]
  return all
}

/** An export as one page that can be kept: for reading, and with the same for machines inside. */
export function exportPage(words: Words, all: Everything, at: { now: number; base: string }): string {
  const parts = Object.entries(all).map(([part, rows]) => ({
    title: words.text(`${KEY}.part.${part}`),
    count: rows.length,
    rows: rows.map((row) => ({
      fields: Object.entries(row)
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => ({ label: labelOf(words, name), ...shown(words, name, value, at) })),
    })),
  }))
  const json = Buffer.from(JSON.stringify(all, null, 2)).toString('base64')
  return words.text('pages/my-data', { parts, json: `data:application/json;base64,${json}`, now: at.now })
}

function labelOf(words: Words, name: string): string {
  const key = `${KEY}.field.${name}`
  return words.has(key) ? words.text(key) : name
}

function shown(words: Words, name: string, value: unknown, { now, base }: { now: number; base: string }) {
  if (name === 'picture' && typeof value === 'string') return { text: '', link: base + picturePath(value, now + HOUR) }
  const instant = typeof value === 'number' && value > INSTANT
  const text = instant ? words.text(`${KEY}.instant`, { at: value, now }) : plain(value)
  return { text, link: '' }
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join('、')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, one]) => `${name}: ${plain(one)}`)
      .join('；')
  return String(value)
}
