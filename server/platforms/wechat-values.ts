import { PlatformError } from '../lib/errors.ts'

/*
 * A subscribe message is refused as a whole (47003) when one value breaks the rule of its key's prefix (PLATFORMS.md
 * §6.2). What can be shortened is shortened; what cannot (a time that is no time) is refused here, as the platform would.
 */

type Fit = (value: string) => string | undefined

const CLOCK = String.raw`\d{1,2}:\d{2}(?::\d{2})?`
const DAY = String.raw`\d{4}(?:年\d{1,2}月\d{1,2}日|([-/.])\d{1,2}\1\d{1,2})`
const TIME_POINT = new RegExp(`^(?:${DAY} ?)?${CLOCK}$`)
const DATE_POINT = new RegExp(`^${DAY}(?: ?${CLOCK})?$`)
const AMOUNT = /^[^\d\s.]?\d{1,10}(?:\.\d+)?元?$/
const HAN = /\p{Script=Han}/u

const FITS: Record<string, Fit> = {
  thing: (value) => clip(oneLine(value), 20) || '-',
  number: (value) => match(value.replace(/[\s,]/g, ''), /^-?\d{1,32}(?:\.\d+)?$/, 32),
  letter: (value) => value.replace(/[^A-Za-z]/g, '').slice(0, 32) || undefined,
  symbol: (value) => value.replace(/[\p{L}\p{N}\s]/gu, '').slice(0, 5) || undefined,
  character_string: (value) => value.replace(/[^\x21-\x7e]/g, '').slice(0, 32) || undefined,
  time: (value) => points(value, TIME_POINT),
  date: (value) => points(value, DATE_POINT),
  amount: (value) => match(value.replace(/[\s,]/g, ''), AMOUNT, 20),
  phone_number: (value) => match(value.replace(/\s/g, ''), /^[\d+()*#-]+$/, 17),
  car_number: (value) => oneLine(value).replace(/ /g, '').slice(0, 8) || undefined,
  name: (value) => fitName(oneLine(value)),
  phrase: (value) =>
    [...value]
      .filter((character) => HAN.test(character))
      .slice(0, 5)
      .join('') || undefined,
}

/**
 * The value as the rule of its key allows it, e.g. `thing1`, `time2`, `phrase3`. Throws PlatformError 47003 (final)
 * when no shortening can make it right.
 */
export function fitValue(key: string, value: string): string {
  const prefix = key.replace(/\d+$/, '')
  const fit = Object.hasOwn(FITS, prefix) ? FITS[prefix] : undefined
  const fitted = fit ? fit(value) : oneLine(value)
  if (fitted === undefined) throw new PlatformError('wechat', 47003, false, `data.${key}.value`)
  return fitted
}

/** The `data` of a subscribe message: every value fitted and wrapped as the platform wants it. */
export function subscribeData(values: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value: fitValue(key, value) }]))
}

function oneLine(value: string): string {
  return value.replace(/\s+/g, ' ').trim()
}

/** Counts UTF-16 units, the strictest reading of "characters", and never leaves half an emoji behind. */
function clip(value: string, most: number): string {
  if (value.length <= most) return value
  let kept = ''
  for (const character of value) {
    if (kept.length + character.length > most - 1) break
    kept += character
  }
  return `${kept}…`
}

/** 10 characters, or 20 where not one of them is Chinese; symbols and digits are not allowed. */
function fitName(value: string): string | undefined {
  const legal = value.replace(/[^\p{L}·• ]/gu, '').trim()
  return clipPlain(legal, /^[\x20-\x7e]*$/.test(legal) ? 20 : 10) || undefined
}

function clipPlain(value: string, most: number): string {
  return [...value].slice(0, most).join('')
}

function match(value: string, pattern: RegExp, most: number): string | undefined {
  return value.length <= most && pattern.test(value) ? value : undefined
}

/** One point, or two with `~` between. */
function points(value: string, pattern: RegExp): string | undefined {
  const parts = oneLine(value).replace('T', ' ').split(/ ?~ ?/)
  return parts.length <= 2 && parts.every((part) => pattern.test(part)) ? parts.join('~') : undefined
}
