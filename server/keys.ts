/** `npm run keys -- add|list|revoke`: the keys with which other systems come in at /api/v1. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addKey, allKeys, revokeKey } from './engines/api/keys.ts'
import { entities, migrations } from './entities.ts'
import { systemClock } from './lib/clock.ts'
import { ROOT, readConfig } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'
import { Database } from './lib/db.ts'
import { AppError } from './lib/errors.ts'
import { errorText } from './lib/http.ts'
import { loadWords, type Words } from './lib/render.ts'

/** Where the tool works. */
export interface Desk {
  db: Database
  words: Words
  say(line: string): void
}

const WORDS = 'messages/api-tools'

/** Makes, lists or ends keys; returns the exit code. */
export async function keys(args: string[], desk: Desk): Promise<number> {
  const { words, say } = desk
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { 'per-minute': { type: 'string' } },
    })
    const [act, ...rest] = positionals
    if (act === 'add') return await add(desk, rest, values['per-minute'])
    if (act === 'list') return await list(desk)
    if (act === 'revoke' && rest[0]) return await revoke(desk, rest[0])
  } catch (error) {
    if (error instanceof AppError) {
      say(errorText(words, error))
      return 1
    }
    if (!(error instanceof TypeError)) throw error
  }
  say(words.text(`${WORDS}.keys_usage`))
  return 2
}

async function add({ db, words, say }: Desk, [name = '', ...scopes]: string[], perMinute?: string): Promise<number> {
  const given = { name, scopes, ...(perMinute !== undefined && { perMinute: Number(perMinute) }) }
  const { id, secret } = await db.write((tx) => addKey(tx, given))
  say(words.text(`${WORDS}.key_made`, { id, name }))
  say(secret)
  return 0
}

async function list({ db, words, say }: Desk): Promise<number> {
  const all = await db.read((tx) => allKeys(tx))
  if (all.length === 0) say(words.text(`${WORDS}.no_keys`))
  for (const { id, name, scopes, perMinute, usedDay, revokedAt } of all)
    say(words.text(`${WORDS}.key`, { id, name, scopes, perMinute, usedDay: usedDay ?? 0, revokedAt: revokedAt ?? 0 }))
  return 0
}

async function revoke({ db, words, say }: Desk, id: string): Promise<number> {
  const { name } = await db.write((tx) => revokeKey(tx, id))
  say(words.text(`${WORDS}.key_revoked`, { id, name }))
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const config = readConfig(process.env)
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  const db = await Database.open({ url: config.databaseUrl, entities, migrations, clock: systemClock })
  const words = loadWords(join(ROOT, 'templates'))
  process.exitCode = await keys(process.argv.slice(2), {
    db,
    words,
    say: (line) => process.stdout.write(`${line}\n`),
  })
  await db.close()
}
