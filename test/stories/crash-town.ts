import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entities, migrations } from '../../server/entities.ts'
import { ShiftedClock } from '../../server/lib/clock.ts'
import { ROOT, readConfig } from '../../server/lib/config.ts'
import { Database } from '../../server/lib/db.ts'
import type { Person } from '../../server/sandbox/people.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import { houseDatabase } from '../database.ts'
import { freePort, Product } from '../processes.ts'

/** Everything outside the product: the platforms, the people, the files. */
export interface Town {
  sandbox: Sandbox
  products: Product[]
  /** One of the products' addresses, each in turn. */
  url(): string
  /** The product's database, as a second reader beside it. */
  openDatabase(): Promise<Database>
  close(): Promise<void>
}

/** How many there are of each; the platform takes 30 messages a minute for each person, so it needs many. */
const HANDS = 40
const DIRECTORS = 2

/**
 * Opens the stand-ins in this process and prepares `count` processes of the product (not started) on one database, which
 * they reach by `way`.
 */
export async function openTown(count: number, way = async (url: string) => url): Promise<Town> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-crash-'))
  await cp(join(ROOT, 'templates'), join(folder, 'templates'), { recursive: true })
  await hurry(join(folder, 'templates', 'packs', 'service-desk'))
  const database = await houseDatabase(folder)
  const settings = readConfig({ SANDBOX: 'on', DATA_DIR: folder })
  if (!settings.wecom || !settings.wechat) throw new Error('the sandbox names both platforms')
  const { wecom, wechat } = settings
  let turn = 0
  const url = () => products[turn++ % products.length]?.url ?? ''
  const sandbox = await openSandbox({
    clock: new ShiftedClock(),
    productUrl: url,
    wecom,
    wechat: { ...wechat, pushAesKey: wechat.pushAesKey ?? '' },
    people: staff(),
  })
  const env = {
    SANDBOX: 'off',
    // Customers come from addresses of their own, behind a proxy: limits of the doors are by address.
    TRUST_PROXY: 'on',
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    DATABASE_URL: await way(database.url),
    TEMPLATES_DIR: join(folder, 'templates'),
    WECOM_CORP_ID: wecom.corpId,
    WECOM_AGENT_ID: String(wecom.agentId),
    WECOM_SECRET: wecom.secret,
    WECOM_TOKEN: wecom.token,
    WECOM_ENCODING_AES_KEY: wecom.encodingAesKey,
    WECOM_API_BASE: sandbox.wecomBase,
    WECHAT_APP_ID: wechat.appId,
    WECHAT_APP_SECRET: wechat.appSecret,
    WECHAT_PUSH_TOKEN: wechat.pushToken,
    WECHAT_PUSH_AES_KEY: wechat.pushAesKey ?? '',
    WECHAT_API_BASE: sandbox.wechatBase,
  }
  const products: Product[] = []
  for (let n = 0; n < count; n++) products.push(new Product(await freePort(), env, true))
  return {
    sandbox,
    products,
    url,
    openDatabase: () => Database.open({ url: database.url, entities, migrations, clock: new ShiftedClock() }),
    async close() {
      for (const product of products) await product.stop()
      await sandbox.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A pack whose office never closes, with a flow whose limits are seconds; work is spread over many hands. */
async function hurry(pack: string): Promise<void> {
  const head = join(pack, 'pack.yaml')
  let text = await readFile(head, 'utf8')
  text = text.replace(/(mon|tue|wed|thu|fri): \[.*\]/g, "$1: ['00:00-24:00']")
  text = text.replace(
    '    # Public holidays',
    "      sat: ['00:00-24:00']\n      sun: ['00:00-24:00']\n    # Public holidays",
  )
  text = text.replace('holidays: china', 'holidays: none')
  text = text.replace('after: 10 min', 'after: 0.1 min').replace('after: 30 min', 'after: 0.1 min')
  // Every message goes by itself and at once: the ledger looks for each.
  text = text.replace(/^(quiet_hours|digest|summary):\n( {2}.*\n)+/gm, '').replace(/^reminders: .*\n/m, '')
  await writeFile(head, text)
  const flow = join(pack, 'flows', 'complaint.yaml')
  text = await readFile(flow, 'utf8')
  text = text.replaceAll('assign: pool', 'assign: least_busy')
  text = text.replace(/assign: \{ (named: assign.engineer|doer: assign) \}/g, 'assign: least_busy')
  await writeFile(flow, text.replace(/limit: .*/g, 'limit: 60 min'))
  // The same flow once more, for those that shall run late.
  text = text.replace('flow: complaint', 'flow: hasty').replace('form: complaint\n', 'form: hasty\n')
  await writeFile(join(pack, 'flows', 'hasty.yaml'), text.replace(/limit: .*/g, 'limit: 0.3 min'))
  const form = await readFile(join(pack, 'forms', 'complaint.yaml'), 'utf8')
  await writeFile(join(pack, 'forms', 'hasty.yaml'), form.replace('form: complaint', 'form: hasty'))
}

function staff(): Person[] {
  const people: Person[] = []
  for (let n = 0; n < HANDS; n++) {
    const boss = [`boss${n}`]
    people.push({ userid: `front${n}`, name: `客服${n}`, departments: [2], position: '一线客服', directLeaders: boss })
    people.push({ userid: `fixer${n}`, name: `技师${n}`, departments: [3], position: '工程师', directLeaders: boss })
    // Two supervisors answer for each other, so that a late one's escalation goes to one person.
    people.push({
      userid: boss[0] ?? '',
      name: `主管${n}`,
      departments: [1],
      position: '客服主管',
      directLeaders: [`boss${n ^ 1}`],
    })
  }
  for (let n = 0; n < DIRECTORS; n++) {
    people.push({ userid: `chief${n}`, name: `总监${n}`, departments: [1], position: '服务总监' })
  }
  return people
}

/** The user ids of the directors. */
export const CHIEFS = Array.from({ length: DIRECTORS }, (_, n) => `chief${n}`)
