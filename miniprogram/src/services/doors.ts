import { session, withSession } from './session.ts'
import { type Call, send } from './transport.ts'

type Headers = Record<string, string>

/** Asks for something of the customer's own. Throws ApiError, NoAnswer, SignedOut. */
export async function readOwn<T>(path: string): Promise<T> {
  return (await withSession((headers) => send({ method: 'GET', path, headers }))).body as T
}

/** Asks for something that anybody may see; whoever is known is told so. */
export const readOpen = <T>(path: string): Promise<T> => openly<T>({ method: 'GET', path })

/** As `readOpen`, where what is asked takes a body. */
export const askOpen = <T>(path: string, body: object): Promise<T> => openly<T>({ method: 'POST', path, body })

/** Does something in the customer's name; with a key a repeated send is done once. */
export async function act<T>(path: string, body: object, key?: string): Promise<T> {
  const more: Headers = key ? { 'Idempotency-Key': key } : {}
  const call = (headers: Headers) => send({ method: 'POST', path, body, headers: { ...headers, ...more } })
  return (await withSession(call)).body as T
}

/** What is given, as the end of an address. */
export function queryOf(given: Record<string, string | number | undefined>): string {
  const parts = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}

async function openly<T>(call: Call): Promise<T> {
  const answer = session.get() ? withSession((headers) => send({ ...call, headers })) : send(call)
  return (await answer).body as T
}
