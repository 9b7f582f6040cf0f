import { randomUUID } from 'node:crypto'
import Handlebars from 'handlebars'
import type { Helper } from './format.ts'

/** A template that cannot be used; `line` counts within its text, from 1. */
export class TemplateError extends Error {
  constructor(
    reason: string,
    readonly line = 1,
  ) {
    super(reason)
  }
}

export type Template = (data: Record<string, unknown>) => string
export type Compiler = (source: string, html: boolean) => Template

/**
 * Texts that were found to be sound, by the helpers they may use: an edited file is read with all the others, which have
 * not changed.
 */
const sound = new Map<string, Map<string, Soundness>>()
interface Soundness {
  /** What it says when there is nothing to fill in. */
  plain?: string
  /** The helpers that it may call. */
  used: string[]
}

/** What the language brings and a template may not need, or not have; `unless` asks `if`. */
const BUILT_IN = ['each', 'log', 'lookup', 'unless', 'with']

/** Handlebars' own compiler, which its typings leave out. */
const { Compiler: Checker } = Handlebars as typeof Handlebars & {
  Compiler: new () => { compile(program: hbs.AST.Program, options: CompileOptions): unknown }
}

/** What an object turns into where a text is wanted; unguessable, so that no customer can write it. */
const NOT_A_TEXT = randomUUID()

/** Something that a helper could not show, with the place where it was called. */
class Mishap extends Error {
  constructor(
    reason: string,
    readonly at: hbs.AST.SourceLocation,
  ) {
    super(reason)
  }
}

/**
 * Makes a compiler of strict templates: no variable may be missing, nothing inherited can be reached, there are no
 * helpers but the given ones (and if, unless, each, with, lookup) and no partials. With `html` values are escaped and
 * cannot be put in unescaped. The compiler throws TemplateError, the template an Error that names the variable.
 */
export function templateCompiler(helpers: Record<string, Helper>): Compiler {
  const knownHelpers = { ...Object.fromEntries(Object.keys(helpers).map((name) => [name, true])), log: false }
  const names = Object.keys(knownHelpers).join()
  const [soundTexts, soundPages] = [soundBy(names), soundBy(`html ${names}`)]
  const environments = new Map<string, typeof Handlebars>()

  /** Handlebars wraps all helpers of an environment at each rendering: there is one for each set that templates use. */
  function environmentWith(used: string[]): typeof Handlebars {
    const key = used.join()
    let environment = environments.get(key)
    if (!environment) {
      environment = Handlebars.create()
      for (const name of BUILT_IN) if (!used.includes(name)) environment.unregisterHelper(name)
      for (const [name, helper] of Object.entries(helpers))
        if (used.includes(name)) environment.registerHelper(name, adapt(name, helper))
      environments.set(key, environment)
    }
    return environment
  }

  function check(source: string, html: boolean, options: CompileOptions): Soundness {
    // Most labels and buttons: nothing in them can be wrong.
    if (!source.includes('{{')) return { plain: source, used: [] }
    try {
      const program = Handlebars.parse(source)
      const guard = new Guard(html)
      guard.accept(program)
      // The half of compiling that finds mistakes; the dearer one is for those that are ever shown.
      new Checker().compile(program, { ...options, data: true })
      return {
        plain: plainText(program),
        used: guard.named.filter((name) => name in helpers || BUILT_IN.includes(name)),
      }
    } catch (error) {
      throw templateError(error as Error)
    }
  }

  return (source, html) => {
    const options = { strict: true, knownHelpersOnly: true, knownHelpers, noEscape: !html }
    const known = html ? soundPages : soundTexts
    const soundness = known.get(source) ?? check(source, html, options)
    known.set(source, soundness)
    const { plain, used } = soundness
    if (plain !== undefined) return () => plain
    const template = environmentWith(used).compile<unknown>(source, options)
    return (data) => {
      try {
        const text = template(ownOnly(data))
        if (text.includes(NOT_A_TEXT)) throw new Error('a list or group stands where a text belongs')
        return text
      } catch (error) {
        throw new Error(explain(error as Error, source), { cause: error })
      }
    }
  }
}

