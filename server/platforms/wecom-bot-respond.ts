import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import { callJson } from './call.ts'
import { wecomReaction } from './wecom-errors.ts'

const answered = z.object({ errcode: z.number().default(0), errmsg: z.string().default('') })

/**
 * Posts one message to the address that a message brought along (§3.1): once, within an hour, no token. Markdown or a
 * template card; it never changes a card.
 */
export async function respondByUrl(responseUrl: string | undefined, body: object): Promise<void> {
  if (!responseUrl) throw new PlatformError('wecom_bot', 'no_response_url', false, 'nowhere to answer')
  const { errcode, errmsg } = answered.parse(await callJson({ platform: 'wecom_bot', url: responseUrl, json: body }))
  if (errcode === 0) return
  const { retryable, waitMs } = wecomReaction(errcode)
  throw new PlatformError('wecom_bot', errcode, retryable, errmsg, waitMs)
}
