import { distance } from 'fastest-levenshtein'
import type { z } from 'zod'

/** What of the language of the packs' authors a suggestion has to understand; stands in templates/messages/pack-errors.yaml. */
export interface Tongue {
  /** How people write units of time, by the unit as packs write it. */
  units: Record<string, string[]>
}

/** The known word that somebody most likely meant, or undefined if none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const plain = bare(word)
  let best: { one: string; far: number } | undefined
  for (const one of known) {
    if (one === word) continue
    const far = farness(plain, bare(one))
    if (far < (best?.far ?? Number.POSITIVE_INFINITY)) best = { one, far }
  }
  return best && best.far <= Math.max(1, Math.floor(Math.max(plain.length, best.one.length) / 3)) ? best.one : undefined
}

/** A span as packs write it for one as people write it (`30 minutes`, `四小时` stays unknown), or undefined. */
export function spanMeant(text: string, { units }: Tongue): string | undefined {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(\D+?)\s*$/.exec(text) ?? []
  if (!amount) return undefined
  const known = Object.entries(units).find(([name, ways]) => name === unit || ways.includes(unit.toLowerCase()))
  const meant = known?.[0] ?? nearest(unit, Object.keys(units))
  return meant && `${amount} ${meant}`
}

/** A share as packs write it, or undefined. */
export function shareMeant(text: string): string | undefined {
  const [, amount = ''] = /^\s*(\d+(?:\.\d+)?)\s*[%％]?\s*$/.exec(text) ?? []
  const share = Number(amount) > 0 && Number(amount) < 1 ? Number(amount) * 100 : Number(amount)
  return amount !== '' && share < 100 ? `${Math.round(share)} %` : undefined
}

/** A time of day as packs write it, or undefined. */
export function timeMeant(text: string): string | undefined {
  const [, hours = '', minutes = '00'] = /^\s*(\d{1,2})(?:\s*[:：.]\s*(\d{2}))?\s*$/.exec(text) ?? []
  return hours !== '' && Number(hours) < 24 && Number(minutes) < 60
    ? `'${hours.padStart(2, '0')}:${minutes}'`
    : undefined
}

/** A name as packs allow it, or undefined. */
export function nameMeant(text: string): string | undefined {
  const plain = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_\d]+|_+$/g, '')
  return /^[a-z][a-z0-9_]*$/.test(plain) ? plain : undefined
}

/** The keys that a schema understands at a place, across all forms that the place may take. */
export function keysAt(schema: z.ZodType, path: string[]): string[] {
  let here = unwrap(schema)
  for (const name of path) here = here.flatMap((one) => below(one, name)).flatMap(unwrap)
  return [...new Set(here.flatMap((one) => Object.keys(partsOf(one).shape ?? {})))]
}

/** What of zod's own description of a schema is read here. */
interface Parts {
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  valueType?: z.ZodType
  innerType?: z.ZodType
  in?: z.ZodType
  getter?: () => z.ZodType
  options?: z.ZodType[]
}

function partsOf(schema: z.ZodType): Parts {
  return schema._zod.def as Parts
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  const { innerType, in: source, options, getter } = partsOf(schema)
  if (Array.isArray(options)) return options.flatMap(unwrap)
  const inner = innerType ?? source ?? getter?.()
  return inner ? unwrap(inner) : [schema]
}

function below(schema: z.ZodType, name: string): z.ZodType[] {
  const { shape, element, valueType } = partsOf(schema)
  const found = shape?.[name] ?? element ?? valueType
  return found ? [found] : []
}

/** Letters in another order are one slip, not two. */
function farness(a: string, b: string): number {
  const far = distance(a, b)
  return far === 2 && [...a].sort().join('') === [...b].sort().join('') ? 1 : far
}

function bare(word: string): string {
  return word.toLowerCase().replace(/[\s_-]/g, '')
}
