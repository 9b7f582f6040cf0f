import { z } from 'zod'
import { SYSTEM } from '../../engines/events/events.ts'
import { NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { LONGEST_TAG } from './segment.ts'
import { setStage } from './stages.ts'
import { addTag, removeTag } from './tags.ts'

/** Who says a word: what a rule tells of the run in which it does. */
export interface Saying {
  run: { rule: string }
  rule: { title: string }
  customerId: string | null
}

const tag = z.string().trim().min(1).max(LONGEST_TAG)

/** Puts a word on the customer; it stands there with the rule as its reason. */
const addTagWord = {
  name: 'add_tag',
  args: z.strictObject({ tag, reason: z.string().min(1).max(200).optional() }),
  inside: true as const,
  async run(tx: Tx, saying: Saying, { tag, reason }: { tag: string; reason?: string }) {
    const fresh = await addTag(tx, customerOf(saying), tag, {
      by: SYSTEM,
      reason: reason ?? saying.rule.title,
      key: keyOf(saying),
    })
    return { tag, fresh }
  },
}

/** Takes the rule's reason for a word away, or with `whoever` every reason but those of segments. */
const removeTagWord = {
  name: 'remove_tag',
  args: z.strictObject({ tag, whoever: z.boolean().default(false) }),
  inside: true as const,
  async run(tx: Tx, saying: Saying, { tag, whoever }: { tag: string; whoever: boolean }) {
    const gone = await removeTag(tx, customerOf(saying), tag, { by: SYSTEM, key: whoever ? undefined : keyOf(saying) })
    return { tag, gone }
  },
}

/** Puts the customer into a stage; of a loss with its reason. */
const setStageWord = {
  name: 'set_stage',
  args: z.strictObject({ stage: z.string().min(1).max(26), reason: z.string().min(1).max(200).optional() }),
  inside: true as const,
  refers: { stage: 'stage' as const },
  async run(tx: Tx, saying: Saying, { stage, reason }: { stage: string; reason?: string }) {
    await setStage(tx, customerOf(saying), stage, { by: SYSTEM, reason, key: keyOf(saying) })
    return { stage }
  },
}

/** The words that segments lend to the rules (R2). */
export const segmentWords = [addTagWord, removeTagWord, setStageWord]

function keyOf({ run }: Saying): string {
  return `rule:${run.rule}`
}

function customerOf({ customerId }: Saying): string {
  if (!customerId) throw new NotFound('customer')
  return customerId
}
