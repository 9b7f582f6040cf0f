import { compile } from '../../lib/condition.ts'
import { log } from '../../lib/log.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { refusedUse } from '../customers/consents.ts'
import { book } from './book.ts'
import { ZONE } from './counts.ts'
import { factsOf } from './facts.ts'

const MOST = 4
const LONGEST = 100

/** Finds what can be talked about with a customer, by what is known of them now. */
export function talkingPoints(words: Words): (tx: Tx, customerId: string) => Promise<string[]> {
  return async (tx, customerId) =>
    pointsFor(await factsOf(tx, customerId), tx.now, words, !(await refusedUse(tx, customerId, 'profiling')))
}

/**
 * What these facts give to talk about; a text that asks for what is not known is left out. Of whoever refuses to be profiled
 * only what concerns the service.
 */
export function pointsFor(facts: Record<string, unknown>, now: number, words: Words, profiled: boolean): string[] {
  const points: string[] = []
  for (const { when, say, service } of book()?.talks ?? []) {
    if (!service && !profiled) continue
    if (when && !compile(when)(facts, { now, zone: ZONE })) continue
    try {
      points.push(words.say(say, { ...facts, now }).slice(0, LONGEST))
    } catch (error) {
      log.debug({ say, err: error }, 'a talking point asks for what is not known')
    }
    if (points.length === MOST) break
  }
  return points
}
