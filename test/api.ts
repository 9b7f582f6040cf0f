import type { Scope } from '../server/engines/api/key.ts'
import { addKey } from '../server/engines/api/keys.ts'
import type { Story } from './harness.ts'

export interface ApiAnswer<T = Record<string, unknown>> {
  status: number
  body: T
  headers: Headers
}

/** An outside system with a key of its own. */
export class System {
  private constructor(
    private readonly story: Story,
    readonly keyId: string,
    readonly secret: string,
  ) {}

  /** Gives a system of this name a key that may do so much. */
  static async of(story: Story, name: string, scopes: Scope[], perMinute = 100_000): Promise<System> {
    const { id, secret } = await story.db.write((tx) => addKey(tx, { name, scopes, perMinute }))
    return new System(story, id, secret)
  }

  /** A request, with the answer whatever its status. */
  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.story.running.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.secret}`,
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : body instanceof FormData ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T, headers: response.headers }
  }

  post<T = Record<string, unknown>>(path: string, body: unknown, headers?: Record<string, string>) {
    return this.call<T>('POST', path, body, headers)
  }

  get<T = Record<string, unknown>>(path: string) {
    return this.call<T>('GET', path)
  }
}

/** What an error says. */
export interface Refusal {
  error: { kind: string; message: string; field?: string }
}
