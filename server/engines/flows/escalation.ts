import { z } from 'zod'
import { spanSchema } from '../../lib/span.ts'
import { identifier } from './step-source.ts'

const percentSchema = z.string().regex(/^\d{1,2} ?%$/, 'write a share such as "50 %"')

/** An escalation chain as it stands in pack.yaml (P8). */
export const escalationSchema = z.strictObject({
  warn_at: z.array(percentSchema).default(['50 %', '80 %']),
  levels: z
    .array(
      z.strictObject({
        to: identifier,
        after: spanSchema,
        /** Whose acknowledgement holds the chain: of any one person of the level, or of all of them. */
        acknowledge: z.enum(['one', 'all']).default('one'),
      }),
    )
    .min(1),
  /** The group robot that says in the team's channel what has climbed, by its name in the configuration. */
  announce: z.string().min(1).max(26).optional(),
  /** How long an acknowledgement holds the chain. */
  acknowledge_for: spanSchema.default('30 min'),
  /** The extensions a supervisor can choose from. */
  extend_by: z.array(spanSchema).min(1).max(4).default(['30 min', '2 h', '1 workday']),
})
