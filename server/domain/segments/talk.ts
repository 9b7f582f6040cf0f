import { z } from 'zod'
import { timedConditionSchema } from '../../lib/condition.ts'

/** What can be talked about with a customer of whom a condition holds (C3); the text may show facts: `{{date last_order_at}}`. */
const talkSchema = z.strictObject({
  when: timedConditionSchema.optional(),
  say: z.string().min(1).max(100),
  /** It concerns the service, or what they told themselves: said as well to those who refuse to be profiled. */
  service: z.boolean().default(false),
})
export type Talk = z.infer<typeof talkSchema>

/** `talks.yaml` of a pack: the most telling first. */
export const talksSchema = z.strictObject({ talks: z.array(talkSchema).min(1).max(60) })
