import { isIdNumber } from '../../engines/forms/id-number-field.ts'
import type { Line } from '../../lib/ocr.ts'
import type { WechatIdCard, WechatLicence } from '../../platforms/wechat-ocr.ts'
import { type Reading, seenIn } from './seen.ts'

/** The papers that can be read from a picture. */
export const READABLE = ['id_card', 'driving_licence'] as const
export type Readable = (typeof READABLE)[number]

export type ReadField =
  | 'number'
  | 'name'
  | 'sex'
  | 'nation'
  | 'birth'
  | 'address'
  | 'authority'
  | 'class'
  | 'issued_on'
  | 'valid_from'
  | 'valid_to'
export type Readings = Partial<Record<ReadField, Reading>>

/** What a picture of a paper says. Nothing is kept of it until the person has confirmed it. */
export interface PaperReading {
  kind: Readable
  side: 'front' | 'back'
  fields: Readings
  /** What does not agree with itself: the field, and why. */
  doubts: Doubt[]
}
interface Doubt {
  field: ReadField
  why: 'check_digit' | 'birth_differs' | 'sex_differs' | 'missing'
}

type Sides = Pick<PaperReading, 'side' | 'fields'>

/** How sure a platform is that does not say so. */
const TOLD = 0.95
const NEEDED: Record<string, ReadField[]> = {
  'id_card front': ['number', 'name'],
  'id_card back': ['valid_to'],
  'driving_licence front': ['number', 'name', 'class', 'valid_to', 'issued_on'],
}

/** What the lines that were seen on a picture say. */
export function fromLines(kind: Readable, lines: Line[]): PaperReading {
  return judged(kind, kind === 'id_card' ? idCard(lines) : licence(lines))
}

/** What WeChat has read on an identity card. */
export function fromWechatIdCard(card: WechatIdCard): PaperReading {
  if (card.type === 'Front') {
    const { id, name, gender, nationality, addr } = card
    return judged('id_card', {
      side: 'front',
      fields: told({ number: id, name, sex: gender, nation: nationality, address: addr }),
    })
  }
  const [from, to] = card.valid_date.split(/[-—至]/)
  const valid_to = to && /长|期/.test(to) ? 'forever' : daySplit(to)
  return judged('id_card', { side: 'back', fields: told({ valid_from: daySplit(from), valid_to }) })
}

/** What WeChat has read on a driving licence. */
export function fromWechatLicence(read: WechatLicence): PaperReading {
  const days = {
    birth: read.birth_date,
    issued_on: read.issue_date,
    valid_from: read.valid_from,
    valid_to: read.valid_to,
  }
  const { id_num: number, name, sex, address, car_class } = read
  const dated = Object.fromEntries(Object.entries(days).map(([field, day]) => [field, daySplit(day)]))
  return judged('driving_licence', {
    side: 'front',
    fields: told({ number, name, sex, address, class: car_class, ...dated }),
  })
}

function idCard(lines: Line[]): Sides {
  const seen = seenIn(lines)
  if (seen.has(/签发|机关|有效|公安局/)) {
    const authority = seen.after(/(?:发|机)关/, /[\u4e00-\u9fa5]{4,30}/)
    return { side: 'back', fields: tidied({ authority, ...seen.span(/有效|期限/) }) }
  }
  const fields = tidied({
    number: seen.number(),
    name: seen.after(/(?:姓.|.名)/, /[\u4e00-\u9fa5·]{2,15}/),
    sex: seen.after(/(?:性.|.别)/, /[男女]/),
    nation: seen.after(/(?:民.|.族)/, /[\u4e00-\u9fa5]{1,7}/),
    birth: seen.day(/出.|.生/),
    address: seen.block(/住.|.址/, /公民|身份|号码|\d{15}/),
  })
  return { side: 'front', fields }
}

function licence(lines: Line[]): Sides {
  const seen = seenIn(lines)
  const fields = tidied({
    number: seen.number(),
    name: seen.after(/(?:姓.|.名)(?:Name)?/, /[\u4e00-\u9fa5·]{2,15}/),
    sex: seen.after(/(?:性.|.别)(?:Sex)?/, /[男女]/),
    address: seen.block(/(?:住.|.址)(?:Address)?/, /出生|日期|Date/),
    birth: seen.day(/出生/),
    issued_on: seen.day(/初次|领证/),
    class: seen.vehicles(/准驾|车型|Class/),
    ...seen.span(/有效|期限/),
  })
  return { side: 'front', fields }
}

/** A name ends where the next label begins, though nothing stands between them. */
const NEXT: Record<string, RegExp> = { name: /性.?[:：]?[男女].*|性别.*|国籍.*/, nation: /出生?.*/ }

function tidied(fields: Partial<Record<ReadField, Reading | undefined>>): Readings {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, read]) => {
      const value = read?.value.replace(NEXT[field] ?? /$^/, '')
      return read && value ? [[field, { value, sure: read.sure }]] : []
    }),
  )
}

/** What agrees with the check digit of the number is sure; what does not agree is told. */
function judged(kind: Readable, { side, fields }: Sides): PaperReading {
  const doubts: Doubt[] = (NEEDED[`${kind} ${side}`] ?? []).flatMap((field) =>
    fields[field] ? [] : [{ field, why: 'missing' as const }],
  )
  const number = fields.number?.value ?? ''
  const all: Readings = { ...fields }
  if (fields.number && !isIdNumber(number)) {
    doubts.push({ field: 'number', why: 'check_digit' })
    all.number = { ...fields.number, sure: Math.min(fields.number.sure, 0.3) }
  } else if (fields.number) {
    all.number = { value: number, sure: 1 }
    const known = {
      birth: number.slice(6, 14).replace(/^(\d{4})(\d\d)/, '$1-$2-'),
      sex: Number(number[16]) % 2 === 1 ? '男' : '女',
    }
    for (const field of ['birth', 'sex'] as const) {
      const read = fields[field]
      // The number carries both, under its check digit.
      all[field] = { value: known[field], sure: 1 }
      if (read && read.value !== known[field]) doubts.push({ field, why: `${field}_differs` })
    }
  }
  const rounded = Object.entries(all).map(([field, { value, sure }]) => [
    field,
    { value, sure: Math.round(sure * 100) / 100 },
  ])
  return { kind, side, fields: Object.fromEntries(rounded), doubts }
}

function told(values: Partial<Record<ReadField, string | undefined>>): Readings {
  return Object.fromEntries(
    Object.entries(values).flatMap(([field, value]) => (value ? [[field, { value, sure: TOLD }]] : [])),
  )
}

/** `20310601` as `2031-06-01`. */
function daySplit(day = ''): string | undefined {
  return /^(\d{4})(\d\d)(\d\d)$/.test(day) ? day.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3') : undefined
}
