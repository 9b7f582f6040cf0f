import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import { plainCode } from '../../engines/forms/asset-field.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { Invalid } from '../../lib/errors.ts'
import { instantOf, instantSchema } from '../../lib/instant.ts'
import { lineOf } from '../../lib/said.ts'
import { reportViolations } from './violations.ts'

/** Clocks go apart a little. */
const AHEAD_MS = 5 * MINUTE
const violationSchema = z.strictObject({
  /** Its number at whoever reports it: the same again is the same violation. */
  id: lineOf(100),
  at: instantSchema,
  /** In fen. */
  fine: z.int().min(0).max(100_000_000),
  points: z.int().min(0).max(12),
  reason: lineOf(120).optional(),
  place: lineOf(120).optional(),
})
const bodySchema = z.strictObject({
  plate: lineOf(20),
  violations: z.array(violationSchema).max(200).default([]),
  /** Up to then all violations of this car are known: rentals that were over by then need not wait any more. */
  checked_until: instantSchema.optional(),
})
const answerSchema = z.strictObject({
  violations: z.array(
    z.strictObject({
      id: z.string(),
      status: z.enum(['accepted', 'duplicate']),
      /** The number of the rental in which it happened. */
      rental: z.string().nullable(),
      /** That rental is closed already, its deposit has gone back. */
      late: z.boolean(),
    }),
  ),
  /** The numbers of the rentals that waited for this. */
  checked: z.array(z.string()),
})

/** The door by which a system that looks after violations tells of them (P6). */
export function violationDoors({ db }: { db: Database }): ApiDoor[] {
  return [
    door({
      name: 'report_violations',
      method: 'post',
      path: '/violations',
      scope: 'rentals:write',
      body: bodySchema,
      answer: answerSchema,
      example: { body: EXAMPLE, answer: ANSWER },
      run: ({ body, key }) =>
        db.write(async (tx) => {
          const past = (field: string, given: z.infer<typeof instantSchema>): number => {
            const at = instantOf(given)
            if (at > tx.now + AHEAD_MS) throw new Invalid(field, 'event_future', { minutes: AHEAD_MS / MINUTE })
            return at
          }
          const { taken, checked } = await reportViolations(tx, {
            source: key.name,
            code: plainCode(body.plate),
            violations: body.violations.map(({ at, ...one }) => ({ ...one, happenedAt: past('at', at) })),
            ...(body.checked_until !== undefined && { checkedUntil: past('checked_until', body.checked_until) }),
          })
          return { violations: taken, checked }
        }),
    }),
  ]
}

const EXAMPLE = {
  plate: '沪A·12345',
  violations: [
    {
      id: '3101012026112300001',
      at: '2026-11-20T08:12:00+08:00',
      fine: 20_000,
      points: 3,
      reason: '不按规定车道行驶',
      place: '延安高架江苏路',
    },
  ],
  checked_until: '2026-11-22T00:00:00+08:00',
}
const ANSWER = {
  violations: [{ id: '3101012026112300001', status: 'accepted', rental: 'R261118-7K2QD', late: false }],
  checked: ['R261118-7K2QD'],
}
