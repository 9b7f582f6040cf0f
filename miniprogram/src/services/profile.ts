import { withSession } from './session.ts'
import { type Call, send } from './transport.ts'

/** A server that reads pictures by itself may take its time. */
const READING_MS = 45_000

export interface Question {
  name: string
  title: string
  many: boolean
  options: { value: string; label: string }[]
}

export interface Profile {
  nickname: string | null
  phone: string | null
  email: string | null
  /** An address whose code has not been typed yet. */
  email_waiting: string | null
  birthday: string | null
  region: string | null
  preferences: Record<string, string[]>
  questions: Question[]
}

export type PaperKind = 'id_card' | 'driving_licence' | 'passport'

export interface Paper {
  id: string
  kind: PaperKind
  /** Masked by the server. */
  number: string
  holder: string | null
  class: string | null
  expires_on: string | null
  expires_at: number | null
  photo: string | null
}

export interface NewPaper {
  kind: PaperKind
  number: string
  holder?: string
  class?: string
  expires_on?: string
  issued_on?: string
  photo?: string
}

/** What was read on a picture of a paper: each field, and how sure that is (0 to 1). */
export interface PaperReading {
  side: 'front' | 'back'
  fields: Partial<Record<'number' | 'name' | 'class' | 'issued_on' | 'valid_to', { value: string; sure: number }>>
  doubts: { field: string; why: string }[]
}

/** What the customer has told of themselves. */
export async function readProfile(): Promise<Profile> {
  return (await ask('GET', '/api/me/profile')) as Profile
}

/** Changes some of it. */
export async function changeProfile(
  change: Partial<Pick<Profile, 'birthday' | 'region' | 'preferences'>>,
): Promise<Profile> {
  return (await ask('PATCH', '/api/me/profile', change)) as Profile
}

/** Has a code sent to an address. */
export async function askForEmail(email: string): Promise<Profile> {
  return (await ask('POST', '/api/me/email', { email })) as Profile
}

/** Takes the address whose code was typed. */
export async function confirmEmail(code: string): Promise<Profile> {
  return (await ask('POST', '/api/me/email/confirm', { code })) as Profile
}

/** The customer's papers. */
export async function readPapers(): Promise<Paper[]> {
  return ((await ask('GET', '/api/me/documents')) as { documents: Paper[] }).documents
}

/** Adds a paper, in place of the one of its kind before. */
export async function addPaper(paper: NewPaper): Promise<Paper[]> {
  return ((await ask('POST', '/api/me/documents', paper)) as { documents: Paper[] }).documents
}

/** Has a picture of a paper read; nothing of it is kept. Throws ApiError where nothing can be read. */
export async function readPaper(kind: PaperKind, photo: string): Promise<PaperReading> {
  const call = { method: 'POST' as const, path: '/api/me/documents/read', body: { kind, photo }, patience: READING_MS }
  return (await withSession((headers) => send({ ...call, headers }))).body as PaperReading
}

/** Takes a paper away. */
export async function removePaper(id: string): Promise<void> {
  await ask('DELETE', `/api/me/documents/${encodeURIComponent(id)}`)
}

async function ask(method: Call['method'], path: string, body?: object): Promise<unknown> {
  return (await withSession((headers) => send({ method, path, headers, ...(body && { body }) }))).body
}
