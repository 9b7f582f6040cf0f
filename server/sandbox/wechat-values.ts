/**
 * Which values a subscribe message may carry, by the prefix of the keyword's name.
 * Source: WeChat docs 发送订阅消息, 参数值内容限制说明 (PLATFORMS 6.2).
 */
const RULES: Record<string, (value: string) => boolean> = {
  thing: (value) => length(value) <= 20,
  number: (value) => /^\d+(\.\d+)?$/.test(value) && value.length <= 32,
  letter: (value) => /^[A-Za-z]{1,32}$/.test(value),
  symbol: (value) => length(value) <= 5 && !/[\p{L}\p{N}]/u.test(value),
  character_string: (value) => /^[\x21-\x7e]{1,32}$/.test(value),
  time: (value) => value.split('~').every((part) => TIME.test(part.trim())),
  date: (value) => value.split('~').every((part) => DATE.test(part.trim())),
  amount: (value) => /^[^\d\s]?\d{1,10}(\.\d+)?元?$/.test(value),
  phone_number: (value) => /^[\d+\-() ]{1,17}$/.test(value),
  car_number: (value) => /^\p{Script=Han}?[A-Za-z\d]{1,7}\p{Script=Han}?$/u.test(value) && length(value) <= 8,
  name: (value) => (/\p{Script=Han}/u.test(value) ? length(value) <= 10 : length(value) <= 20),
  phrase: (value) => /^\p{Script=Han}{1,5}$/u.test(value),
  enum: () => true,
}

const DAY = String.raw`\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})`
const CLOCK = String.raw`\d{1,2}:\d{2}(?::\d{2})?`
const TIME = new RegExp(`^(?:${DAY}\\s*)?${CLOCK}$`)
const DATE = new RegExp(`^${DAY}(?:\\s*${CLOCK})?$`)

/** Whether a value may stand for a keyword such as `thing2`; an empty one never may. */
export function fitsKeyword(name: string, value: string): boolean {
  const rule = RULES[name.replace(/\d+$/, '')]
  return value !== '' && !value.includes('\n') && (rule?.(value) ?? false)
}

function length(value: string): number {
  return [...value].length
}
