import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WechatUser } from '../../server/sandbox/people.ts'
import type { Hits, Volley } from './load.ts'

/** What an installation has configured; the stand-in knows the same. */
export const PLATFORM = {
  WECOM_CORP_ID: 'ww0bench0corp00001',
  WECOM_AGENT_ID: '1000002',
  WECOM_SECRET: 'bench-wecom-secret',
  WECOM_TOKEN: 'BenchWecomToken',
  WECOM_ENCODING_AES_KEY: 'YmVuY2gtd2Vjb20tZW5jb2RpbmctYWVzLWtleS0wMDA',
  WECHAT_APP_ID: 'wx0bench0app00001',
  WECHAT_APP_SECRET: 'bench-wechat-secret',
  WECHAT_PUSH_TOKEN: 'BenchWechatToken',
  WECHAT_PUSH_AES_KEY: 'YmVuY2gtd2VjaGF0LXB1c2gtYWVzLWtleS0wMDAwMDA',
}

/** What `npm start` tells Node: a small young generation, which an idle house would otherwise keep at 32 MB. */
const AS_STARTED = ['--max-semi-space-size=8']

export interface Server {
  port: number
  pid: number
  stop(): Promise<void>
}

export interface StandIn {
  /** The platforms' addresses and the keys, for a house's environment. */
  env: Record<string, string>
  users: WechatUser[]
  /** The user who wants to be told of progress. */
  customer: WechatUser
  stop(): Promise<void>
}

interface Bases {
  wecomBase: string
  wechatBase: string
}

/** The platforms' stand-ins in a process of their own, so that their work is not counted as ours. */
export async function startStandIn(): Promise<StandIn> {
  const { child, first } = await forked<Omit<StandIn, 'env'> & Bases>('standin.js', {
    ...process.env,
    ...PLATFORM,
    NODE_ENV: 'test',
  })
  const { wecomBase, wechatBase, users, customer } = first
  const env = { ...PLATFORM, WECOM_API_BASE: wecomBase, WECHAT_API_BASE: wechatBase, NODE_ENV: 'production' }
  return { env, users, customer, stop: () => end(child) }
}

/** The bare application to compare with. */
export async function startBare(): Promise<Server> {
  const env = { ...process.env, ...PLATFORM, NODE_ENV: 'production' }
  const { child, first } = await forked<{ port: number }>('bare.js', env)
  return { port: first.port, pid: child.pid as number, stop: () => end(child) }
}

/** The real server in its own process, with its duties, as `npm start` runs it. */
export async function startHouse(env: Record<string, string>): Promise<Server> {
  const main = fileURLToPath(new URL('../../server/run.js', import.meta.url))
  const profile = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []
  const child = spawn(process.execPath, [...AS_STARTED, ...profile, main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Reading on to the end keeps the pipe from filling up.
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      const [, found] = /(?:Desk|Listening on).*http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (found) resolve(Number(found))
    })
    child.once('exit', (code) => reject(new Error(`the house ended with code ${code} before it was open`)))
  })
  return { port, pid: child.pid as number, stop: () => end(child) }
}

/** A client in a process of its own that fires volleys of prepared requests. */
export async function startLoad(): Promise<{ fire(volley: Volley): Promise<Hits>; stop(): Promise<void> }> {
  const { child } = await forked('load.js', process.env)
  return {
    async fire(volley) {
      child.send(volley)
      const [answer] = (await once(child, 'message')) as [Hits | { error: string }]
      if ('error' in answer) throw new Error(answer.error)
      return answer
    },
    stop: () => end(child),
  }
}

async function forked<T>(file: string, env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; first: T }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env, execArgv: [], serialization: 'advanced' })
  const first = await Promise.race([
    once(child, 'message').then(([message]) => message as T),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with code ${code} before it was ready`)
    }),
  ])
  return { child, first }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
