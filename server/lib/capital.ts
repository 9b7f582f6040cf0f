/** The signs in which amounts are written out in Chinese. */
export interface CapitalSigns {
  /** 零壹贰叁肆伍陆柒捌玖 */
  digits: string
  /** 拾佰仟 */
  tens: string
  /** 万亿 */
  groups: string
  /** 元角分 */
  money: string
  /** 整 */
  whole: string
}

const GROUP = 10_000

/**
 * An amount in fen as Chinese papers write it out, so that nobody can alter it: 壹万陆仟肆佰零玖元零贰分. By the rules of
 * the People's Bank for bills: zeros between digits once, 整 after yuan or jiao.
 */
export function capitalAmount(fen: number, signs: CapitalSigns): string {
  if (!Number.isSafeInteger(fen) || fen < 0) throw new RangeError(`${fen} is no amount to write out`)
  const [zero = ''] = signs.digits
  const [yuanSign = '', jiaoSign = '', fenSign = ''] = signs.money
  const yuan = Math.floor(fen / 100)
  const [jiao, rest] = [Math.floor((fen % 100) / 10), fen % 10]
  const whole = yuan > 0 ? numberOf(yuan, signs) + yuanSign : ''
  if (jiao === 0 && rest === 0) return (whole || zero + yuanSign) + signs.whole
  const tenth = jiao > 0 ? `${signs.digits[jiao]}${jiaoSign}` : whole && zero
  return `${whole}${tenth}${rest > 0 ? `${signs.digits[rest]}${fenSign}` : signs.whole}`
}

/** A whole number, cut at 亿 and 万: what follows such a unit and does not fill its places is set off by a zero. */
function numberOf(value: number, signs: CapitalSigns): string {
  const [ten = '', hundred = ''] = signs.groups
  if (value >= GROUP * GROUP) return cut(value, GROUP * GROUP, hundred, signs)
  return value >= GROUP ? cut(value, GROUP, ten, signs) : withinGroup(value, signs)
}

function cut(value: number, size: number, unit: string, signs: CapitalSigns): string {
  const [high, low] = [Math.floor(value / size), value % size]
  const zero = low < size / 10 || high % 10 === 0 ? (signs.digits[0] ?? '') : ''
  return numberOf(high, signs) + unit + (low > 0 ? zero + numberOf(low, signs) : '')
}

/** At most four digits; zeros between others are said once, those at the end not at all. */
function withinGroup(group: number, { digits, tens }: CapitalSigns): string {
  const written = [...String(group)]
  let text = ''
  let gap = false
  for (const [place, digit] of written.entries()) {
    const power = written.length - place - 1
    if (digit === '0') gap = true
    else {
      text += `${gap ? digits[0] : ''}${digits[Number(digit)]}${power > 0 ? tens[power - 1] : ''}`
      gap = false
    }
  }
  return text
}