function soundBy(helpers: string): Map<string, Soundness> {
  const texts = sound.get(helpers) ?? new Map<string, Soundness>()
  sound.set(helpers, texts)
  return texts
}

/** What a template says that has nothing to fill in; undefined for others. */
function plainText({ body }: hbs.AST.Program): string | undefined {
  if (!body.every((part): part is hbs.AST.ContentStatement => part.type === 'ContentStatement')) return undefined
  return body.map(({ value }) => value).join('')
}

/** Refuses what the language has and we do not. */
class Guard extends Handlebars.Visitor {
  private readonly paths = new Set<string>()

  constructor(readonly html: boolean) {
    super()
  }

  /** What it names, in order: variables and helpers. */
  get named(): string[] {
    return [...this.paths].sort()
  }

  override PathExpression(path: hbs.AST.PathExpression): void {
    this.paths.add(path.original)
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (this.html && !mustache.escaped) {
      throw new TemplateError('a page may not show a value unescaped', mustache.loc.start.line)
    }
    super.MustacheStatement(mustache)
  }

  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    throw new TemplateError('there are no partials', partial.loc.start.line)
  }

  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    throw new TemplateError('there are no partials', partial.loc.start.line)
  }

  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    throw new TemplateError('there are no decorators', decorator.loc.start.line)
  }

  override Decorator(decorator: hbs.AST.Decorator): void {
    throw new TemplateError('there are no decorators', decorator.loc.start.line)
  }
}

/** A helper in the shape that Handlebars calls. Without arguments its name is a variable: `{{name}}` shows `name`. */
function adapt(name: string, helper: Helper): Handlebars.HelperDelegate {
  return function (this: unknown, ...all: unknown[]) {
    const options = all.pop() as Handlebars.HelperOptions & { loc: hbs.AST.SourceLocation }
    if (all.length === 0) {
      const here = Object(this) as Record<string, unknown>
      if (!(name in here)) throw new Error(`"${name}" not defined`)
      return here[name]
    }
    try {
      return helper(all, { hash: options.hash as Record<string, unknown>, root: options.data.root })
    } catch (error) {
      if (error instanceof RangeError) throw new Mishap(error.message, options.loc)
      throw error
    }
  }
}

/**
 * What templates see of an object: its own values that are not undefined. Handlebars' strict mode takes an inherited
 * name for a variable and then shows nothing; and an object in the place of a text would be "[object Object]".
 */
function ownOnly<T extends object>(target: T): T {
  return new Proxy(target, {
    has: (object, key) => Object.hasOwn(object, key) && Reflect.get(object, key) !== undefined,
    get(object, key) {
      if (key === Symbol.toPrimitive) return () => NOT_A_TEXT
      const value: unknown = Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
      return typeof value === 'object' && value !== null ? ownOnly(value) : value
    },
  })
}

function templateError(error: Error): TemplateError {
  if (error instanceof TemplateError) return error
  const line = /^Parse error on line (\d+)/.exec(error.message)?.[1]
  const unknown = /unknown helper (\S+)/.exec(error.message)?.[1]
  const at = (error as { lineNumber?: number }).lineNumber
  if (unknown) return new TemplateError(`there is no helper "${unknown}"`, at)
  return new TemplateError(error.message.replaceAll('\n', ' ').replace(/ - \d+:\d+$/, ''), line ? Number(line) : at)
}

/** Why a template could not be rendered, with the variable's name as the author wrote it. */
function explain(error: Error, source: string): string {
  if (error instanceof Mishap) {
    const { start, end } = error.at
    const lines = source.split('\n').slice(start.line - 1, end.line)
    const call = lines.length === 1 ? lines[0]?.slice(start.column, end.column) : lines.join(' ')
    return `${call?.trim()} ${error.message}`
  }
  const missing = /^"(.+)" not defined/.exec(error.message)?.[1]
  const parent = /^Cannot read properties of (?:undefined|null) \(reading '(.+)'\)/.exec(error.message)?.[1]
  const name = missing ?? parent
  if (!name) return error.message
  const written = source.match(/[@\w./-]+/g)?.find((path) => path.split(/[./]/).includes(name))
  return `the variable "${written ?? name}" is missing`
}
