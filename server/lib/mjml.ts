import { XMLValidator } from 'fast-xml-parser'
import mrml from 'mrml'

/** A mail that cannot be compiled; `line` counts within its source, from 1. */
export class MjmlError extends Error {
  constructor(
    reason: string,
    readonly line: number,
  ) {
    super(reason)
  }
}

/** What was compiled already, by source: words are read again whenever one file of them has changed. */
const compiled = new Map<string, string>()

const INCLUDE = /<mj-include\s+path="([^"]+)"\s*\/>/g

/** The HTML of an MJML source, in which Handlebars' marks stand untouched; `parts` are what it may include, by path. */
export function compileMjml(written: string, parts: Record<string, string>): string {
  // Put in by hand: what the library includes, it draws as wide as the window.
  const source = written.replace(INCLUDE, (_all, path: string, at: number) => {
    const part = parts[path]
    if (part === undefined) throw new MjmlError(`there is no part "${path}"`, written.slice(0, at).split('\n').length)
    return part
  })
  const known = compiled.get(source)
  if (known !== undefined) return known
  const engine = new mrml.Engine()
  try {
    // No fonts from elsewhere: mails are set in what the reader's own machine has.
    engine.setRenderOptions({ disableComments: true, socialIconOrigin: null, fonts: {} })
    const result = engine.toHtml(source)
    if (result.type === 'error') throw explained(result, source, written)
    compiled.set(source, result.content)
    return result.content
  } finally {
    engine.free()
  }
}

/** The title of a mail, which becomes its subject. */
export function titleOf(source: string): { text: string; line: number } | undefined {
  const found = /<mj-title>\s*([\s\S]*?)\s*<\/mj-title>/.exec(source)
  if (!found) return undefined
  return { text: found[1] as string, line: source.slice(0, found.index).split('\n').length }
}

/** An error in the author's own lines: the parts that were put in before it count none. */
function explained(error: { message: string }, source: string, written: string): MjmlError {
  // The library does not always say where; most mistakes are a quotation mark within another, or a tag without its end.
  const shape = XMLValidator.validate(source)
  const { position } = ((error as { details?: object }).details ?? {}) as { position?: { start: number } }
  const at = shape === true ? source.slice(0, position?.start ?? 0).split('\n').length : shape.err.line
  const line = source.split('\n')[at - 1] ?? ''
  const own = written.split('\n').indexOf(line)
  return new MjmlError(shape === true ? error.message : shape.err.msg, own < 0 ? 1 : own + 1)
}
