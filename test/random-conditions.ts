import { DAY, HOUR } from '../server/lib/clock.ts'
import type { Condition } from '../server/lib/condition.ts'
import type { Dice } from './dice.ts'

/** A Monday before the end of a year, so that "next 7 d" crosses into the next one now and then. */
export const NOW = Date.parse('2027-12-27T10:00:00+08:00')

/** Texts that databases like to confuse: case, blanks at the end, letters beyond 16 bits, quotes, what looks like a number. */
const TEXTS = [
  '',
  'a',
  'A',
  'a ',
  ' a',
  'a\t',
  'ab',
  'gold',
  'Gold',
  '10',
  '9',
  '上海',
  '上海市',
  '￥',
  '😀',
  'é',
  "o'b",
  '"q"',
  '\\',
  '%',
  '_',
  'true',
  'null',
]
const NUMBERS = [0, -0, 1, -1, 9, 10, 0.1, 2.5, 1e10, 228, 229, 301, 1123, 1227, 1231, 101]
export const TAGS = ['a', 'A', 'a ', 'vip', '上海', '10']

export function instant(dice: Dice): number {
  const far = dice.pick([0, 1, HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 60 * DAY, 365 * DAY, 3 * 365 * DAY])
  const around = NOW + dice.pick([-1, -1, -1, 1]) * far
  return around + dice.pick([-DAY, -1, 0, 0, 1, HOUR, 3 * DAY])
}

/** A text, a number, a truth or null. */
export function scalar(dice: Dice): string | number | boolean | null {
  return dice.pick([
    () => dice.pick(TEXTS),
    () => dice.pick(NUMBERS),
    () => instant(dice),
    () => dice.chance(0.5),
    () => null,
  ])()
}

export const text = (dice: Dice): string => dice.pick(TEXTS)
export const number = (dice: Dice): number => (dice.chance(0.5) ? dice.pick(NUMBERS) : instant(dice))

export type Kind = 'number' | 'text' | 'time' | 'any'

/** An instant, or a day of any year. */
export const time = (dice: Dice): number => (dice.chance(0.8) ? instant(dice) : dice.pick([229, 228, 1227, 101, 301]))

/** A condition of some depth over these fields, mostly asking for what they hold; `timed`: it may speak of time. */
export function randomCondition(dice: Dice, fields: Record<string, Kind>, timed = true, depth = 3): Condition {
  if (depth > 0 && dice.chance(0.4)) {
    const parts = Array.from({ length: 1 + dice.below(3) }, () => randomCondition(dice, fields, timed, depth - 1))
    return { [dice.pick(['$and', '$or', '$or', '$nor'])]: parts }
  }
  const condition: Condition = {}
  for (let count = dice.chance(0.05) ? 0 : 1 + dice.below(2); count > 0; count--) {
    const field = dice.pick(Object.keys(fields))
    const kind = dice.chance(0.8) ? (fields[field] ?? 'any') : 'any'
    condition[field] = dice.chance(kind === 'time' ? 0.05 : 0.2) ? wantedOf(dice, kind) : operators(dice, kind, timed)
  }
  return condition
}

function wantedOf(dice: Dice, kind: Kind): string | number | boolean | null {
  if (kind === 'any' || dice.chance(0.1)) return scalar(dice)
  return kind === 'text' ? text(dice) : number(dice)
}

function operators(dice: Dice, kind: Kind, timed: boolean, depth = 1): Condition {
  const chosen: Condition = {}
  for (let count = dice.chance(0.7) ? 1 : 2; count > 0; count--) {
    const [word, make] = dice.pick(wordsFor(kind, timed))
    if (word !== '$not') chosen[word] = make(dice, kind)
    else if (depth > 0) chosen.$not = operators(dice, kind, timed, depth - 1)
    else chosen.$ne = wantedOf(dice, kind)
  }
  return chosen
}

function wordsFor(kind: Kind, timed: boolean): Maker[] {
  if (!timed || kind === 'text') return PLAIN
  return kind === 'time' ? TIMED : [...PLAIN, ...TIMED, ...TIMED]
}

type Maker = [word: string, make: (dice: Dice, kind: Kind) => unknown]

const orderly = (dice: Dice, kind: Kind) =>
  kind === 'text' || (kind === 'any' && dice.chance(0.5)) ? text(dice) : number(dice)
const several = (dice: Dice, kind: Kind) => Array.from({ length: dice.below(5) }, () => wantedOf(dice, kind))
const span = (dice: Dice) => dice.pick(['1 h', '12 h', '1 d', '7 d', '30 d', '60 d', '1.5 d', '90 min', '365 d'])
const day = (dice: Dice) => new Date(instant(dice)).toISOString().slice(0, 10)
const days = (dice: Dice) =>
  dice.pick([
    'today',
    'in 1 d',
    'in 7 d',
    '3 d ago',
    'next 7 d',
    'next 90 d',
    'last 30 d',
    'in 366 d',
    '366 d ago',
    'in 63 d',
  ])

const PLAIN: Maker[] = [
  ['$eq', wantedOf],
  ['$ne', wantedOf],
  ['$gt', orderly],
  ['$gte', orderly],
  ['$lt', orderly],
  ['$lte', orderly],
  ['$in', several],
  ['$nin', several],
  ['$all', several],
  ['$exists', (dice) => dice.chance(0.5)],
  ['$size', (dice) => dice.below(4)],
  ['$begins', (dice) => dice.pick(TEXTS.filter((one) => one !== ''))],
  ['$not', () => undefined],
]
const TIMED: Maker[] = [
  ['$before', span],
  ['$within', span],
  ['$coming', span],
  ['$since', day],
  ['$until', day],
  ['$on', days],
  ['$yearly', days],
]
