import { DateTime } from 'luxon'
import type { FieldKind } from './field.ts'
import { halfWidth } from './plain.ts'

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/** The number of a resident's identity card (GB 11643): 18 digits, the last a check digit. Shown masked only. */
export const idNumber: FieldKind = {
  kind: 'id_number',
  takes: [],
  check(_field, value) {
    const number = halfWidth(value).replace(/\s/g, '').toUpperCase()
    return isIdNumber(number) ? { value: number } : { why: 'not_an_id_number' }
  },
  describe: (_field, value) => mask(String(value)),
}

function isIdNumber(number: string): boolean {
  if (!/^[1-9]\d{16}[\dX]$/.test(number)) return false
  const born = DateTime.fromFormat(number.slice(6, 14), 'yyyyMMdd')
  const sum = WEIGHTS.reduce((all, weight, place) => all + weight * Number(number[place]), 0)
  return born.isValid && born.year >= 1900 && CHECKS[sum % 11] === number[17]
}

/** The region and the last four characters: 110***********123X. */
function mask(number: string): string {
  return `${number.slice(0, 3)}***********${number.slice(-4)}`
}
