import type { XmlTree } from './xml.ts'

/**
 * Reads the card of a passive reply. The XML names are the JSON names in PascalCase and lists are repeated elements
 * without a wrapper. Source: WeCom docs 90241.
 */
export function cardFromXml(tree: XmlTree): Record<string, unknown> {
  const value = read(tree)
  if (typeof value !== 'object' || value === null) throw new Error('an empty TemplateCard')
  return value as Record<string, unknown>
}

const LISTS = new Set([
  'action_list',
  'button_list',
  'horizontal_content_list',
  'jump_list',
  'option_list',
  'select_list',
  'vertical_content_list',
])
const NUMBERS = new Set(['type', 'style', 'desc_color', 'mode', 'aspect_ratio'])
const BOOLEANS = new Set(['disable', 'is_checked'])
/** Names whose JSON form is one word. */
const ONE_WORD: Record<string, string> = {
  AppId: 'appid',
  CheckBox: 'checkbox',
  KeyName: 'keyname',
  PagePath: 'pagepath',
  UserId: 'userid',
}

function read(tree: XmlTree): unknown {
  if (typeof tree === 'string') return tree
  const result: Record<string, unknown> = {}
  for (const [name, children] of Object.entries(tree)) {
    const jsonName = ONE_WORD[name] ?? snake(name)
    const values = children.map((child) => leaf(jsonName, read(child)))
    if (!LISTS.has(jsonName) && values.length > 1) throw new Error(`${name} stands more than once`)
    result[jsonName] = LISTS.has(jsonName) ? values : values[0]
  }
  return result
}

function leaf(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (NUMBERS.has(name)) return Number(value)
  if (BOOLEANS.has(name)) return value === 'true' || value === '1'
  return value
}

function snake(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase()
}
