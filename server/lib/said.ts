import { z } from 'zod'

/** A line of text as somebody outside wrote it: not blank, without control characters and halves of letters. */
export function lineOf(most: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => isClean(text), { params: { why: 'value_format' } })
}

/**
 * Whether every database can keep a text: no control characters, no half of a letter that lies beyond 16 bits, and
 * nothing that was written in another encoding than it was read in.
 */
export function isClean(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\ufffd]/u.test(text)
}
