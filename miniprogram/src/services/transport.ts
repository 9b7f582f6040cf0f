import Taro from '@tarojs/taro'
import { words } from '../words.ts'
import { hearServerTime } from './clock.ts'
import { host } from './host'
import { online } from './network.ts'

const PATIENCE_MS = 15_000
const UPLOAD_PATIENCE_MS = 60_000

/** The server said no, in a sentence that can be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
    readonly field?: string,
  ) {
    super(message)
  }
}

/** No answer came: the network is gone or the server is. */
export class NoAnswer extends Error {
  constructor() {
    super(words.errors.noAnswer)
  }
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: object
  headers?: Record<string, string>
  /** How long an answer may take, in ms, where it takes more than usual. */
  patience?: number
}

export interface Answer {
  status: number
  body: unknown
  etag: string | undefined
}

/** One request, no retries. Throws ApiError for a refusal and NoAnswer when none came. */
export async function send(call: Call): Promise<Answer> {
  const response = await heard(
    Taro.request({
      url: host.apiBase + call.path,
      method: call.method as keyof Taro.request.Method,
      data: call.body,
      header: { Accept: 'application/json', ...call.headers },
      timeout: call.patience ?? PATIENCE_MS,
    }),
  )
  // Clients differ in the case of header names.
  const header = new Map(Object.entries(response.header ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  hearServerTime(header.get('server-time'))
  refuse(response.statusCode, response.data)
  return { status: response.statusCode, body: response.data, etag: header.get('etag') }
}

/** Sends one file as the multipart field `file`. Throws as `send` does; progress in percent. */
export async function sendFile(
  path: string,
  file: string,
  headers: Record<string, string>,
  onProgress: (percent: number) => void,
): Promise<unknown> {
  const task = Taro.uploadFile({
    url: host.apiBase + path,
    filePath: file,
    name: 'file',
    header: headers,
    timeout: UPLOAD_PATIENCE_MS,
  })
  task.progress(({ progress }) => onProgress(progress))
  const response = await heard(task)
  const body = parse(response.data)
  refuse(response.statusCode, body)
  return body
}

async function heard<T>(answer: Promise<T>): Promise<T> {
  try {
    const response = await answer
    online.set(true)
    return response
  } catch {
    online.set(false)
    throw new NoAnswer()
  }
}

function refuse(status: number, body: unknown): void {
  if (status < 400) return
  const error = ((body as { error?: unknown } | null)?.error ?? {}) as Partial<ApiError>
  throw new ApiError(status, error.kind ?? 'unknown', error.message ?? words.errors.unknown, error.field)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
