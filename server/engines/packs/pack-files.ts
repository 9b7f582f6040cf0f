import { join } from 'node:path'
import type { z } from 'zod'
import type { FlowSource } from '../flows/flow.ts'
import type { Form } from '../forms/form.ts'
import { type PackProblem, parseSource, type Read, readSource, yamlFiles } from './source.ts'

/** What stands in a pack beside a noun's own file, for checks across files. */
export interface Beside {
  forms: Read<Form>[]
  flows: Read<FlowSource>[]
}

/** A file that a noun adds to packs (`quotes.yaml`): how it is read, what it has to agree with, who uses what it says. */
export interface PackFile<Source = unknown, Body = unknown> {
  file: string
  /** Under which its versions are kept in the definitions. */
  kind: string
  schema: z.ZodType<Source>
  /** What it is called by, and how it is kept. */
  freeze(source: Source): { name: string; body: Body }
  /** Called for every pack, also where the file is missing: others may name what it would say. */
  check(read: Read<Source> | undefined, beside: Beside, problems: PackProblem[]): void
  /** Takes what all packs say into use. */
  use(all: { id: string; body: Body }[]): void
}

/** What a pack says in such a file. */
export interface FileBody {
  kind: string
  name: string
  body: unknown
}

const files = new Map<string, PackFile>()

/** Lets a noun add its file to packs. */
export function addPackFile<Source, Body>(file: PackFile<Source, Body>): void {
  files.set(file.file, file as unknown as PackFile)
}

/** Reads and checks the files that nouns have added. */
export function readPackFiles(root: string, folder: string, beside: Beside, problems: PackProblem[]): FileBody[] {
  const there = new Set(yamlFiles(folder))
  return [...files.values()].flatMap(({ file, kind, schema, freeze, check }) => {
    const path = join(folder, file)
    const source = there.has(path) ? readSource(root, path, problems) : undefined
    const value = source && parseSource(source, schema, problems)
    if (source && value === undefined) return []
    const read = source && { value, source }
    check(read, beside, problems)
    return read ? [{ kind, ...freeze(value) }] : []
  })
}

/** The schema of such a file, for whoever explains what is wrong with one. */
export function schemaOfFile(file: string): z.ZodType | undefined {
  return files.get(file)?.schema
}

/** Hands what the packs in force say to those who use it. */
export function usePackFiles(all: (FileBody & { id: string })[]): void {
  for (const { kind, use } of files.values()) use(all.filter((one) => one.kind === kind))
}
