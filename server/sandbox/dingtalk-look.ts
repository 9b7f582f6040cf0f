import type { CardSelect } from './chat.ts'
import type { CardFace, CardInput, CardInstance, CardPlace, DingtalkCard } from './dingtalk-chat.ts'

const STYLES: Record<string, number> = { main: 1, plain: 2, danger: 4 }
const MOODS = new Set(['plain', 'urgent', 'done'])

/**
 * Draws a card for one viewer as the published template does: from its variables and nothing else. All of them are
 * strings; lists and objects are JSON inside. A variable that cannot be read leaves its place empty.
 */
export function lookAt(place: CardPlace, instance: CardInstance, viewer: string): DingtalkCard {
  const params = { ...instance.params, ...instance.privateParams[viewer] }
  const broken: string[] = []
  const text = (name: string) => params[name] ?? ''
  const list = <T>(name: string) => (read(params, name, broken, Array.isArray) ?? []) as T[]
  const alive = text('closed') === ''
  const select = read(params, 'select', broken, isObject) as WireSelect | undefined
  const buttons = list<{ key: string; text: string; look?: string }>('buttons').map((button) => ({
    key: String(button.key),
    text: String(button.text),
    style: STYLES[button.look ?? ''] ?? 2,
    alive,
  }))
  const card: CardFace = {
    ...(text('source') && {
      source: { desc: text('source'), mood: (MOODS.has(text('mood')) ? text('mood') : 'plain') as 'plain' },
    }),
    title: text('title'),
    subtitle: text('subtitle'),
    ...((text('quoteTitle') || text('quoteText')) && { quote: { title: text('quoteTitle'), text: text('quoteText') } }),
    line: text('line'),
    facts: list<{ label: string; text: string }>('facts'),
    closed: text('closed'),
    ...(params.content !== undefined && { content: params.content }),
    ...(params.flowStatus !== undefined && { flowStatus: params.flowStatus }),
    broken,
  }
  return {
    ...structuredClone(place),
    kind: 'card',
    card,
    params,
    replaced: alive ? null : card.closed,
    buttons: alive ? buttons : [],
    selects: alive && select ? [selectOf(select)] : [],
    unchosen: alive && select ? { [select.name]: select.unchosen ?? '' } : {},
    inputs: alive ? list<CardInput>('inputs') : [],
    menu: list<{ key: string; text: string }>('menu').map((entry) => ({ key: entry.key, text: entry.text })),
    alive: alive && buttons.length > 0,
    updates: instance.updates,
    ...(instance.updatedAt !== undefined && { updatedAt: instance.updatedAt }),
  }
}

interface WireSelect {
  name: string
  title: string
  unchosen?: string
  chosen?: string
  options: { value: string; label: string }[]
}

function selectOf({ name, title, chosen, options }: WireSelect): CardSelect {
  return {
    questionKey: name,
    title: title ?? '',
    kind: 'dropdown',
    options: (options ?? []).map(({ value, label }) => ({ id: value, text: label })),
    selected: chosen ? [chosen] : [],
    disabled: false,
  }
}

/** A variable that holds JSON; empty ones hold nothing. */
function read(
  params: Record<string, string>,
  name: string,
  broken: string[],
  fits: (value: unknown) => boolean,
): unknown {
  const text = params[name]
  if (!text) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (fits(value)) return value
  } catch {
    // named below, as any other value of a wrong shape
  }
  broken.push(name)
  return undefined
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
