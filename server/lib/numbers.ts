import { randomInt } from 'node:crypto'
import { DateTime } from 'luxon'

/** Crockford's alphabet: no I, L, O, U, so that a number read out on the phone is written down right. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A readable number such as `T261122-7K2QD`: prefix, day in the zone, five letters (33 million a day). */
export function readableNumber(prefix: string, at: number, zone: string): string {
  let letters = ''
  for (let index = 0; index < 5; index++) letters += LETTERS[randomInt(LETTERS.length)]
  return `${prefix}${DateTime.fromMillis(at, { zone }).toFormat('yyMMdd')}-${letters}`
}
