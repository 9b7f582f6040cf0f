import type { Dice } from './dice.ts'

/** A request that nobody can take as what it should be. */
export interface Malformed {
  path: string
  headers: Record<string, string>
  body: Buffer
}

const JSON_TYPE = 'application/json'
const NOW = '2026-11-23T10:00:00+08:00'
type Body = Record<string, unknown>

/** A right body for each door: what is done to it makes it wrong. */
const RIGHT: Record<string, () => Body> = {
  '/events': () => ({ id: 'e1', name: 'page.viewed', at: NOW, customer: { member: 'F-1' }, data: { page: 'home' } }),
  '/customers': () => ({ customer: { member: 'F-1' }, name: '王晓梅', birthday: '1990-11-23', tags: ['老客户'] }),
  '/orders': () => ({ number: 'F1', customer: { member: 'F-1' }, total: 100, status: 'placed', updated_at: NOW }),
  '/quotes': () => ({ number: 'Q1', customer: { member: 'F-1' }, status: 'sent', amount: 1, updated_at: NOW }),
  '/contracts': () => ({ number: 'C1', customer: { member: 'F-1' }, status: 'signed', updated_at: NOW }),
}
const PATHS = Object.keys(RIGHT)

/** Fields that must be there and of their kind, by door: what is put in their place is wrong. */
const NEEDED: Record<string, string[]> = {
  '/events': ['id', 'name', 'customer'],
  '/customers': ['customer'],
  '/orders': ['number', 'customer', 'total', 'updated_at'],
  '/quotes': ['number', 'customer', 'status', 'updated_at'],
  '/contracts': ['number', 'customer', 'status', 'updated_at'],
}
const NEVER: unknown[] = [
  null,
  true,
  [],
  {},
  [[]],
  '',
  ' ',
  '\u0000',
  -1,
  1.5,
  1e308,
  'a b c',
  '../../etc/passwd',
  "';--",
]

/** The n-th malformed request of a seed. */
export function malformed(dice: Dice, big: boolean): Malformed {
  if (big) return dice.chance(0.5) ? oversize() : json(dice.pick(PATHS), Buffer.from(deep(dice, 200_000)))
  return dice.pick(WAYS)(dice)
}

const WAYS: ((dice: Dice) => Malformed)[] = [
  (dice) => json(dice.pick(PATHS), bytes(dice)),
  cutShort,
  flipped,
  wrongField,
  missingField,
  unknownField,
  (dice) => json(dice.pick(PATHS), Buffer.from(deep(dice, 50 + dice.below(600)))),
  deepData,
  hugeNumber,
  prototypes,
  wrongEncoding,
  brokenText,
  badBatch,
  wrongType,
  badHeader,
  brokenParts,
]

function json(path: string, body: Buffer, headers: Record<string, string> = {}): Malformed {
  return { path, body, headers: { 'content-type': JSON_TYPE, ...headers } }
}

function send(path: string, body: unknown): Malformed {
  return json(path, Buffer.from(JSON.stringify(body)))
}

function right(dice: Dice): { path: string; body: Body } {
  const path = dice.pick(PATHS)
  return { path, body: RIGHT[path]?.() ?? {} }
}

function bytes(dice: Dice): Buffer {
  const buffer = Buffer.alloc(1 + dice.below(300))
  for (let i = 0; i < buffer.length; i++) buffer[i] = dice.below(256)
  // Nothing that could be read as a group or a list by chance.
  buffer[0] = 0x80 + dice.below(0x80)
  return buffer
}

function cutShort(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const text = Buffer.from(JSON.stringify(body))
  return json(path, text.subarray(0, 1 + dice.below(text.length - 1)))
}

/** One of the signs that hold it together is another one. */
function flipped(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const text = [...JSON.stringify(body)]
  const signs = text.flatMap((sign, i) => ('{}:'.includes(sign) ? i : []))
  text[dice.pick(signs)] = dice.pick(['#', ';', '(', '\\', '@'])
  const broken = text.join('')
  // A colon within a text is no sign of that kind.
  return parses(broken) ? cutShort(dice) : json(path, Buffer.from(broken))
}

function wrongField(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const field = dice.pick(NEEDED[path] ?? [])
  // An id may have slashes in it.
  const wrong = field === 'id' ? NEVER.filter((one) => !String(one).includes('/')) : NEVER
  return send(path, { ...body, [field]: dice.pick(wrong) })
}

function missingField(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const { [dice.pick(NEEDED[path] ?? [])]: _, ...rest } = body
  return send(path, rest)
}

function unknownField(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const name = dice.pick(['admin', 'Customer', '$where', 'id ', '', '0', 'toString', 'hasOwnProperty', '身份'])
  return send(path, { ...body, [name]: dice.pick(NEVER) })
}

function deep(dice: Dice, levels: number): string {
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"events":[', ']}'],
  ] as const)
  return open.repeat(levels) + (dice.chance(0.5) ? `1${close.repeat(levels)}` : '')
}

