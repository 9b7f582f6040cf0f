import type { Checked, FieldKind } from './field.ts'
import { halfWidth } from './plain.ts'

const FEN = 100
/** Ten million yuan: what is more was mistyped. */
const MOST = 10_000_000

/**
 * An amount. A text is yuan as typed (`12.5`), a number is whole fen, as it is kept; bounds in a form's YAML are yuan.
 */
export const money: FieldKind = {
  kind: 'money',
  takes: ['min', 'max', 'default', 'computed'],
  check({ min = 0, max = MOST }, value) {
    const fen = typeof value === 'number' ? value : fenIn(value)
    if (fen === undefined || !Number.isSafeInteger(fen)) return { why: 'not_money' }
    return checkAmount(fen, min, max) ?? { value: fen }
  },
  describe: (_field, value, _context, say) => say('money', { fen: value }),
  operand: (value) => ((value as number | undefined) ?? 0) / FEN,
  fromFormula: (found) => Math.round(Number((found * FEN).toPrecision(12))),
}

function fenIn(value: unknown): number | undefined {
  const text = halfWidth(value)
    .replace(/^[¥￥]\s*/u, '')
    .replace(/\s*元$/u, '')
  const plain = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text
  const [, sign, yuan = '', part = ''] = /^(-?)(\d{1,11})(?:\.(\d{1,2}))?$/.exec(plain) ?? []
  return yuan ? Number(`${sign}${Number(yuan) * FEN + Number(part.padEnd(2, '0'))}`) : undefined
}

function checkAmount(fen: number, min: number, max: number): Checked | undefined {
  if (fen < Math.round(min * FEN)) return { why: 'too_small', data: { min } }
  return fen > Math.round(max * FEN) ? { why: 'too_large', data: { max } } : undefined
}
