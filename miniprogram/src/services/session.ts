import Taro from '@tarojs/taro'
import type { Customer, SessionGrant } from './api.ts'
import { host } from './host'
import { createStore } from './store.ts'
import { ApiError, NoAnswer, send } from './transport.ts'

const STORED = 'yingke:session'

/** The customer's session as kept on the phone; null when signed out. */
export const session = createStore<SessionGrant | null>(Taro.getStorageSync(STORED) || null)

/** A call was made that needs a customer, and there is none. */
export class SignedOut extends Error {}

/** Signs in with WeChat's login code. Throws ApiError, NoAnswer, or the client's own failure. */
export async function signIn(): Promise<void> {
  keep(await grant('/api/session', { code: await host.loginCode() }))
}

/** Ends the session here, and on the server as well when it can be reached. */
export async function signOut(): Promise<void> {
  const old = session.get()
  forget()
  if (!old) return
  await send({ method: 'DELETE', path: '/api/session', headers: bearer(old) }).catch(() => {
    // The token expires by itself; the person asked to be signed out here, and is.
  })
}

/** Forgets the session on this phone alone: the server knows nobody behind it any more. */
export function forgetSession(): void {
  if (session.get()) forget()
}

/** Puts the customer's new particulars into the session. */
export function updateCustomer(customer: Customer): void {
  const current = session.get()
  if (current) keep({ ...current, customer })
}

/** The Authorization header of a session. */
export function bearer(of: SessionGrant): Record<string, string> {
  return { Authorization: `Bearer ${of.token}` }
}

/** Runs a call with the session's token; an expired one is renewed once and the call repeated. */
export async function withSession<T>(call: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  const used = session.get()
  if (!used) throw new SignedOut()
  try {
    return await call(bearer(used))
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error
    const fresh = await renewed(used)
    return await call(bearer(fresh))
  }
}

let renewing: Promise<SessionGrant> | undefined

/** A newer session than the one refused; calls that fail together share one renewal. */
function renewed(refused: SessionGrant): Promise<SessionGrant> {
  const current = session.get()
  if (current && current.token !== refused.token) return Promise.resolve(current)
  renewing ??= renew(refused).finally(() => {
    renewing = undefined
  })
  return renewing
}

async function renew(refused: SessionGrant): Promise<SessionGrant> {
  try {
    return keep(await grant('/api/session/refresh', { refreshToken: refused.refreshToken }))
  } catch (error) {
    if (!isFinal(error)) throw error
  }
  // The refresh token is spent or revoked; WeChat still knows who holds the phone.
  try {
    return keep(await grant('/api/session', { code: await host.loginCode() }))
  } catch (error) {
    if (!isFinal(error)) throw error
    forget()
    throw new SignedOut()
  }
}

/** Whether asking again could not help: anything but silence and trouble at the server's end. */
function isFinal(error: unknown): boolean {
  return !(error instanceof NoAnswer || (error instanceof ApiError && error.status >= 500))
}

async function grant(path: string, body: object): Promise<SessionGrant> {
  return (await send({ method: 'POST', path, body })).body as SessionGrant
}

function keep(next: SessionGrant): SessionGrant {
  Taro.setStorageSync(STORED, next)
  session.set(next)
  return next
}

function forget(): void {
  Taro.removeStorageSync(STORED)
  session.set(null)
}
