import { XMLParser } from 'fast-xml-parser'
import { CallbackRefused } from './wx-crypto.ts'

/** A parsed element: its children by name. One child is a value and several are an array: read them by `childNodes`. */
export interface XmlNode {
  [tag: string]: XmlValue | undefined
}
export type XmlValue = string | XmlNode | XmlValue[]

const DOCTYPE = /<!(?:DOCTYPE|ENTITY)/i

const parser = new XMLParser({
  parseTagValue: false, // "007" stays "007", a 64-bit MsgId stays whole
  trimValues: false, // what a person typed keeps its spaces
  maxNestedTags: 20,
})

/** The content of the root `<xml>`; throws CallbackRefused('xml') for anything else, and for every DOCTYPE. */
export function parseXml(text: string): XmlNode {
  refuseDoctype(text)
  const document = attempt(() => parser.parse(text) as XmlNode)
  const root = document.xml
  if (!isNode(root)) throw new CallbackRefused('xml', 'no <xml> root')
  return root
}

/**
 * The ciphertext of an encrypted envelope. Read by a pattern on purpose: what has not been authenticated yet never
 * reaches the XML parser.
 */
export function envelopeCiphertext(text: string): string {
  if (DOCTYPE.test(text)) throw new CallbackRefused('xml', 'DOCTYPE')
  const found = /<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?\s*<\/Encrypt>/.exec(text)
  if (!found?.[1]) throw new CallbackRefused('xml', 'no <Encrypt>')
  return found[1]
}

/** The text of a child; '' when it is missing, repeated or not text. */
export function childText(node: XmlNode, tag: string): string {
  const value = Object.hasOwn(node, tag) ? node[tag] : undefined
  return typeof value === 'string' ? value : ''
}

/** A child element; an empty one when it is missing or plain text. */
export function childNode(node: XmlNode, tag: string): XmlNode {
  const value = Object.hasOwn(node, tag) ? node[tag] : undefined
  return isNode(value) ? value : {}
}

/** The child elements of that name that have children themselves, in order; always a list, be it one or many. */
export function childNodes(node: XmlNode, tag: string): XmlNode[] {
  return childList(node, tag).filter(isNode)
}

/** The child elements of that name that are plain text, in order; always a list. */
export function childTexts(node: XmlNode, tag: string): string[] {
  return childList(node, tag).filter((value) => typeof value === 'string')
}

/** `<tag>` around text, as CDATA. */
export function textElement(tag: string, text: string): string {
  return `<${tag}>${cdata(text)}</${tag}>`
}

/** `<tag>` around markup or a number, as it is. */
export function element(tag: string, content: string | number | boolean): string {
  return `<${tag}>${content}</${tag}>`
}

/** Text that cannot break out: `]]>` is split over two sections, characters that XML 1.0 forbids fall away. */
function cdata(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be removed
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
  return `<![CDATA[${legal.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
}

/** No platform sends a DOCTYPE, and every entity bomb needs one. In a CDATA section it is merely what somebody typed. */
function refuseDoctype(text: string): void {
  if (DOCTYPE.test(text) && DOCTYPE.test(outsideCdata(text))) throw new CallbackRefused('xml', 'DOCTYPE')
}

/** A plain scan, not a lazy pattern: that one turns quadratic when sections are opened and never closed. */
function outsideCdata(text: string): string {
  let kept = ''
  let at = 0
  for (let open = text.indexOf('<![CDATA['); open >= 0; open = text.indexOf('<![CDATA[', at)) {
    const close = text.indexOf(']]>', open)
    if (close < 0) throw new CallbackRefused('xml', 'CDATA')
    kept += text.slice(at, open)
    at = close + 3
  }
  return kept + text.slice(at)
}

function childList(node: XmlNode, tag: string): XmlValue[] {
  const value = Object.hasOwn(node, tag) ? node[tag] : undefined
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function isNode(value: XmlValue | undefined): value is XmlNode {
  return typeof value === 'object' && !Array.isArray(value)
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CallbackRefused('xml', '', { cause: error })
  }
}
