import { join } from 'node:path'
import { readSource, yamlFiles } from './source.ts'

/**
 * The names of what stands in a folder of a pack, one thing a file (`coupons/*.yaml` with `coupon: <name>`): for what
 * others name and other rooms read. What is wrong with the files is told there.
 */
export function namesIn(folder: string, sort: string): string[] {
  return yamlFiles(join(folder, `${sort}s`)).flatMap((path) => textAt(saidIn(path), sort))
}

/** The names of the things in the list of a file (`stages.yaml` with `stages: [{ stage: <name> }]`). */
export function namesListed(folder: string, sort: string): string[] {
  const list = partOf(saidIn(join(folder, `${sort}s.yaml`)), `${sort}s`)
  return Array.isArray(list) ? list.flatMap((one) => textAt(one, sort)) : []
}

function saidIn(path: string): unknown {
  return readSource('', path, [])?.value
}

function textAt(value: unknown, key: string): string[] {
  const name = partOf(value, key)
  return typeof name === 'string' ? [name] : []
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
