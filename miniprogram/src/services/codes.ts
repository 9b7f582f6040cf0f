/** What the code may be called in an address or in a mini-program's scene; the server reads it alike. */
const NAMES = ['code', 'asset', 'scene', 'no', 'id', 'q']

/** The code in what was scanned or typed. */
export function codeIn(scanned: string, depth = 0): string {
  const text = scanned.trim()
  if (depth > 2) return ''
  const [, path, query] = /^(?:[a-z][\w+.-]*:\/\/[^/?#]*|pages)([^?#]*)(?:\?([^#]*))?/i.exec(text) ?? []
  const parts = partsOf(query ?? (text.includes('=') ? text : ''))
  const named = NAMES.find((name) => parts[name])
  if (named) return codeIn(parts[named] ?? '', depth + 1)
  if (path !== undefined) return decoded(path.replace(/\/+$/, '').split('/').pop() ?? '').toUpperCase()
  const values = Object.values(parts)
  return (values.length === 1 ? (values[0] ?? '') : text).toUpperCase()
}

/**
 * The code for which a page was opened: by another page, by a mini-program code (WeChat hands over its `scene`), or by
 * an ordinary QR code (WeChat hands over its address as `q`). Both come encoded.
 */
export function codeOfArrival({ code, scene, q }: Record<string, string | undefined>): string {
  return codeIn(decoded(code ?? scene ?? q ?? ''))
}

function partsOf(query: string): Record<string, string> {
  const pairs = query.split('&').map((part) => part.split('='))
  return Object.fromEntries(pairs.flatMap(([name, ...value]) => (name ? [[name, decoded(value.join('='))]] : [])))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
