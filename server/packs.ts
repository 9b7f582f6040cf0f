/** `npm run packs check|draw|try|dry-run`: the tools of those who write packs. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import type { Asset } from './domain/assets/asset.ts'
import { assetByCode, registerAssets } from './domain/assets/assets.ts'
import { knownIn, readFleet } from './domain/assets/fleet.ts'
import { maintenanceFlow } from './domain/assets/words.ts'
import { signIn } from './domain/customers/sign-in.ts'
import { LOYALTY_SCHEMAS, readLoyalty } from './domain/loyalty/programme.ts'
import { CUSTOMER_SCHEMAS, readDefinitions } from './domain/segments/book-read.ts'
import { openTicket } from './domain/tickets/tickets.ts'
import { Attachment } from './engines/files/attachment.ts'
import type { Flow } from './engines/flows/flow.ts'
import { checkPacks } from './engines/packs/check.ts'
import { checkWords, remarkText } from './engines/packs/check-report.ts'
import { drawFlow } from './engines/packs/draw.ts'
import { type Pack, readPack } from './engines/packs/pack.ts'
import { Shelf } from './engines/packs/shelf.ts'
import type { PackProblem } from './engines/packs/source.ts'
import { clashes, packNames } from './engines/packs/together.ts'
import { tryFlow } from './engines/packs/try.ts'
import { type Ask, PHOTOS } from './engines/packs/try-answers.ts'
import type { Plan } from './engines/packs/try-decide.ts'
import { entities, migrations } from './entities.ts'
import { lendToRules } from './lend.ts'
import { FixedClock } from './lib/clock.ts'
import { ROOT } from './lib/config.ts'
import { useKeys } from './lib/crypto.ts'
import { Database, type Tx } from './lib/db.ts'
import { loadWords, type Words } from './lib/render.ts'
import { dryRunTool } from './packs-dry-run.ts'
import { lendVocabulary } from './vocabulary.ts'

/** Where a tool reads and writes. */
export interface Desk {
  templates: string
  /** The folder of the pictures. */
  pictures: string
  words: Words
  ask: Ask
  /** The house whose events a dry run replays; default: the one that the environment configures. */
  db?: Database
  /** Writes one line. */
  say(line: string): void
}

type Tool = (desk: Desk, args: string[]) => Promise<number> | number

const TOOLS: Record<string, Tool> = { check, draw, try: tryOut, 'dry-run': dryRunTool }

/** Runs one of the tools; returns the exit code. */
export async function packs([name = '', ...args]: string[], desk: Omit<Desk, 'words'>): Promise<number> {
  lendVocabulary()
  const words = loadWords(desk.templates)
  lendToRules(words)
  const tool = TOOLS[name]
  if (tool) return tool({ ...desk, words }, args)
  return tellUsage({ ...desk, words })
}

function tellUsage({ words, say }: Pick<Desk, 'words' | 'say'>): number {
  say(words.text('messages/pack-tools.usage'))
  return 2
}

function check({ templates, words, say }: Desk, wanted: string[]): number {
  const root = join(templates, 'packs')
  const known = packNames(root)
  const missing = wanted.find((name) => !known.includes(name))
  if (missing) {
    say(words.text('messages/pack-errors.no_pack', { name: missing, known }))
    return 2
  }
  const names = wanted.length > 0 ? wanted : known
  const good = usable(templates)
  const things = knownIn(good.flatMap(({ flows }) => flows))
  // Packs that are named together shall be in force together.
  const apart = clashes(
    root,
    wanted.flatMap((name) => good.find(({ head }) => head.pack === name) ?? []),
  )
  const others = (name: string) => {
    const problems = apart.filter(({ file }) => file.startsWith(`${name}/`))
    readFleet(root, [name], things, problems)
    readDefinitions(root, [name], problems)
    readLoyalty(root, [name], problems)
    return problems
  }
  const remarks = checkPacks(root, names, checkWords(words), others, { ...CUSTOMER_SCHEMAS, ...LOYALTY_SCHEMAS })
  for (const remark of remarks) say(`${remarkText(remark, words)}\n`)
  const mistakes = remarks.filter(({ level }) => level === 'mistake').length
  if (remarks.length === 0) say(words.text('messages/pack-errors.good', { count: names.length, names }))
  else say(words.text('messages/pack-errors.summary', { mistakes, warnings: remarks.length - mistakes }))
  return mistakes > 0 ? 1 : 0
}

function draw({ templates, pictures, words, say }: Desk, [wanted]: string[]): number {
  const flows = usable(templates).flatMap((pack) => pack.flows)
  const chosen = flows.filter(({ flow }) => wanted === undefined || flow === wanted)
  if (chosen.length === 0) return noFlow(wanted ?? '', flows, { words, say })
  const titles = new Map(flows.map(({ flow, title }) => [flow, title]))
  mkdirSync(pictures, { recursive: true })
  for (const flow of chosen) {
    const path = join(pictures, `${flow.flow}.svg`)
    writeFileSync(path, drawFlow(flow, words, titles))
    say(words.text('messages/pack-tools.drawn', { title: flow.title, path }))
  }
  return 0
}

