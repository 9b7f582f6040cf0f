import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { pipeline as piped } from 'node:stream/promises'
import { Invalid } from './errors.ts'

/** One row, the line on which it ends, and how many bytes of the file are behind us with it. */
export interface CsvRow {
  values: string[]
  line: number
  end: number
}

const DELIMITERS = [',', '\t', ';']
const MOST_IN_ROW = 200_000
const HEAD = 64 * 1024
type Encoding = 'utf-8' | 'utf-16le' | 'gb18030'

/** In what a file is written: spreadsheets in China write GBK unless they are told otherwise. */
export async function encodingOf(path: string): Promise<Encoding> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let first = true
  try {
    for await (const part of createReadStream(path)) {
      const bytes = part as Buffer
      if (first && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
      first = false
      decoder.decode(bytes, { stream: true })
    }
    decoder.decode()
    return 'utf-8'
  } catch {
    return 'gb18030'
  }
}

/** Writes a file anew in UTF-8. */
export async function toUtf8(path: string, encoding: Encoding, out: string): Promise<void> {
  const decoder = new TextDecoder(encoding)
  async function* decoded(parts: AsyncIterable<Buffer>) {
    for await (const part of parts) yield decoder.decode(part, { stream: true })
    yield decoder.decode()
  }
  await piped(createReadStream(path), decoded, createWriteStream(out, { mode: 0o600 }))
}

/** The rows of a file in UTF-8, from a byte on at which a row begins; `line` lines are before it. Throws Invalid. */
export async function* readCsv(path: string, from = { byte: 0, line: 0 }): AsyncGenerator<CsvRow> {
  const options = {
    delimiter: await delimiterOf(path),
    bom: from.byte === 0,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MOST_IN_ROW,
  }
  // Loaded at the first file only.
  const { parse } = await import('csv-parse')
  const parser = parse(options)
  // What goes wrong with either is thrown where the rows are read.
  pipeline(createReadStream(path, { start: from.byte }), parser, () => undefined)
  try {
    for await (const { record, info } of parser) {
      yield { values: record as string[], line: from.line + Number(info.lines), end: from.byte + Number(info.bytes) }
    }
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number }
    if (!code?.startsWith('CSV_')) throw error
    throw new Invalid('file', 'csv_broken', { line: from.line + Number(lines ?? 0) })
  }
}

/** A text as it stands in a field. */
export function csvField(text: string): string {
  // A spreadsheet would work out what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** What stands between the columns: what the first line has most of. */
async function delimiterOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0)
    const [first = ''] = buffer.toString('utf8', 0, bytesRead).split('\n')
    const count = (sign: string) => first.split(sign).length
    return DELIMITERS.reduce((best, sign) => (count(sign) > count(best) ? sign : best))
  } finally {
    await file.close()
  }
}
