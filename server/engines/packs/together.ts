import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { type Form, formSchema } from '../forms/form.ts'
import { type PackProblem, parseSource, readSource, type Source, unknown, yamlFiles } from './source.ts'

/** A thing of a pack with the file in which it stands. */
export interface Read<T> {
  value: T
  source: Source
}

/** Everything of one sort in a folder of a pack. */
export function readAll<T>(root: string, folder: string, schema: z.ZodType<T>, problems: PackProblem[]): Read<T>[] {
  return yamlFiles(folder).flatMap((path) => {
    const source = readSource(root, path, problems)
    const value = source && parseSource(source, schema, problems)
    return value && source ? [{ value, source }] : []
  })
}

/** The forms that a pack takes from others (`uses`): as they stand there, so that both ask for the same. */
export function readUsed(
  root: string,
  uses: Record<string, string[]>,
  own: Read<Form>[],
  head: Source,
  problems: PackProblem[],
): Read<Form>[] {
  const packs = packNames(root)
  return Object.entries(uses).flatMap(([pack, names]) => {
    if (!packs.includes(pack)) {
      problems.push(head.problem(['uses', pack], unknown('pack', pack, packs)))
      return []
    }
    // What is wrong with them is told where they stand.
    const there = readAll(root, join(root, pack, 'forms'), formSchema, [])
    const known = there.map(({ value }) => value.form)
    return names.flatMap((name, index) => {
      const say = (reason: string) => {
        problems.push(head.problem(['uses', pack, index], reason))
        return []
      }
      const found = there.find(({ value }) => value.form === name)
      if (!found) return say(unknown('form', name, known))
      const other = own.find(({ value }) => value.form === name)
      return other ? say(`"${name}" is defined in ${other.source.file} already`) : found
    })
  })
}

/** The names of the packs in a folder. */
export function packNames(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

/** A pack as far as its names go. */
interface Named {
  head: { pack: string }
  forms: { form: string }[]
  flows: { flow: string }[]
}

/** What packs that are in force together must not do: give one name to two different things. */
export function clashes(root: string, packs: Named[]): PackProblem[] {
  const first = new Map<string, { pack: string; body: string }>()
  return packs.flatMap(({ head: { pack }, forms, flows }) => {
    const things = [
      ...forms.map((body) => ({ sort: 'form', name: body.form, body })),
      ...flows.map((body) => ({ sort: 'flow', name: body.flow, body })),
    ]
    return things.flatMap(({ sort, name, ...thing }) => {
      const body = JSON.stringify(thing.body)
      const before = first.get(`${sort} ${name}`)
      if (!before) first.set(`${sort} ${name}`, { pack, body })
      if (!before || before.body === body) return []
      const other = sourceOf(root, before.pack, sort, name)
      const here = sourceOf(root, pack, sort, name)
      return here?.problem([sort], `"${name}" is defined in ${other?.file ?? before.pack} already`) ?? []
    })
  })
}

function sourceOf(root: string, pack: string, sort: string, name: string): Source | undefined {
  const sources = yamlFiles(join(root, pack, `${sort}s`)).flatMap((path) => readSource(root, path, []) ?? [])
  return sources.find(({ value }) => (value as Record<string, unknown> | null)?.[sort] === name)
}
