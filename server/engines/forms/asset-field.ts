import { compilePattern } from '../../lib/pattern.ts'
import type { FieldKind } from './field.ts'
import { halfWidth } from './plain.ts'

/** What the code may be called in an address or in a mini-program's scene. */
const NAMES = ['code', 'asset', 'scene', 'no', 'id', 'q']
/** The first letter of a number plate: its province, or whom it belongs to. */
const PROVINCE = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领'
/** A number plate in its parts, with the dot and the blanks with which people write it. */
const PLATE = `([${PROVINCE}])\\s*([A-Z])[\\s·•.・-]*([0-9A-Z]{4,5}[0-9A-Z挂学警港澳])`
const WRITTEN_PLATE = new RegExp(`^${PLATE}$`)
const SAID_PLATE = new RegExp(`${PLATE}(?![0-9A-Z])`, 'i')
/** A code as it stands in the books: letters and digits, or a number plate. */
export const CODE = new RegExp(`^(?:[0-9A-Z][0-9A-Z_-]{0,29}|[${PROVINCE}][A-Z][0-9A-Z]{4,5}[0-9A-Z挂学警港澳])$`)

/** A code in its plain form, however it was typed: capitals, a number plate without dot and blanks. */
export function plainCode(text: string): string {
  const code = text.trim().toUpperCase()
  return WRITTEN_PLATE.exec(code)?.slice(1).join('') ?? code
}

/** The number plate that a text names, plain, and the text without it. */
export function plateIn(text: string): { code: string; rest: string } | undefined {
  const found = SAID_PLATE.exec(text)
  if (!found) return undefined
  return { code: plainCode(found[0]), rest: text.replace(found[0], ' ').trim() }
}

/** A thing of ours by its code: typed, or as its QR code says it. */
export const asset: FieldKind = {
  kind: 'asset',
  takes: ['pattern', 'patternMessage', 'default'],
  missing: 'required_asset',
  check({ pattern, patternMessage }, value) {
    const code = codeIn(value)
    if (!CODE.test(code)) return { why: 'not_an_asset' }
    if (pattern && !compilePattern(`^(?:${pattern})$`).test(code)) {
      return { why: 'pattern', data: { message: patternMessage ?? '' } }
    }
    return { value: code }
  },
  describe: (_field, value) => String(value),
  operand: (value) => (value as string | undefined) ?? '',
}

/** The code in what was scanned or typed: an address with the code in its query or at its end, a scene, or the bare code. */
export function codeIn(scanned: unknown, depth = 0): string {
  const text = halfWidth(typeof scanned === 'number' ? String(scanned) : scanned)
  // Two pages may lie in one another: WeChat hands an address over as the `q` of another one.
  if (depth > 2 || text.length > 500) return ''
  const [, path, query] = /^[a-z][\w+.-]*:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/i.exec(text) ?? []
  const parts = new URLSearchParams(query ?? (text.includes('=') ? text : ''))
  for (const name of NAMES) {
    const inner = parts.get(name)
    if (inner) return codeIn(inner, depth + 1)
  }
  if (path !== undefined) return plainCode(decoded(path.replace(/\/+$/, '').split('/').at(-1) ?? ''))
  return plainCode(parts.size === 1 ? ([...parts.values()][0] ?? '') : text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
