import type { Checked } from './field.ts'

/** Without surrounding space and the characters that nobody sees and no database wants; line breaks and tabs stay. */
export function tidy(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose.
  return value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200b\u2060\ufeff]/g, '').trim()
}

/** A text in half-width characters and without anything around it; what is no text is empty. */
export function halfWidth(value: unknown): string {
  return typeof value === 'string' ? tidy(value.normalize('NFKC')) : ''
}

/** A number, or a text that says one. */
export function toNumber(value: unknown): number | undefined {
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value.normalize('NFKC').trim()) : value
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** Why a number is too small or too large, if it is. */
export function checkBounds(value: number, min?: number, max?: number): Checked | undefined {
  if (min !== undefined && value < min) return { why: 'too_small', data: { min } }
  if (max !== undefined && value > max) return { why: 'too_large', data: { max } }
  return undefined
}