/** The packs without mistakes. */
function usable(templates: string): Pack[] {
  const root = join(templates, 'packs')
  const problems: PackProblem[] = []
  return packNames(root).flatMap((name) => readPack(root, name, problems) ?? [])
}

function noFlow(name: string, flows: Pack['flows'], { words, say }: Pick<Desk, 'words' | 'say'>): number {
  say(words.text('messages/pack-tools.no_flow', { name, known: flows.map(({ flow }) => flow) }))
  return 2
}

/** A plain working Monday, so that a trial of today reads like one of tomorrow. */
const MONDAY = Date.parse('2026-11-23T10:00:00+08:00')

async function tryOut(desk: Desk, args: string[]): Promise<number> {
  const order = orderIn(args)
  if (!order) return tellUsage(desk)
  const { name, from, file } = order
  const plan = file === undefined ? {} : planIn(file)
  if (!plan) {
    desk.say(desk.words.text('messages/pack-tools.no_plan', { file }))
    return 2
  }
  const clock = new FixedClock(from)
  const folder = mkdtempSync(join(tmpdir(), 'yingke-try-'))
  useKeys(`try:${randomBytes(32).toString('base64')}`)
  const db = await Database.open({ url: `sqlite:${join(folder, 'try.db')}`, entities, migrations, clock })
  try {
    return await tryOn(db, clock, name, { ...plan, auto: plan.auto ?? order.auto }, desk)
  } finally {
    await db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a trial is told on the command line; undefined where it cannot be understood. */
function orderIn(args: string[]) {
  const options = { auto: { type: 'boolean' }, answers: { type: 'string' }, from: { type: 'string' } } as const
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const from = values.from === undefined ? MONDAY : Date.parse(values.from)
    if (Number.isNaN(from)) return undefined
    return { name: positionals[0] ?? '', from, auto: values.auto, file: values.answers }
  } catch {
    return undefined
  }
}

function planIn(file: string): Plan | undefined {
  try {
    const plan = parse(readFileSync(file, 'utf8'))
    return typeof plan === 'object' && plan !== null ? plan : undefined
  } catch {
    return undefined
  }
}

async function tryOn(db: Database, clock: FixedClock, name: string, plan: Plan, desk: Desk): Promise<number> {
  const { words, say, ask, templates } = desk
  const packs = usable(templates)
  const shelf = new Shelf(
    join(templates, 'packs'),
    packs.map(({ head }) => head.pack),
  )
  await shelf.load(db)
  const flow = shelf.flows.get(name)
  if (!flow) {
    return noFlow(
      name,
      packs.flatMap(({ flows }) => flows),
      desk,
    )
  }
  const form = flow.body.form === undefined ? undefined : shelf.form(flow.body.form)
  const spoken = loadWords(templates, { clock })
  const reached = await tryFlow({
    db,
    clock,
    words: spoken,
    flow: flow.body,
    plan,
    ask,
    say,
    async open(tx, answers) {
      if (!form || flow.body.openedBy === 'system') return openWork(tx, shelf, flow.body)
      const customer = await signIn(tx, { openid: words.text('messages/pack-tools.customer') })
      await handIn(tx, customer.id)
      return (await openTicket(tx, customer, { form, flow, answers, safety: 'pass' })).id
    },
  })
  return reached ? 0 : 1
}

/** What no customer opens is work on a thing of ours. */
async function openWork(tx: Tx, shelf: Shelf, { flow, title }: Flow): Promise<string> {
  await registerAssets(tx, [{ code: 'TRIAL-1', kind: title }])
  const asset = (await assetByCode(tx, 'TRIAL-1')) as Asset
  await maintenanceFlow(shelf)(tx, asset, { name: flow, title, flow })
  return asset.id
}

/** The pictures that a trial hands in wherever some are asked for. */
async function handIn(tx: Tx, customerId: string): Promise<void> {
  const picture = { ownerType: 'customer', ownerId: customerId, state: 'ready', safety: 'pass' } as const
  const measures = { size: 0, width: 0, height: 0, attempts: 0, createdAt: tx.now }
  for (const id of PHOTOS) await tx.insertOnce(Attachment, { id, ...picture, ...measures })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const desk = { templates: join(ROOT, 'templates'), pictures: join(ROOT, 'docs/flows'), say, ask: asking() }
  process.exitCode = await packs(process.argv.slice(2), desk)
}

/** Asks at the terminal, which is opened by the first question. */
function asking(): Ask {
  let lines: AsyncIterator<string> | undefined
  return async (prompt) => {
    process.stdout.write(prompt)
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
    const { value, done } = await lines.next()
    return done ? undefined : value
  }
}
