import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import type { Scope } from '../../engines/api/key.ts'
import { mustMay } from '../../engines/api/keys.ts'
import { objectionLook } from '../../engines/api/objection.ts'
import { encodingOf, toUtf8 } from '../../lib/csv.ts'
import type { Database } from '../../lib/db.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import { IMPORT_KINDS, Import, type ImportError, type ImportKind } from './import.ts'
import { errorsOf, openImport } from './imports.ts'

const MOST_ERRORS = 100
const SCOPES: Record<ImportKind, Scope> = {
  customers: 'customers:write',
  orders: 'orders:write',
  events: 'events:write',
}
const importBody = z.strictObject({
  kind: z.enum(IMPORT_KINDS),
  /** `column=field`, one a line, for columns that are called otherwise. */
  map: z.string().max(5_000).optional(),
})
const lookSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(IMPORT_KINDS),
  name: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  percent: z.int(),
  accepted: z.int(),
  known: z.int(),
  refused: z.int(),
  error: z.string().nullable(),
  errors: z.array(z.strictObject({ line: z.int(), field: z.string(), reason: z.string(), message: z.string() })),
})

/** The doors by which a file is read in, in the background. */
export function importDoors({ db, words }: { db: Database; words: Words }): ApiDoor[] {
  return [
    door({
      name: 'import_file',
      method: 'post',
      path: '/imports',
      status: 202,
      body: importBody,
      upload: true,
      answer: lookSchema,
      example: { answer: EXAMPLE },
      async run({ body: { kind, map = '' }, file, key }) {
        mustMay(key, SCOPES[kind])
        if (!file) throw new Invalid('file', 'file_missing')
        const given = { kind, source: key.name, name: file.name, map: mapIn(map), usual: usualColumns(words) }
        const opened = await inUtf8(file.path, (path) => openImport(db, path, given))
        return lookOf(opened, [], words)
      },
    }),
    door({
      name: 'read_import',
      method: 'get',
      path: '/imports/:id',
      answer: lookSchema,
      example: { answer: EXAMPLE },
      run: ({ params, key }) =>
        db.read(async (tx) => {
          const one = await tx.get(Import, params.id ?? '')
          if (!one || one.source !== key.name) throw new NotFound('import')
          return lookOf(one, await errorsOf(tx, one.id, MOST_ERRORS), words)
        }),
    }),
  ]
}

/** What people call columns, by field. */
export function usualColumns(words: Words): Record<string, string[]> {
  return words.tree('messages/api.columns') as Record<string, string[]>
}

/** The pairs in `column=field`, one a line. Throws Invalid. */
export function mapIn(text: string): Record<string, string> {
  const lines = text.split('\n').flatMap((line) => line.trim() || [])
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf('=')
      if (at < 1) throw new Invalid('map', 'import_map', { said: line.slice(0, 60) })
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

/** Works on a file as it is in UTF-8: on a copy if it was written otherwise. */
export async function inUtf8<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  const encoding = await encodingOf(path)
  if (encoding === 'utf-8') return work(path)
  const copy = join(tmpdir(), `yingke-${randomBytes(12).toString('hex')}.csv`)
  try {
    await toUtf8(path, encoding, copy)
    return await work(copy)
  } finally {
    await rm(copy, { force: true })
  }
}

function lookOf(one: Import, errors: ImportError[], words: Words) {
  const { id, kind, name, state, size, done, accepted, known, refused, error } = one
  return {
    id,
    kind,
    name,
    state,
    percent: state === 'done' ? 100 : Math.min(99, Math.floor((100 * done) / Math.max(1, size))),
    accepted,
    known,
    refused,
    error,
    errors: errors.map(({ line, field, reason, data }) => {
      return { line, ...objectionLook({ field, why: reason, data }, words) }
    }),
  }
}

const EXAMPLE = {
  id: '01KANCDEFGHJKMNPQRSTVWXYZ3',
  kind: 'customers',
  name: '会员.csv',
  state: 'running',
  percent: 40,
  accepted: 1996,
  known: 3,
  refused: 1,
  error: null,
  errors: [{ line: 17, field: 'customer.phone', reason: 'value_format', message: '「customer.phone」格式不对。' }],
}
