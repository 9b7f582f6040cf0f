import Taro from '@tarojs/taro'
import { now } from './clock.ts'
import { type Behaviour, createBuffer } from './event-buffer.ts'
import { online } from './network.ts'
import { SignedOut, session, withSession } from './session.ts'
import { ApiError, send } from './transport.ts'

const STORED = 'yingke:events'
const DEVICE = 'yingke:device'
/** Soon enough to be of use, late enough that several go together. */
const SOON_MS = 5_000

const buffer = createBuffer({
  stored: storedEvents(),
  store: (events) => Taro.setStorageSync(STORED, events),
  send: report,
  now,
  newId: () => random(16),
})
let timer: ReturnType<typeof setTimeout> | undefined

/** Notes what the customer did; it is sent with others, at the latest when the network is back. */
export function note(name: string, data: Record<string, unknown>, at?: number): void {
  buffer.add(name, data, at)
  timer ??= setTimeout(sendEvents, SOON_MS)
}

/** Sends what waits, as when the app goes to the background. */
export function sendEvents(): void {
  clearTimeout(timer)
  timer = undefined
  buffer.flush()
}

/** Sends what is left from before, and again whenever the network returns; called once by the app. */
export function watchEvents(): void {
  sendEvents()
  online.subscribe(() => {
    if (online.get()) sendEvents()
  })
}

async function report(events: Behaviour[]): Promise<void> {
  const body = { device: device(), events }
  const call = (headers: Record<string, string>) => send({ method: 'POST', path: '/api/events', body, headers })
  try {
    await (session.get() ? withSession(call) : call({}))
  } catch (error) {
    if (error instanceof SignedOut) {
      await call({})
      return
    }
    // What the server does not understand it will not understand later.
    if (error instanceof ApiError && error.status === 422) return
    throw error
  }
}

/** The name by which this phone's app is told apart before anybody has signed in; it says nothing of the phone. */
function device(): string {
  const known: unknown = Taro.getStorageSync(DEVICE)
  if (typeof known === 'string' && known !== '') return known
  const made = random(20)
  Taro.setStorageSync(DEVICE, made)
  return made
}

function storedEvents(): Behaviour[] {
  const stored: unknown = Taro.getStorageSync(STORED)
  return Array.isArray(stored) ? stored : []
}

function random(length: number): string {
  let text = ''
  while (text.length < length) text += Math.random().toString(36).slice(2)
  return text.slice(0, length)
}
