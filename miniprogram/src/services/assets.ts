import { words } from '../words.ts'
import type { Answers, Asset, FormDefinition } from './api.ts'
import { codeIn } from './codes.ts'
import { host } from './host'
import { withSession } from './session.ts'
import { ApiError, send } from './transport.ts'

/** What is known of a code, in a line below it. */
export interface KnownAsset {
  state: 'known' | 'unknown'
  text: string
}

/** A thing as it stands now. Throws ApiError (404: there is none), NoAnswer, SignedOut. */
export async function readAsset(code: string): Promise<Asset> {
  const path = `/api/assets/${encodeURIComponent(code)}`
  return (await withSession((headers) => send({ method: 'GET', path, headers }))).body as Asset
}

/** Asks the server about a code; undefined when it does not say. */
export async function assetOf(code: string): Promise<KnownAsset | undefined> {
  try {
    const { title, stateText } = await readAsset(code)
    return { state: 'known', text: words.asset.known(title, stateText) }
  } catch (error) {
    // Any other trouble is no reason to doubt what somebody reads off the thing before them.
    return isUnknown(error) ? { state: 'unknown', text: words.asset.unknown } : undefined
  }
}

/** Whether the server knows no such thing. */
export function isUnknown(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

/** Scans a thing: its code, empty where something else was scanned, undefined where nothing was. */
export async function scanAsset(): Promise<string | undefined> {
  const scanned = await host.scan?.()
  return scanned === undefined ? undefined : codeIn(scanned)
}

/** The page of a thing. */
export function pageOfAsset(code: string): string {
  return `/pages/asset/asset?code=${encodeURIComponent(code)}`
}

/** What a form that was opened for a thing holds from the beginning. */
export function answersFor(form: FormDefinition, code: string): Answers {
  const field = code ? form.fields.find(({ kind }) => kind === 'asset') : undefined
  return field ? { [field.name]: code } : {}
}
