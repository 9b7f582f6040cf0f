import { z } from 'zod'

/** A schema that depends on what is given, so that what is wrong is told of the shape that was meant. */
export function oneOf<T>(shapes: z.ZodType<T>[], choose: (value: unknown) => z.ZodType<T>): z.ZodType<T> {
  // The first lets everything through; the others are there for whoever reads from the schema which keys there are.
  return z.union([z.unknown(), ...shapes]).transform((value, context) => {
    const parsed = choose(value).safeParse(value)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) {
      context.issues.push({ code: 'custom', path, message, input: value })
    }
    return z.NEVER
  })
}
