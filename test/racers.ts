import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Story } from './harness.ts'
import { until } from './processes.ts'

const RACER = fileURLToPath(new URL('stories/racer.js', import.meta.url))
/** Processes that start beside each other on a loaded machine. */
const START_MS = 120_000

/** The database of a story, which other processes can open as well; undefined where it is SQLite. */
export const SHARED = process.env.TEST_DATABASE_URL ? false : 'needs TEST_DATABASE_URL, a MySQL server'

/** What each process is to do when the race begins: see racer.ts. */
export interface Lap {
  job: string
  args?: Record<string, unknown>
}

/**
 * Lets several processes of their own, each a whole house on the story's database and at the story's time, begin at one
 * moment; returns what each says at its end. Throws when one of them fails.
 */
export async function race<T>(story: Story, packs: string, laps: Lap[]): Promise<T[]> {
  const racers = laps.map((lap) => start(story, packs, lap))
  const failed = () => racers.find(({ ended }) => ended !== undefined && ended !== 0)
  const all = async (what: string, word: string) => {
    await until(what, () => failed() || racers.every(({ said }) => said.includes(word)), START_MS)
    const one = failed()
    if (one) throw new Error(`a process ended with ${one.ended}:\n${one.said}`)
  }
  await all('all are ready', 'ready')
  for (const { child } of racers) child.stdin.write('go\n')
  await all('all are done', 'done ')
  return racers.map(({ said }) => JSON.parse(/done (.*)/.exec(said)?.[1] ?? 'null') as T)
}

function start(story: Story, packs: string, { job, args = {} }: Lap) {
  const { config } = story.running.house
  const keys = story.sandbox.wechatpayKeys?.()
  const pay = config.wechatpay && {
    WECHATPAY_MCH_ID: config.wechatpay.mchId,
    WECHATPAY_SERIAL: config.wechatpay.serial,
    WECHATPAY_PRIVATE_KEY: keys?.merchantPrivate,
    WECHATPAY_PUBLIC_KEY: keys?.platformPublic,
    WECHATPAY_PUBLIC_KEY_ID: config.wechatpay.publicKeyId,
    WECHATPAY_APIV3_KEY: config.wechatpay.apiV3Key,
    WECHATPAY_API_BASE: story.sandbox.wechatpayBase,
  }
  const child = spawn(process.execPath, [RACER, job, JSON.stringify(args), String(story.clock.now())], {
    env: {
      ...{ PATH: process.env.PATH, LOG_LEVEL: 'error', SANDBOX: 'off', PORT: '0', BASE_URL: 'https://yingke.example' },
      ...{ DATA_DIR: story.folder, DATABASE_URL: story.databaseUrl, TEMPLATES_DIR: story.templates, PACKS: packs },
      ...{ WECHAT_APP_ID: config.wechat?.appId, WECHAT_APP_SECRET: config.wechat?.appSecret, ...pay },
      ...(config.lock && { LOCK_KEY: config.lock.key, LOCK_API_BASE: story.sandbox.lockBase }),
      WECHAT_API_BASE: story.sandbox.wechatBase,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const racer = { child, said: '', ended: undefined as number | undefined }
  child.stdout.on('data', (chunk: Buffer) => {
    racer.said += chunk
  })
  child.once('exit', (code, signal) => {
    racer.ended = code ?? (signal ? -1 : 0)
  })
  return racer
}
