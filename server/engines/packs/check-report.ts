import type { Words } from '../../lib/render.ts'
import type { CheckWords, Remark } from './check.ts'
import { tellReason } from './check-reasons.ts'

const KEY = 'messages/pack-errors'

/** What checking needs to know of the language, out of the words. */
export function checkWords(words: Words): CheckWords {
  return {
    units: words.tree(`${KEY}.units`) as CheckWords['units'],
    promise: words.tree(`${KEY}.promise`) as CheckWords['promise'],
    examples: Object.keys(words.tree(`${KEY}.example`) as object),
    events: Object.keys(words.tree('cards/rules.event') as object),
  }
}

/** A remark as people read it: where, the line with what is meant underlined, what is wrong, how to mend it. */
export function remarkText(remark: Remark, words: Words): string {
  const { file, line, column, level } = remark
  const lines = [
    `${words.text(`${KEY}.${level}`)}  ${file}:${line}:${column}`,
    ...quoted(remark),
    `    ${sentence(remark, words)}`,
    ...hints(remark, words).map((hint) => `    ${hint}`),
  ]
  return lines.join('\n')
}

/** What is wrong, in one sentence. */
export function sentence({ code, data, reason }: Pick<Remark, 'code' | 'data' | 'reason'>, words: Words): string {
  const named = (group: string, name = '') => {
    const key = `${KEY}.${group}.${name}`
    return name && words.has(key) ? words.text(key) : name
  }
  const known = words.has(`${KEY}.say.${code}`) ? code : code.startsWith('yaml_') ? 'yaml' : 'other'
  const more = { what_name: named('what', data.what), type_name: named('type', data.type) }
  return words.text(`${KEY}.say.${known}`, { reason, ...data, ...more })
}

/** What is wrong with something that was not read from a file, in one sentence. */
export function reasonText(field: string, reason: string, words: Words): string {
  const { code, data } = tellReason(reason)
  return sentence({ code, data: { key: field.split('.').at(-1) ?? '', value: '', ...data }, reason }, words)
}

/** How to mend it: what was most likely meant, or else how it could be written. */
function hints({ code, data, suggestion, known }: Remark, words: Words): string[] {
  if (suggestion) return [words.text(`${KEY}.meant`, { suggestion })]
  if (known && known.length > 0) return [words.text(`${KEY}.known_are`, { known })]
  const key = `${KEY}.example.${data.key}`
  const helped = ['missing', 'wrong_type', 'no_form_fits', 'empty'].includes(code) && words.has(key)
  return helped ? [words.text(`${KEY}.example_is`, { example: words.text(key) })] : []
}

function quoted({ line, column, length, quote }: Remark): string[] {
  if (quote.trim() === '') return []
  const before = quote.slice(0, column - 1)
  const marked = quote.slice(column - 1, column - 1 + length)
  return [
    `    ${line} | ${quote}`,
    `    ${' '.repeat(String(line).length)} | ${blank(before)}${'^'.repeat(width(marked))}`,
  ]
}

function blank(text: string): string {
  return ' '.repeat(width(text))
}

/** How many cells of a terminal a text takes: Chinese characters take two. */
function width(text: string): number {
  return [...text].reduce((sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffe6]/.test(character) ? 2 : 1), 0)
}
