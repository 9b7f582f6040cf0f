import { z } from 'zod'
import type { LockStandIn } from './lock.ts'

/** The faults that the desk can switch. */
export const lockSwitches = z.object({
  down: z.union([z.literal(false), z.enum(['reset', '503'])]),
  slowMs: z.number().int().min(0).max(10_000),
  loseAnswers: z.number().int().min(0).max(100),
  jam: z.number().int().min(0).max(100),
  silent: z.number().int().min(0).max(100),
  duplicate: z.number().int().min(0).max(3),
})

const spot = z.object({ lat: z.number(), lng: z.number() })
const closing = z.object({
  lock: z.string().max(30),
  place: spot.optional(),
  meters: z.number().int().min(0).max(100_000).optional(),
  before: z.number().int().min(0).optional(),
})

/** Whoever rides a vehicle shuts its lock, some way from where they began. */
export async function closeLock(locks: LockStandIn | undefined, body: unknown): Promise<object> {
  const { lock, ...ridden } = closing.parse(body)
  await locks?.close(lock, ridden)
  return {}
}
