import Taro from '@tarojs/taro'
import { forgetSession, withSession } from './session.ts'
import { createStore } from './store.ts'
import { type Call, send } from './transport.ts'

const STORED = 'yingke:erasure'

export interface ConsentLine {
  purpose: string
  title: string
  text: string
  granted: boolean
  /** What they have said; null: they were never asked. */
  status: 'granted' | 'denied' | 'revoked' | null
  asked_again: boolean
}

export interface ExportState {
  state: 'none' | 'waiting' | 'working' | 'ready' | 'expired'
  expiresAt: number | null
}

export interface ProofLine {
  part: string
  title: string
  deleted: number
  kept: number
  why?: string
}

export interface Erasure {
  state: 'none' | 'waiting' | 'working' | 'done'
  can: boolean
  reasons: string[]
  wakeAt: number | null
  coolingMs: number
  proof?: ProofLine[]
}

/** What lets the customer look at their erasure when nobody knows them any more. */
export const erasureToken = createStore<string | null>(Taro.getStorageSync(STORED) || null)

/** What the customer has agreed to, and what not. */
export async function readConsents(): Promise<ConsentLine[]> {
  return ((await ask('GET', '/api/me/consents')) as { consents: ConsentLine[] }).consents
}

/** Says yes or no to one purpose. */
export async function setConsent(purpose: string, yes: boolean): Promise<ConsentLine[]> {
  const body = { consents: { [purpose]: yes } }
  return ((await ask('PUT', '/api/me/consents', body)) as { consents: ConsentLine[] }).consents
}

/** Whether the phone's position may be kept: asked in the purpose's own words unless they have said yes before. */
export async function mayLocate(ask: (line: ConsentLine) => Promise<boolean>): Promise<boolean> {
  const line = (await readConsents()).find(({ purpose }) => purpose === 'location')
  if (!line || (line.granted && line.status === 'granted')) return true
  const yes = await ask(line)
  // A no is kept too: what was never asked would be asked for ever.
  if (yes || line.status === null) await setConsent('location', yes)
  return yes
}

/** How the export stands. */
export async function readExport(): Promise<ExportState> {
  return (await ask('GET', '/api/me/export')) as ExportState
}

/** Asks for an export. */
export async function startExport(): Promise<ExportState> {
  return (await ask('POST', '/api/me/export', {})) as ExportState
}

/** A link to the export, good once. */
export async function exportLink(): Promise<string> {
  return ((await ask('POST', '/api/me/export/link', {})) as { url: string }).url
}

/** Whether the customer can be erased now, and what stands in the way. */
export async function readErasure(): Promise<Erasure> {
  return (await ask('GET', '/api/me/erase')) as Erasure
}

/** Asks to be erased; from here on the token tells how it goes. */
export async function startErasure(): Promise<void> {
  const { token } = (await ask('POST', '/api/me/erase', {})) as { token: string }
  keep(token)
}

/** Takes the wish back. */
export async function cancelErasure(): Promise<void> {
  await ask('DELETE', '/api/me/erase')
  keep(null)
}

/** How the erasure goes. Once it has begun the sign-in on this phone is worth nothing, and would only make a new customer. */
export async function followErasure(token: string): Promise<Erasure> {
  const erasure = (await send({ method: 'GET', path: `/api/erasures/${token}` })).body as Erasure
  if (erasure.state === 'working' || erasure.state === 'done') forgetSession()
  return erasure
}

/** The customer has read what became of it. */
export function closeErasure(): void {
  keep(null)
}

function keep(token: string | null): void {
  if (token) Taro.setStorageSync(STORED, token)
  else Taro.removeStorageSync(STORED)
  erasureToken.set(token)
}

async function ask(method: Call['method'], path: string, body?: object): Promise<unknown> {
  return (await withSession((headers) => send({ method, path, headers, ...(body && { body }) }))).body
}
