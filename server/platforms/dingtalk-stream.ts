import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { SECOND } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { log } from '../lib/log.ts'
import { ACK_TIMES, type AckTimes, type DingtalkHandler, dingtalkAcks, within } from './dingtalk-acks.ts'
import { askV1 } from './dingtalk-api.ts'
import { BLOCKED } from './dingtalk-errors.ts'
import { type Frame, readFrame, SUBSCRIPTIONS } from './dingtalk-frame.ts'
import { type Link, type LinkTimes, openLink } from './dingtalk-link.ts'

export interface DingtalkStreamConfig {
  appKey: string
  appSecret: string
  apiBase: string
}

export interface StreamTimes extends LinkTimes, AckTimes {
  /** The waits after failures: doubled each time up to the longest, with up to half of it cut off by chance. */
  firstWaitMs: number
  longestWaitMs: number
  /** A connection that lived this long was a good one: the waits begin anew. */
  settledMs: number
  /** How long a connection is kept that the server said it would close, and how long `stop` waits for work in hand. */
  drainMs: number
}

export interface DingtalkStreamState {
  connected: boolean
  /** Open connections: two for a moment, when the server changes over. */
  connections: number
  /** When it last began to be connected or to be cut off (ms). */
  since: number
  /** The last sign of the server, if there was one (ms). */
  heardAt?: number
  /** Attempts in a row that came to nothing, or to a connection that soon ended. */
  failures: number
  lastError?: string
}

/** Our end of DingTalk's Stream mode. */
export interface DingtalkStream {
  /** Begins to connect, and goes on for ever until `stop`. */
  start(): void
  /** Takes no more frames, waits for those in hand and closes. */
  stop(): Promise<void>
  state(): DingtalkStreamState
}

const TIMES: StreamTimes = {
  ...ACK_TIMES,
  openMs: 10 * SECOND,
  pingMs: 30 * SECOND,
  firstWaitMs: SECOND,
  longestWaitMs: 30 * SECOND,
  settledMs: 10 * SECOND,
  drainMs: 15 * SECOND,
}

const USER_AGENT = 'yingke/1.0'

const ticketShape = z.object({ endpoint: z.url({ protocol: /^wss?$/ }), ticket: z.string().min(1) })

/**
 * A Stream client (PLATFORMS.md §5.7). Its clock is the machine's on purpose: the timers here keep a connection alive
 * and decide nothing else.
 */
export function dingtalkStream(
  config: DingtalkStreamConfig,
  handler: DingtalkHandler,
  times: Partial<StreamTimes> = {},
): DingtalkStream {
  const spans = { ...TIMES, ...times }
  const acks = dingtalkAcks(handler, spans)
  const stopping = new AbortController()
  const links = new Set<Link>()
  const state: DingtalkStreamState = { connected: false, connections: 0, since: Date.now(), failures: 0 }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await serve().catch(failed)
      if (waitMs > 0) await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** One connection until another one is needed; returns how long to wait before that. */
  async function serve(): Promise<number> {
    const link = await connect()
    const openedAt = Date.now()
    const end = await link.over
    const settled = Date.now() - openedAt >= spans.settledMs
    state.failures = settled ? 0 : state.failures + 1
    // Told in good time: the new connection opens at once, while the old one still serves.
    return settled && end === 'leaving' ? 0 : backoff()
  }

  function failed(error: unknown): number {
    state.failures++
    state.lastError = error instanceof Error ? error.message : String(error)
    if (!stopping.signal.aborted) log.warn({ err: error, failures: state.failures }, 'no Stream connection to DingTalk')
    // Behind the wall, knocking is in vain; everything else is tried again soon.
    const shutOut = error instanceof PlatformError && error.code === BLOCKED
    return shutOut ? Math.max(error.retryAfterMs ?? 0, backoff()) : backoff()
  }

  const backoff = () => backoffMs(state.failures, spans)

  async function connect(): Promise<Link> {
    // A ticket is good for one connection: never one from before.
    const { endpoint, ticket } = await askV1(config.apiBase, ticketShape, {
      path: '/v1.0/gateway/connections/open',
      json: {
        clientId: config.appKey,
        clientSecret: config.appSecret,
        ua: USER_AGENT,
        subscriptions: SUBSCRIPTIONS,
      },
    })
    stopping.signal.throwIfAborted()
    const url = new URL(endpoint)
    url.searchParams.set('ticket', ticket)
    const link = await openLink(url.href, spans, hear)
    keep(link)
    return link
  }

  function keep(link: Link): void {
    links.add(link)
    count()
    void link.closed.then((reason) => {
      links.delete(link)
      state.lastError = reason
      count()
    })
    if (stopping.signal.aborted) link.close()
  }

  function count(): void {
    state.connections = links.size
    if (state.connected === links.size > 0) return
    state.connected = links.size > 0
    state.since = Date.now()
    log.info({ connected: state.connected, lastError: state.lastError }, 'Stream connection to DingTalk')
  }

  function hear(text: string, link: Link): void {
    state.heardAt = Date.now()
    const frame = frameOf(text)
    if (!frame || stopping.signal.aborted) return
    if (frame.type === 'SYSTEM' && frame.topic === 'disconnect') link.leave(spans.drainMs)
    else acks.take(frame, (ack) => link.send(ack))
  }

  return {
    start: () => void run(),

    async stop() {
      stopping.abort()
      await within(acks.idle(), spans.drainMs)
      const open = [...links]
      for (const link of open) link.close()
      await Promise.all(open.map(({ closed }) => closed))
    },

    state: () => ({ ...state }),
  }
}

/** How long to wait after so many failures in a row; `chance` (0 to 1) keeps many clients from coming back as one. */
export function backoffMs(
  failures: number,
  { firstWaitMs, longestWaitMs }: Pick<StreamTimes, 'firstWaitMs' | 'longestWaitMs'> = TIMES,
  chance: number = Math.random(),
): number {
  const full = Math.min(firstWaitMs * 2 ** Math.max(failures - 1, 0), longestWaitMs)
  return full * (0.5 + chance / 2)
}

function frameOf(text: string): Frame | undefined {
  try {
    return readFrame(text)
  } catch (error) {
    log.warn({ err: error }, 'a frame of DingTalk cannot be read')
    return undefined
  }
}
