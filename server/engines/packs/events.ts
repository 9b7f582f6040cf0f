import { z } from 'zod'

const KINDS = ['text', 'number', 'yesno', 'time'] as const

/** Events that other systems may report beside those that every house knows, key of `pack.yaml`. */
export const eventsShape = {
  events: z
    .array(
      z.strictObject({
        event: z
          .string()
          .max(60)
          .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, 'write the name of an event such as "payment.received"'),
        title: z.string().min(1).max(20),
        /** The customer's own app may report it as well. */
        app: z.boolean().default(false),
        /** What it tells; `?` behind the kind: it may be missing. */
        data: z
          .record(
            z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores'),
            z.enum([...KINDS, ...KINDS.map((kind) => `${kind}?` as const)]),
          )
          .default({}),
      }),
    )
    .default([]),
}

export type DeclaredEvent = z.infer<typeof eventsShape.events>[number]

/** The events that packs declare, by name; of two alike the first counts. */
export function declaredEvents(heads: { events: DeclaredEvent[] }[]): ReadonlyMap<string, DeclaredEvent> {
  const all = new Map<string, DeclaredEvent>()
  for (const { events } of heads) for (const one of events) if (!all.has(one.event)) all.set(one.event, one)
  return all
}

/** What is wrong with the data of a declared event: which field, and why; undefined if nothing. */
export function dataObjection(
  { data: fields }: DeclaredEvent,
  data: Record<string, unknown>,
): { field: string; why: string; data?: Record<string, unknown> } | undefined {
  for (const [field, written] of Object.entries(fields)) {
    const value = Object.hasOwn(data, field) ? data[field] : undefined
    const kind = written.replace('?', '')
    if (value === undefined || value === null) {
      if (!written.endsWith('?')) return { field: `data.${field}`, why: 'value_missing' }
    } else if (!fits(kind, value)) return { field: `data.${field}`, why: 'value_type', data: { type: kind } }
  }
  const unknown = Object.keys(data).find((field) => !Object.hasOwn(fields, field))
  return unknown === undefined ? undefined : { field: `data.${unknown}`, why: 'value_unknown' }
}

function fits(kind: string, value: unknown): boolean {
  if (kind === 'text') return typeof value === 'string'
  if (kind === 'number') return typeof value === 'number'
  if (kind === 'yesno') return typeof value === 'boolean'
  return typeof value === 'number'
    ? Number.isInteger(value)
    : typeof value === 'string' && !Number.isNaN(Date.parse(value))
}
