import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { entities, migrations } from '../../server/entities.ts'
import { ShiftedClock } from '../../server/lib/clock.ts'
import { ROOT, readConfig } from '../../server/lib/config.ts'
import { Database } from '../../server/lib/db.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import { houseDatabase } from '../database.ts'
import { freePort, Product } from '../processes.ts'

/** The stand-ins in this process, and the product in processes of its own that can be killed. */
export interface Apart {
  sandbox: Sandbox
  products: Product[]
  /** Called when the product has answered a callback and before the platform hears of it; true: it never does. */
  lost: (url: string) => Promise<boolean>
  /** The product's database, as a second reader beside it. */
  openDatabase(): Promise<Database>
}

/** Prepares so many processes of the product (not started) on one database, all behind one door for the platforms. */
export async function openApart(t: TestContext, count: number): Promise<Apart> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-apart-'))
  await cp(join(ROOT, 'templates'), join(folder, 'templates'), { recursive: true })
  const database = await houseDatabase(folder)
  const { wecom, wecomBot, wechat } = readConfig({ SANDBOX: 'on', DATA_DIR: folder })
  if (!wecom || !wecomBot?.secret || !wechat) throw new Error('the sandbox names all of them')
  const products: Product[] = []
  const door = createServer(async (request, response) => {
    const answer = await forward(request, products[0]?.url ?? '')
    if (!answer || (await apart.lost(request.url ?? ''))) return response.destroy()
    return response.writeHead(answer.status).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const productUrl = `http://127.0.0.1:${(door.address() as { port: number }).port}`
  const sandbox = await openSandbox({
    clock: new ShiftedClock(),
    productUrl,
    wecom,
    wechat: { ...wechat, pushAesKey: wechat.pushAesKey ?? '' },
    wecomBot: { botId: wecomBot.botId, mode: 'link', secret: wecomBot.secret, ...pick(wecom) },
  })
  const env = {
    SANDBOX: 'off',
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    DATABASE_URL: database.url,
    TEMPLATES_DIR: join(folder, 'templates'),
    WECOM_CORP_ID: wecom.corpId,
    WECOM_AGENT_ID: String(wecom.agentId),
    WECOM_SECRET: wecom.secret,
    WECOM_TOKEN: wecom.token,
    WECOM_ENCODING_AES_KEY: wecom.encodingAesKey,
    WECOM_API_BASE: sandbox.wecomBase,
    WECOM_BOT_ID: wecomBot.botId,
    WECOM_BOT_SECRET: wecomBot.secret,
    WECOM_BOT_WS_URL: sandbox.wecomBotUrl ?? '',
    WECHAT_APP_ID: wechat.appId,
    WECHAT_APP_SECRET: wechat.appSecret,
    WECHAT_PUSH_TOKEN: wechat.pushToken,
    WECHAT_PUSH_AES_KEY: wechat.pushAesKey ?? '',
    WECHAT_API_BASE: sandbox.wechatBase,
  }
  for (let n = 0; n < count; n++) products.push(new Product(await freePort(), env))
  t.after(async () => {
    for (const product of products) await product.stop()
    door.closeAllConnections()
    door.close()
    await sandbox.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  const apart: Apart = {
    sandbox,
    products,
    lost: async () => false,
    openDatabase: async () => {
      const db = await Database.open({ url: database.url, entities, migrations, clock: new ShiftedClock() })
      t.after(() => db.close())
      return db
    },
  }
  return apart
}

function pick({ token, encodingAesKey }: { token: string; encodingAesKey: string }) {
  return { token, encodingAesKey }
}

async function forward(request: IncomingMessage, to: string) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = request.method === 'POST' ? Buffer.concat(chunks) : undefined
  try {
    const answer = await fetch(to + request.url, {
      method: request.method,
      headers: { 'content-type': request.headers['content-type'] ?? 'text/plain' },
      body,
    })
    return { status: answer.status, body: await answer.text() }
  } catch {
    return undefined
  }
}