function deepData(dice: Dice): Malformed {
  const levels = 6 + dice.below(300)
  const text = JSON.stringify({ ...RIGHT['/events']?.(), data: 0 })
  return json(
    '/events',
    Buffer.from(text.replace('"data":0', `"data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)),
  )
}

function hugeNumber(dice: Dice): Malformed {
  const number = dice.pick([
    '1e400',
    '-1e400',
    '1e309',
    '99999999999999999999999999',
    '-0.1',
    '1e21',
    `1${'0'.repeat(400)}`,
  ])
  if (dice.chance(0.5)) {
    const text = JSON.stringify({ ...RIGHT['/orders']?.(), total: 0 })
    return json('/orders', Buffer.from(text.replace('"total":0', `"total":${number}`)))
  }
  const text = JSON.stringify({ ...RIGHT['/events']?.(), at: 0 })
  return json('/events', Buffer.from(text.replace('"at":0', `"at":${number}`)))
}

function prototypes(dice: Dice): Malformed {
  const key = dice.pick(['__proto__', 'constructor', 'prototype'])
  const value = dice.pick(['{"admin":true}', '[]', 'null', '"x"', '{"prototype":{"admin":true}}'])
  const { path, body } = right(dice)
  const text = JSON.stringify(body)
  if (path === '/events' && dice.chance(0.5))
    return json(path, Buffer.from(text.replace('"data":{', `"data":{"${key}":${value},`)))
  return json(path, Buffer.from(`{"${key}":${value},${text.slice(1)}`))
}

function wrongEncoding(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const text = JSON.stringify(body)
  const way = dice.below(5)
  if (way === 0) return json(path, Buffer.from(text, 'utf16le'))
  if (way === 1) return json(path, inGbk({ ...body, customer: { member: 'PLACE' } }))
  if (way === 2) return json(path, Buffer.from(text), { 'content-encoding': 'gzip' })
  if (way === 3) return json(path, Buffer.from(text), { 'content-encoding': dice.pick(['br', 'deflate', 'zstd', 'x']) })
  return json(path, Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(text)]))
}

/** A name in the encoding in which spreadsheets write it. */
function inGbk(body: Body): Buffer {
  const [before = '', behind = ''] = JSON.stringify(body).split('PLACE')
  return Buffer.concat([Buffer.from(before), Buffer.from([0xcd, 0xf5, 0xcf, 0xfe]), Buffer.from(behind)])
}

/** Halves of letters and control characters where a line of text belongs. */
function brokenText(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const bad = dice.pick(['\\ud800', '\\u0000', '\\u0007x', 'a\\udfffb'])
  const text = JSON.stringify({ ...body, customer: { member: 'PLACE' } })
  return json(path, Buffer.from(text.replace('PLACE', bad)))
}

function badBatch(dice: Dice): Malformed {
  if (dice.chance(0.02)) return send('/events', { events: Array(1_001).fill(1) })
  const count = dice.below(6)
  const bad = () => {
    const one = RIGHT['/events']?.() ?? {}
    const way = dice.below(5)
    if (way === 0) return dice.pick(NEVER)
    if (way === 1) return { ...one, name: dice.pick(['ticket.opened', 'order.paid', 'x', 'nobody.knows']) }
    if (way === 2) return { ...one, at: dice.pick([1, 1e15, '2026-11-23', 'yesterday', -5]) }
    if (way === 3) return { ...one, customer: dice.pick([{}, { phone: 1 }, { who: 'x' }, [], 'x', { member: 'null' }]) }
    return { ...one, data: dice.pick([[], 'x', 1, { $sealed: 'x' }, { 'a b': 1 }, { rule_run: 1 }]) }
  }
  return send('/events', { events: Array.from({ length: count }, bad), ...(dice.chance(0.1) && { more: 1 }) })
}

function wrongType(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const type = dice.pick(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', '', 'json', ';;;'])
  return { path, body: Buffer.from(JSON.stringify(body)), headers: type ? { 'content-type': type } : {} }
}

function badHeader(dice: Dice): Malformed {
  const { path, body } = right(dice)
  const key = dice.pick(['a b', 'x'.repeat(101), '\u00e9\u00e8', '\t\t x y'])
  return json(path, Buffer.from(JSON.stringify(body)), { 'idempotency-key': key })
}

/** A file that is none: few, since each is written to the disk before it is looked at. */
function brokenParts(dice: Dice): Malformed {
  if (dice.chance(0.9)) return missingField(dice)
  const type = dice.pick(['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=XX'])
  const part = (name: string, text: string) => `--XX\r\nContent-Disposition: form-data; ${name}\r\n\r\n${text}\r\n`
  const body = dice.pick([
    '',
    '--XX',
    '--XX--\r\n',
    part('name="kind"', 'customers'),
    `${part('name="kind"', 'nothing')}${part('name="file"; filename="a.csv"', 'a,b\n1,2')}--XX--\r\n`,
    `${part('name="kind"', 'events')}${part('name="file"; filename="a.csv"', '')}--XX--\r\n`,
    `${part('name="kind"', 'events')}${part('name="file"; filename="a.csv"', 'x,y\n1,2')}--XX--\r\n`,
  ])
  return { path: '/imports', headers: { 'content-type': type }, body: Buffer.from(body) }
}

function oversize(): Malformed {
  return json('/events', Buffer.alloc(4 * 1024 * 1024 + 10, 0x20))
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
