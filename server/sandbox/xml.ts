import { XMLParser } from 'fast-xml-parser'

/** Values of an XML element as the platforms write them: texts in CDATA, numbers bare, lists as repeated elements. */
export type XmlValue = string | number | bigint | XmlValue[] | { [name: string]: XmlValue }

/** Writes `<name>…</name>`; a list repeats the element. */
export function element(name: string, value: XmlValue): string {
  if (Array.isArray(value)) return value.map((one) => element(name, one)).join('')
  return `<${name}>${inner(value)}</${name}>`
}

function inner(value: XmlValue): string {
  // "]]>" would end the section early, so it is written over two sections.
  if (typeof value === 'string') return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return Object.entries(value as Record<string, XmlValue>)
    .map(([name, child]) => element(name, child))
    .join('')
}

export type XmlTree = string | { [name: string]: XmlTree[] }

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: true,
  trimValues: true,
  isArray: (_name, path) => path !== 'xml',
})

/** Reads `<xml>…</xml>` into a tree in which every child is a list; throws when it is not such a document. */
export function readXml(text: string): { [name: string]: XmlTree[] } {
  const root = (parser.parse(text) as { xml?: unknown }).xml
  if (typeof root !== 'object' || root === null) throw new Error('no <xml> element')
  return root as { [name: string]: XmlTree[] }
}

/** The text of the first child with this name, or undefined. */
export function textOf(tree: XmlTree | undefined, name: string): string | undefined {
  if (tree === undefined || typeof tree === 'string') return undefined
  const first = tree[name]?.[0]
  return typeof first === 'string' ? first : undefined
}
