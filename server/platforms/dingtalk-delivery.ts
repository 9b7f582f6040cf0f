import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { DingtalkApi } from './dingtalk-api.ts'
import { type CardHouse, creationBody, type DingtalkCard, deliveryBody } from './dingtalk-card.ts'

const deliveries = z.array(
  z.object({ success: z.boolean(), carrierId: z.string().nullish(), errorMsg: z.string().nullish() }),
)
const deliveredShape = z.object({
  result: z.union([deliveries, z.object({ deliverResults: deliveries }).transform((result) => result.deliverResults)]),
})

const MOST_REMEMBERED = 10_000
const EXISTS = 'param.cardAlreadyExist'

/** Creates and delivers cards; one that exists already counts as delivered, with an empty carrier id. */
export function cardDelivery(
  api: DingtalkApi,
  house: CardHouse,
): (card: DingtalkCard) => Promise<{ carrierId: string }> {
  /** Cards that may have been created although nobody got them: for these, "exists already" is no success. */
  const undelivered = new Set<string>()

  async function deliver(card: DingtalkCard) {
    try {
      const json = creationBody(card, house)
      return await api.v1(deliveredShape, { path: '/v1.0/card/instances/createAndDeliver', json })
    } catch (error) {
      if (!(error instanceof PlatformError && error.code === EXISTS)) throw error
      // Either the answer to an earlier attempt was lost on its way, or that attempt got only halfway.
      if (!undelivered.has(card.outTrackId)) return undefined
      const json = deliveryBody(card, house.robotCode)
      return await api.v1(deliveredShape, { path: '/v1.0/card/instances/deliver', json })
    }
  }

  return async (card) => {
    const delivered = await deliver(card)
    if (!delivered) return { carrierId: '' }
    const failed = delivered.result.find(({ success }) => !success)
    if (failed || delivered.result.length === 0) {
      if (undelivered.size < MOST_REMEMBERED) undelivered.add(card.outTrackId)
      throw undeliveredError(failed?.errorMsg ?? '')
    }
    undelivered.delete(card.outTrackId)
    return { carrierId: delivered.result[0]?.carrierId ?? '' }
  }
}

/** A failed delivery has no code, only words (§5.5): what sounds like a bad moment is tried again, all else is final. */
function undeliveredError(words: string): PlatformError {
  const passing = /busy|system|limit|flow|frequen|timeout|系统|限流|频繁|繁忙|超时/i.test(words)
  return new PlatformError('dingtalk', 'not_delivered', passing, words)
}
