import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { entities, migrations } from '../../server/entities.ts'
import { ShiftedClock } from '../../server/lib/clock.ts'
import { type Config, ROOT, readConfig } from '../../server/lib/config.ts'
import { Database } from '../../server/lib/db.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import type { WechatpayStandIn } from '../../server/sandbox/wechatpay.ts'
import { freshDatabase } from '../database.ts'
import { freePort, Product } from '../processes.ts'
import { HONGQIAO } from '../rental.ts'

/** The stand-ins of WeChat and WeChat Pay in this process, and a product that lets cars in one that can be killed. */
export interface Rank {
  sandbox: Sandbox
  pay: WechatpayStandIn
  product: Product
  db: Database
}

type Settings = Required<Pick<Config, 'wecom' | 'wechat' | 'wechatpay'>>

const TICK_MS = 200
const PAUSE_MS = 15_000
const OPERATOR_KEY = fileURLToPath(new URL('../../server/operator-key.js', import.meta.url))

/** Opens a rank with so many cars, and starts the product. `hold` is how long a car waits for its payment. */
export async function openRank(t: TestContext, { cars, hold }: { cars: number; hold: string }): Promise<Rank> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-money-'))
  await cp(join(ROOT, 'templates'), join(folder, 'templates'), { recursive: true })
  const terms = join(folder, 'templates/packs/car-rental/rental.yaml')
  const text = await readFile(terms, 'utf8')
  await writeFile(terms, text.replace(/08:00-21:00/g, '00:00-24:00').replace('hold_for: 15 min', `hold_for: ${hold}`))
  const database = await freshDatabase(folder)
  const { wecom, wechat, wechatpay } = readConfig({ SANDBOX: 'on', DATA_DIR: folder })
  if (!wecom || !wechat || !wechatpay) throw new Error('the sandbox names all of them')
  const settings = { wecom, wechat, wechatpay }
  const port = await freePort()
  const sandbox = await openSandbox({
    clock: new ShiftedClock(),
    productUrl: `http://127.0.0.1:${port}`,
    wecom,
    wechat: { ...wechat, pushAesKey: wechat.pushAesKey ?? '' },
    wechatpay: { ...wechatpay, appId: wechat.appId },
  })
  const { wechatpay: pay } = sandbox
  if (!pay) throw new Error('this sandbox has no till')
  const env = {
    ...{ SANDBOX: 'off', TRUST_PROXY: 'on', HOST: '127.0.0.1', BASE_URL: HOME, PACKS: 'service-desk,car-rental' },
    ...{ DATA_DIR: folder, DATABASE_URL: database.url, TEMPLATES_DIR: join(folder, 'templates') },
    ...platformsOf(settings, sandbox),
  }
  const product = new Product(port, env, true)
  const db = await Database.open({ url: database.url, entities, migrations, clock: new ShiftedClock() })
  const stopTicking = tick(pay, product.url)
  t.after(async () => {
    await stopTicking()
    await product.stop()
    await sandbox.close()
    await db.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  await product.start()
  await product.ready()
  const { stdout } = await promisify(execFile)(process.execPath, [OPERATOR_KEY], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'error', ...env },
  })
  await park(product.url, stdout.trim(), cars)
  return { sandbox, pay, product, db }
}

/** What the product has to know of the platforms. */
function platformsOf({ wecom, wechat, wechatpay }: Settings, sandbox: Sandbox): Record<string, string> {
  const keys = sandbox.wechatpayKeys?.()
  return {
    ...{ WECOM_CORP_ID: wecom.corpId, WECOM_AGENT_ID: String(wecom.agentId), WECOM_SECRET: wecom.secret },
    ...{ WECOM_TOKEN: wecom.token, WECOM_ENCODING_AES_KEY: wecom.encodingAesKey, WECOM_API_BASE: sandbox.wecomBase },
    ...{ WECHAT_APP_ID: wechat.appId, WECHAT_APP_SECRET: wechat.appSecret, WECHAT_PUSH_TOKEN: wechat.pushToken },
    ...{ WECHAT_PUSH_AES_KEY: wechat.pushAesKey ?? '', WECHAT_API_BASE: sandbox.wechatBase },
    ...{ WECHATPAY_MCH_ID: wechatpay.mchId, WECHATPAY_SERIAL: wechatpay.serial },
    ...{ WECHATPAY_PRIVATE_KEY: keys?.merchantPrivate ?? '', WECHATPAY_PUBLIC_KEY: keys?.platformPublic ?? '' },
    ...{ WECHATPAY_PUBLIC_KEY_ID: wechatpay.publicKeyId, WECHATPAY_APIV3_KEY: wechatpay.apiV3Key },
    WECHATPAY_API_BASE: sandbox.wechatpayBase,
  }
}

/** So many cars stand at the station. */
async function park(url: string, key: string, count: number): Promise<void> {
  const codes = Array.from({ length: count }, (_, n) => `RANK${n}`)
  const tell = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/operator/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  }
  await tell('assets', { assets: codes.map((code) => ({ code, kind: 'car', place: HONGQIAO })) })
  await tell('rental/cars', { cars: codes.map((code) => ({ code, model: 'corolla', store: 'hongqiao' })) })
}

/** Where WeChat Pay is told to reach us: it wants https, which nobody speaks here. */
const HOME = 'https://yingke.example'

/** Lets WeChat Pay know the way to a house that has no certificate. */
export function showTheWay({ trades, refunds, notices }: WechatpayStandIn, url: string): void {
  for (const one of [...trades, ...refunds]) one.notifyUrl = one.notifyUrl.replace(HOME, url)
  for (const notice of notices) notice.url = notice.url.replace(HOME, url)
}

/**
 * WeChat Pay waits three minutes after its third try, and then longer. In a house that is killed again and again and starts
 * slowly whole stories would be spent in these pauses: here each is as long as the first.
 */
function hasten({ notices }: WechatpayStandIn): void {
  const latest = Date.now() + PAUSE_MS
  for (const notice of notices) if (notice.nextAt !== null) notice.nextAt = Math.min(notice.nextAt, latest)
}

/** WeChat Pay does by itself what is due, again and again; returns what stops it. */
function tick(pay: WechatpayStandIn, url: string): () => Promise<void> {
  let going = Promise.resolve()
  let idle = true
  const timer = setInterval(() => {
    if (!idle) return
    idle = false
    showTheWay(pay, url)
    hasten(pay)
    going = pay
      .tick()
      .catch(() => undefined)
      .then(() => {
        idle = true
      })
  }, TICK_MS)
  return async () => {
    clearInterval(timer)
    await going
  }
}
