import { setTimeout as sleep } from 'node:timers/promises'

/** What the product answered to a push: the last attempt's status (0 = none) and its body. */
export interface Answer {
  status: number
  body: string
  attempts: number
}

/** One HTTP request to the product. */
export interface PushRequest {
  url: string
  body: string
  type: string
  headers?: Record<string, string>
}

interface PushOptions {
  /** Made anew for each attempt: a retry has its own timestamp, nonce and signature over the same content. */
  request: () => PushRequest
  /** Real ms to wait for an answer. */
  timeoutMs?: number
  retries?: number
}

/** The platforms give an answer 5 s and try three times more. Source: WeCom docs 90238, WeChat 消息推送. */
const TIMEOUT_MS = 5000
const RETRIES = 3
/** The pause before a retry is not documented; a short one bridges a restart of the product's listener. */
const PAUSE_MS = 200

/**
 * Posts a callback as the platforms do. An attempt without an answer is repeated; so is a 5xx, which is not
 * documented and here on the side of caution: the product must bear duplicates either way.
 */
export async function push({ request, timeoutMs = TIMEOUT_MS, retries = RETRIES }: PushOptions): Promise<Answer> {
  let answer: Answer = { status: 0, body: '', attempts: 0 }
  for (let attempt = 1; attempt <= retries + 1; attempt++) {
    if (attempt > 1) await sleep(PAUSE_MS * (attempt - 1))
    answer = await once(request(), timeoutMs, attempt)
    if (answer.status > 0 && answer.status < 500) break
  }
  return answer
}

async function once({ url, body, type, headers }: PushRequest, timeoutMs: number, attempts: number): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.status, body: await response.text(), attempts }
  } catch {
    return { status: 0, body: '', attempts }
  }
}
