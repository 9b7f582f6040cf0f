import { mock } from 'node:test'
import { inspect } from 'node:util'
import type { Suite, TestContext, TestOptions, Told } from './suite.ts'

interface Test {
  name: string
  options: TestOptions
  told: Told
}

/** A file, or what a `describe` of it holds. */
class Part {
  readonly within: (Test | Part)[] = []
  readonly before: (() => unknown)[] = []
  readonly after: (() => unknown)[] = []
  readonly beforeEach: (() => unknown)[] = []
  readonly afterEach: (() => unknown)[] = []

  constructor(readonly name: string) {}
}

export interface Failure {
  name: string
  why: string
}

/** How a file went, and what there is to read of it. */
export interface Account {
  lines: string[]
  passed: number
  skipped: number
  failures: Failure[]
}

let file = ''
let open = new Part('')
/** Ends what is being waited for with an error that nobody caught. */
let blow: (error: unknown) => void = () => undefined
/** Errors that nobody caught and no test has answered for. */
let strays: unknown[] = []

process.on('uncaughtException', (error) => {
  strays.push(error)
  blow(error)
})
process.on('exit', () => {
  if (strays.length === 0) return
  process.stderr.write(`after ${file}: ${strays.map((stray) => inspect(stray)).join('\n')}\n`)
  process.exitCode = 1
})

/**
 * What node:test offers to a test file, for files that are told one after the other in one process. Only one test runs at
 * a time, so none of Node's async hooks is needed to know whose error it was: they are a sixth of what a story costs.
 */
export const telling: Suite = {
  test(name: string, ...rest: [Told] | [TestOptions, Told]) {
    const told = rest.at(-1) as Told
    open.within.push({ name, options: rest.length > 1 ? (rest[0] as TestOptions) : {}, told })
  },
  describe(name, tell) {
    const above = open
    open = new Part(name)
    above.within.push(open)
    tell()
    open = above
  },
  before: (hook) => open.before.push(hook),
  after: (hook) => open.after.push(hook),
  beforeEach: (hook) => open.beforeEach.push(hook),
  afterEach: (hook) => open.afterEach.push(hook),
}

/** The name of the file that is being told. */
export function toldFile(): string {
  return file
}

/** Imports a test file and runs what it says; `begins` is told of each test before it runs. */
export async function tellFile(url: string, name: string, begins: (test: string) => void): Promise<Account> {
  const account: Account = { lines: [], passed: 0, skipped: 0, failures: [] }
  const whole = new Part(name)
  file = name
  open = whole
  try {
    await import(url)
    await tellPart(whole, [], account, begins)
    if (account.passed + account.skipped + account.failures.length === 0)
      throw new Error('there is no test in this file')
  } catch (error) {
    fail(account, name, [error], 0)
  }
  // What went wrong without a test of its own still has a turn of the loop to come up.
  await new Promise((resolve) => setImmediate(resolve))
  if (strays.length > 0) fail(account, `${name}, beside its tests`, strays.splice(0), 0)
  return account
}

async function tellPart(part: Part, above: Part[], account: Account, begins: (test: string) => void): Promise<void> {
  const depth = above.length
  const at = account.lines.push(`${'  '.repeat(depth)}▶ ${part.name}`)
  const failed = account.failures.length
  const began = performance.now()
  const errors = await attempts(part.before)
  if (errors.length === 0) {
    for (const one of part.within) {
      if (one instanceof Part) await tellPart(one, [...above, part], account, begins)
      else await tellTest(one, [...above, part], account, begins)
    }
  }
  errors.push(...(await attempts(part.after)))
  if (errors.length > 0) fail(account, part.name, errors, depth)
  const mark = account.failures.length > failed ? '✖' : '▶'
  account.lines[at - 1] = `${'  '.repeat(depth)}${mark} ${part.name}${since(began)}`
}

async function tellTest(
  { name, options, told }: Test,
  parts: Part[],
  account: Account,
  begins: (test: string) => void,
): Promise<void> {
  const later: (() => unknown)[] = []
  const notes: string[] = []
  let skipped = options.skip || undefined
  const t: TestContext = {
    name,
    mock,
    after: (hook) => void later.push(hook),
    diagnostic: (message) => void notes.push(message),
    skip: (why) => {
      skipped = why ?? 'skipped'
    },
  }
  const began = performance.now()
  const errors: unknown[] = []
  if (!options.skip) {
    begins(name)
    errors.push(...(await attempts(parts.flatMap(({ beforeEach }) => beforeEach))))
    if (errors.length === 0) errors.push(...(await attempts([() => told(t)], options.timeout)))
    errors.push(...(await attempts(parts.toReversed().flatMap(({ afterEach }) => afterEach))))
    errors.push(...(await attempts(later)))
    mock.reset()
  }
  const depth = parts.length
  if (errors.length > 0) fail(account, [...parts.slice(1).map((part) => part.name), name].join(' › '), errors, depth)
  else if (skipped) account.skipped++
  else account.passed++
  const mark = errors.length > 0 ? '✖' : skipped ? '﹣' : '✔'
  if (errors.length === 0)
    account.lines.push(`${'  '.repeat(depth)}${mark} ${name}${since(began)}${skipped ? ` # ${skipped}` : ''}`)
  account.lines.push(...notes.map((note) => `${'  '.repeat(depth)}ℹ ${note}`))
}

/** Does these one after the other, each however the others went; returns what went wrong. */
async function attempts(todo: (() => unknown)[], timeout?: number): Promise<unknown[]> {
  const errors: unknown[] = []
  for (const one of todo) {
    let timer: NodeJS.Timeout | undefined
    const end = new Promise((_resolve, reject) => {
      blow = (error) => {
        strays = strays.filter((stray) => stray !== error)
        reject(error)
      }
      if (timeout) timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout)
    })
    try {
      await Promise.race([(async () => one())(), end])
    } catch (error) {
      errors.push(error)
    }
    blow = () => undefined
    clearTimeout(timer)
  }
  return errors
}

function fail(account: Account, name: string, errors: unknown[], depth: number): void {
  account.lines.push(`${'  '.repeat(depth)}✖ ${name}`)
  account.failures.push({ name, why: errors.map((error) => inspect(error)).join('\n') })
}

function since(began: number): string {
  return ` (${Math.round(performance.now() - began)}ms)`
}
