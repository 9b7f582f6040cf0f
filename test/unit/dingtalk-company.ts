import assert from 'node:assert/strict'
import { FixedClock } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import { dingtalk } from '../../server/platforms/dingtalk.ts'
import { type PlatformServer, platformServer, type Received, type Reply } from './platform-server.ts'

const open: PlatformServer[] = []

/** Closes every company that was opened. */
export async function closeCompanies(): Promise<void> {
  for (const server of open.splice(0)) await server.close()
}

export const NEW_TOKEN = '/v1.0/oauth2/accessToken'
export const OLD_TOKEN = '/gettoken'
export const SEND = '/v1.0/robot/oToMessages/batchSend'

/** A DingTalk that issues new-1 … and old-1 … and answers everything else by `answer`. */
export async function company(
  answer: (request: Received) => Reply = () => ({ json: { errcode: 0, success: true } }),
  more = {},
) {
  const clock = new FixedClock(1_700_000_000_000)
  const issued = { new: 0, old: 0 }
  const server = await platformServer((request) => {
    if (request.path === NEW_TOKEN) return { json: { accessToken: `new-${++issued.new}`, expireIn: 7200 } }
    if (request.path === OLD_TOKEN)
      return { json: { errcode: 0, access_token: `old-${++issued.old}`, expires_in: 7200 } }
    return answer(request)
  })
  open.push(server)
  const config = {
    appKey: 'dingkey',
    appSecret: 's3',
    robotCode: 'dingabc',
    cardTemplateId: 't-1.schema',
    agentId: 7,
    stream: true,
    apiBase: `${server.base}/`,
    oapiBase: server.base,
    ...more,
  }
  return { server, issued, clock, client: dingtalk(config, clock) }
}

/** Checks a PlatformError of DingTalk. */
export function fails(code: number | string, retryable: boolean, retryAfterMs?: number) {
  return (error: unknown) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.deepEqual(
      { platform: error.platform, code: error.code, retryable: error.retryable, wait: error.retryAfterMs },
      { platform: 'dingtalk', code, retryable, wait: retryAfterMs },
    )
    return true
  }
}

/** A refusal of the new API. */
export function no(code: string, status = 400): Reply {
  return { status, body: JSON.stringify({ code, message: 'no', requestid: 'r-1' }) }
}
