import type { CardUpdate } from './wecom-card.ts'
import { element, textElement } from './wx-xml.ts'

/** Where WeCom's XML name is not simply the PascalCase of its JSON name. */
const names = new Map([
  ['keyname', 'KeyName'],
  ['userid', 'UserId'],
  ['appid', 'AppId'],
  ['pagepath', 'PagePath'],
  ['checkbox', 'CheckBox'],
])

/**
 * A card as the XML of a passive `update_template_card` (PLATFORMS.md §2.4): PascalCase names, and lists as repeated
 * elements without a wrapper. task_id stays out, it cannot be changed.
 */
export function cardXml(card: CardUpdate): string {
  const { task_id: _, ...shown } = card
  return element('TemplateCard', children(shown))
}

function children(block: object): string {
  let xml = ''
  for (const [name, value] of Object.entries(block)) {
    const tag = xmlName(name)
    if (Array.isArray(value)) for (const one of value) xml += child(tag, one)
    else xml += child(tag, value)
  }
  return xml
}

function child(tag: string, value: unknown): string {
  if (typeof value === 'string') return textElement(tag, value)
  if (typeof value === 'number' || typeof value === 'boolean') return element(tag, value)
  return value && typeof value === 'object' ? element(tag, children(value)) : ''
}

function xmlName(name: string): string {
  let known = names.get(name)
  if (!known) {
    known = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    names.set(name, known)
  }
  return known
}
