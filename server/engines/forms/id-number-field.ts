import { DateTime } from 'luxon'
import { maskIdNumber } from '../../lib/format.ts'
import type { FieldKind } from './field.ts'
import { halfWidth } from './plain.ts'

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/** The number of a resident's identity card (GB 11643): 18 digits, the last a check digit. */
export const idNumber: FieldKind = {
  kind: 'id_number',
  takes: [],
  personal: true,
  mask: maskIdNumber,
  check(_field, value) {
    const number = halfWidth(value).replace(/\s/g, '').toUpperCase()
    return isIdNumber(number) ? { value: number } : { why: 'not_an_id_number' }
  },
  describe: (_field, value) => String(value),
}

/** Whether it is the number of an identity card: a day of birth that there is, and the right check digit. */
export function isIdNumber(number: string): boolean {
  if (!/^[1-9]\d{16}[\dX]$/.test(number)) return false
  const born = DateTime.fromFormat(number.slice(6, 14), 'yyyyMMdd')
  const sum = WEIGHTS.reduce((all, weight, place) => all + weight * Number(number[place]), 0)
  return born.isValid && born.year >= 1900 && CHECKS[sum % 11] === number[17]
}
