import { z } from 'zod'

/** The ways to a customer, in the order in which they are tried when a pack does not say otherwise. */
export const WAYS = ['subscribe', 'mail', 'sms'] as const
export type WayName = (typeof WAYS)[number]

const way = z.enum(WAYS)
/** Where the words of a kind stand if not under its own name in the way's own file. */
const words = z
  .string()
  .regex(/^messages\/[\w-]+(\.[\w-]+)+$/, 'write the place of the words, such as "messages/rules.birthday"')
  .optional()

/** By which ways customers are told, keys of `pack.yaml`; their words stand in templates/messages and templates/mail. */
export const waysShape = {
  /** WeChat subscribe messages: which of our messages uses which approved template. */
  subscribe: z
    .record(
      z.string(),
      z.strictObject({ template: z.string().min(1), title: z.string().min(1), page: z.string(), words }),
    )
    .default({}),
  /** Text messages: the approved template of a message, and its text as it was approved. */
  sms: z
    .record(z.string(), z.strictObject({ template: z.string().min(1), text: z.string().min(1).max(500), words }))
    .default({}),
  /** The order of the ways of a message, the next when the one before is refused; or `each`: by every one of them. */
  ways: z.record(z.string(), z.union([z.array(way).min(1), z.strictObject({ each: z.array(way).min(2) })])).default({}),
}
