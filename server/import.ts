/** `npm run import -- customers|orders|events file.csv`: reads a file in, with the same code as the doors. */
import { createWriteStream, type WriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { IMPORT_KINDS, type ImportKind } from './domain/intake/import.ts'
import { inUtf8, mapIn, usualColumns } from './domain/intake/import-doors.ts'
import { readHeader } from './domain/intake/imports.ts'
import { itemIn } from './domain/intake/row-fields.ts'
import { checkRow, type RowOutcome, takeRows } from './domain/intake/take-rows.ts'
import { openSegments } from './domain/segments/book.ts'
import { objectionLook } from './engines/api/objection.ts'
import { declaredEvents } from './engines/packs/events.ts'
import { type House, openHouse } from './house.ts'
import { systemClock } from './lib/clock.ts'
import { readConfig } from './lib/config.ts'
import { type CsvRow, csvField, readCsv } from './lib/csv.ts'
import { AppError } from './lib/errors.ts'
import { errorText } from './lib/http.ts'
import type { Words } from './lib/render.ts'
import { lendVocabulary } from './vocabulary.ts'

const WORDS = 'messages/api-tools'
const BATCH = 2_000

/** Where the tool works. */
export interface Desk {
  house: Pick<House, 'db' | 'words' | 'shelf' | 'clock'>
  say(line: string): void
  /** Draws how far it has come, in place of what was drawn before. */
  draw(line: string): void
}

interface Order {
  kind: ImportKind
  file: string
  source: string
  dryRun: boolean
  map: Record<string, string>
}

/** Reads a file in; returns the exit code. The same file again stores nothing twice, so that it may be broken off. */
export async function importFile(args: string[], desk: Desk): Promise<number> {
  const { house, say } = desk
  try {
    const order = orderIn(args)
    if (!order) {
      say(house.words.text(`${WORDS}.import_usage`))
      return 2
    }
    const counts = await inUtf8(order.file, (path) => readIn(path, order, desk))
    desk.draw('')
    const errors = counts.refused > 0 ? errorsFile(order.file) : ''
    say(house.words.text(`${WORDS}.imported`, { ...counts, dryRun: order.dryRun, errors }))
    return counts.refused > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    say(errorText(house.words, error))
    return 1
  }
}

function orderIn(args: string[]): Order | undefined {
  const options = {
    map: { type: 'string', multiple: true },
    source: { type: 'string', default: 'import' },
    'dry-run': { type: 'boolean', default: false },
  } as const
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const [kind, file] = positionals
    if (!IMPORT_KINDS.includes(kind as ImportKind) || !file) return undefined
    const map = mapIn((values.map ?? []).join('\n'))
    return { kind: kind as ImportKind, file, source: values.source, dryRun: values['dry-run'], map }
  } catch (error) {
    if (error instanceof AppError) throw error
    return undefined
  }
}

async function readIn(path: string, order: Order, { house, draw }: Desk) {
  const { db, words, shelf, clock } = house
  const { size } = await stat(path)
  const { mapping, row } = await readHeader(path, order.kind, order.map, usualColumns(words))
  const given = { source: order.source, declared: declaredEvents(shelf.heads) }
  const counts = { rows: 0, accepted: 0, known: 0, refused: 0 }
  let errors: WriteStream | undefined
  const take = async (rows: CsvRow[]) => {
    const items = rows.map(({ values }) => itemIn(order.kind, mapping, values))
    const outcomes: RowOutcome[] = order.dryRun
      ? items.map((item) => checkRow(order.kind, item, clock.now(), given.declared))
      : await takeRows(db, order.kind, items, given)
    outcomes.forEach((outcome, i) => {
      counts.rows++
      if (typeof outcome === 'string') counts[outcome]++
      else {
        counts.refused++
        const { field, message } = objectionLook(outcome.refused, words)
        errors ??= beginErrors(order.file, words)
        errors.write(`${[String(rows[i]?.line), field, message].map(csvField).join(',')}\r\n`)
      }
    })
    draw(words.text(`${WORDS}.progress`, { bar: barOf((rows.at(-1)?.end ?? 0) / size), ...counts }))
  }
  let batch: CsvRow[] = []
  for await (const one of readCsv(path, { byte: row.end, line: row.line })) {
    batch.push(one)
    if (batch.length < BATCH) continue
    await take(batch)
    batch = []
  }
  if (batch.length > 0) await take(batch)
  if (errors) await new Promise((resolve) => errors?.end(resolve))
  return counts
}

function errorsFile(file: string): string {
  return `${file}.errors.csv`
}

function beginErrors(file: string, words: Words): WriteStream {
  const stream = createWriteStream(errorsFile(file), { mode: 0o600 })
  // The mark in front lets spreadsheets see that it is UTF-8.
  stream.write(`\ufeff${words.text(`${WORDS}.errors_head`)}\r\n`)
  return stream
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, share) * 24)
  return `${'█'.repeat(full)}${'░'.repeat(24 - full)} ${String(Math.floor(Math.min(1, share) * 100)).padStart(3)} %`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const config = readConfig(process.env)
  lendVocabulary()
  const house = await openHouse(config, systemClock)
  await openSegments(house.db, house.config)
  process.exitCode = await importFile(process.argv.slice(2), {
    house,
    say: (line) => process.stdout.write(`${line}\n`),
    draw: (line) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : line && `${line}\n`),
  })
  await house.db.close()
}
