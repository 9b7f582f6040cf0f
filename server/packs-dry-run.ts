import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deskLookups } from './domain/tickets/lookups.ts'
import { dryRunLines } from './dry-run.ts'
import { openRoots } from './engines/keys/roots.ts'
import { contactRule } from './engines/packs/manners.ts'
import { type PackHead, readPack } from './engines/packs/pack.ts'
import type { PackProblem } from './engines/packs/source.ts'
import { packNames } from './engines/packs/together.ts'
import { dryRun } from './engines/rules/dry-run.ts'
import { house } from './engines/rules/hooks.ts'
import type { Rule } from './engines/rules/rule.ts'
import { lendLookups } from './engines/staff/lookups.ts'
import { entities, migrations } from './entities.ts'
import { lendPrivacy } from './lend.ts'
import { systemClock } from './lib/clock.ts'
import { readConfig } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'
import { Database } from './lib/db.ts'
import type { Words } from './lib/render.ts'
import { inScratch } from './scratch.ts'

interface Desk {
  templates: string
  words: Words
  say(line: string): void
  /** The house whose events are replayed; default: the one that the environment configures. */
  db?: Database
}

/** `npm run packs -- dry-run <rule> --days 7`: what a rule, as it stands in its file now, would have done. */
export async function dryRunTool(desk: Desk, args: string[]): Promise<number> {
  const { words, say } = desk
  const { name, days } = orderIn(args)
  if (!name || !Number.isInteger(days) || days < 1 || days > 90) {
    say(words.text('messages/rules-tools.no_days'))
    return 2
  }
  const { rules, heads } = readAll(desk.templates)
  const rule = rules.find((one) => one.rule === name)
  if (!rule) {
    say(words.text('messages/rules-tools.no_rule', { name, known: rules.map((one) => one.rule) }))
    return 2
  }
  lendLookups(deskLookups)
  lendPrivacy({ heads })
  const world = { ...house, say: words.say, contacts: () => contactRule({ heads }) }
  const db = desk.db ?? (await openConfigured())
  try {
    const found = await dryRun(db, inScratch, rule, days, world)
    for (const line of await db.read((tx) => dryRunLines(tx, rule, found, words))) say(line)
  } finally {
    if (!desk.db) await db.close()
  }
  return 0
}

function orderIn(args: string[]): { name: string; days: number } {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { days: { type: 'string' } } })
    return { name: positionals[0] ?? '', days: Number(values.days) }
  } catch {
    return { name: '', days: Number.NaN }
  }
}

/** The rules of the packs without mistakes, whether they are in force or not. */
function readAll(templates: string): { rules: Rule[]; heads: PackHead[] } {
  const root = join(templates, 'packs')
  const problems: PackProblem[] = []
  const packs = packNames(root).flatMap((name) => readPack(root, name, problems) ?? [])
  return { rules: packs.flatMap(({ rules }) => rules), heads: packs.map(({ head }) => head) }
}

async function openConfigured(): Promise<Database> {
  const config = readConfig(process.env)
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  const db = await Database.open({ url: config.databaseUrl, entities, migrations, clock: systemClock })
  await openRoots(db)
  return db
}
