import { createCipheriv } from 'node:crypto'
import type Router from 'koa-router'
import { jsonBody, Refusal } from './listener.ts'
import { sendOwn } from './wecom-bot-reply.ts'
import type { BotWorld } from './wecom-bot-world.ts'

/** What a bot calls without a token: response_url, once within an hour, and the files that people sent it. */
export function botCalls(world: BotWorld, routes: Router): void {
  routes.post('/cgi-bin/aibot/response', async (ctx) => {
    const body = await jsonBody(ctx)
    const code = world.state.codes[String(ctx.query.response_code)]
    // The number is not documented; the product must only see that it is final.
    if (!code || code.used || code.expiresAt <= world.clock.now())
      throw new Refusal(40058, 'invalid argument: response_code invalid, used or expired')
    sendOwn(world, code.chat, body)
    code.used = true
    world.memory.touch()
    ctx.body = { errcode: 0, errmsg: 'ok' }
  })
  routes.get('/bot-file/:id', async (ctx) => {
    const id = String(ctx.params.id)
    const file = world.state.files[id]
    const bytes = file && file.expiresAt > world.clock.now() ? await world.memory.bytes(id) : undefined
    ctx.status = bytes ? 200 : 403
    ctx.type = 'application/octet-stream'
    ctx.body = file && bytes ? sealFile(bytes, Buffer.from(file.key, 'base64')) : ''
  })
}

/** AES-256-CBC, PKCS#7 to 32 bytes, IV = the key's first half. */
function sealFile(bytes: Buffer, key: Buffer): Buffer {
  const count = 32 - (bytes.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(count, count)), cipher.final()])
}
