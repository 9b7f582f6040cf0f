import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { wecomCallback } from '../../server/platforms/wecom-callback.ts'
import type { CallbackQuery } from '../../server/platforms/wx-crypto.ts'
import { PLATFORM } from './processes.ts'

/* The least that a Koa application must do with a callback: read it, verify, decrypt, parse, answer. */
const callback = wecomCallback({
  corpId: PLATFORM.WECOM_CORP_ID,
  token: PLATFORM.WECOM_TOKEN,
  encodingAesKey: PLATFORM.WECOM_ENCODING_AES_KEY,
  maxAgeS: 300,
})
const app = new Koa()
app.use(async (ctx) => {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
  callback.open(ctx.query as CallbackQuery, Buffer.concat(chunks).toString())
  ctx.body = ''
})
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
