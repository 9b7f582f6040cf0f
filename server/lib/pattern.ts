/** How long a pattern may be. */
export const MAX_PATTERN = 200
/** How many `*`, `+` and `{n,}` a pattern may hold: each one multiplies the work by the length of the text. */
const MAX_UNBOUNDED = 3

const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})/

/**
 * Compiles a pattern that a pack's author wrote; throws an Error that says what is wrong with it. Patterns that could
 * take exponential time on a text which a customer chose (a repetition within a repetition, a choice within an open
 * one, back-references) are refused: the engine has no time limit of its own.
 */
export function compilePattern(text: string): RegExp {
  if (text.length > MAX_PATTERN) throw new Error(`is longer than ${MAX_PATTERN} characters`)
  let pattern: RegExp
  try {
    pattern = new RegExp(text, 'u')
  } catch (error) {
    throw new Error(`is not a regular expression (${(error as Error).message})`)
  }
  refuseExplosive(text)
  return pattern
}

/** What stands in a group: something of variable length, of open length, a choice. */
interface Group {
  variable: boolean
  open: boolean
  choice: boolean
}

function refuseExplosive(text: string): void {
  const outer: Group[] = []
  let group: Group = { variable: false, open: false, choice: false }
  let unbounded = 0
  for (let i = 0; i < text.length; ) {
    let inner: Group | undefined
    if (text[i] === '(') {
      outer.push(group)
      group = { variable: false, open: false, choice: false }
      // Next comes an atom; the question mark of (?: or (?<name> is taken for one and does no harm.
      i += 1
      continue
    }
    if (text[i] === '|') group.choice = true
    if (text[i] === ')') {
      inner = group
      group = outer.pop() ?? group
    }
    i = afterAtom(text, i)

    const [quantifier = ''] = QUANTIFIER.exec(text.slice(i)) ?? []
    const open = /^[*+]|,\}$/.test(quantifier)
    const repeats = open || quantifier.startsWith('{')
    if (open && ++unbounded > MAX_UNBOUNDED) throw new Error(`has more than ${MAX_UNBOUNDED} of *, + and {n,}`)
    if (inner && open && (inner.variable || inner.choice)) throw new Error('repeats a group that itself varies')
    if (inner && repeats && inner.open) throw new Error('repeats a group that itself repeats without end')
    group.variable ||= (quantifier !== '' && !/^\{\d+\}$/.test(quantifier)) || (inner?.variable ?? false)
    group.open ||= open || (inner?.open ?? false)
    group.choice ||= inner?.choice ?? false
    i += quantifier.length
    if (quantifier && text[i] === '?') i += 1
  }
}

/** The index behind the atom at `i`: an escape, a character class or one character. */
function afterAtom(text: string, i: number): number {
  if (text[i] === '\\') {
    if (/[1-9k]/.test(text[i + 1] ?? '')) throw new Error('refers back to a group')
    return i + 2
  }
  if (text[i] !== '[') return i + 1
  let end = i + 1
  while (end < text.length && text[end] !== ']') end += text[end] === '\\' ? 2 : 1
  return end + 1
}
