import { z } from 'zod'
import type { WxApi } from './wx-api.ts'

/** Where the text stands: 1 profile, 2 comment, 3 forum, 4 social log. */
export type CheckScene = 1 | 2 | 3 | 4

export interface TextCheck {
  /** The author, who must have been in the mini-program within two hours (61010 otherwise). */
  openid: string
  scene: CheckScene
  content: string
  title?: string
  nickname?: string
}

/** What to do with it; `label` 100 is harmless, PLATFORMS.md §6.3 lists the others. */
export interface Verdict {
  suggest: 'pass' | 'review' | 'risky'
  label: number
  traceId: string
}

const CONTENT_CHARS = 2500
const GRAVITY = { pass: 0, review: 1, risky: 2 }

const verdictShape = z
  .object({
    trace_id: z.string().default(''),
    result: z.object({ suggest: z.enum(['pass', 'review', 'risky']), label: z.coerce.number() }),
  })
  .transform(({ trace_id, result }): Verdict => ({ ...result, traceId: trace_id }))

const acceptedShape = z.object({ trace_id: z.string().min(1) })

/** Checks a text of any length: the platform takes 2500 characters, so longer ones go in pieces and the worst counts. */
export async function checkText(api: WxApi, check: TextCheck): Promise<Verdict> {
  const [first = '', ...rest] = pieces(check.content)
  let worst = await checkPiece(api, check, first)
  for (const piece of rest) {
    if (worst.suggest === 'risky') break
    const verdict = await checkPiece(api, check, piece)
    if (GRAVITY[verdict.suggest] > GRAVITY[worst.suggest]) worst = verdict
  }
  return worst
}

/** Hands a picture in for checking; the verdict comes within 30 minutes as a wxa_media_check push with this trace id. */
export async function checkImage(
  api: WxApi,
  image: { url: string; openid: string; scene: CheckScene },
): Promise<string> {
  const { trace_id } = await api.json(acceptedShape, {
    path: '/wxa/media_check_async',
    json: { version: 2, media_type: 2, media_url: image.url, openid: image.openid, scene: image.scene },
  })
  return trace_id
}

function checkPiece(api: WxApi, check: TextCheck, content: string): Promise<Verdict> {
  const { openid, scene, title, nickname } = check
  return api.json(verdictShape, {
    path: '/wxa/msg_sec_check',
    json: { version: 2, openid, scene, content, title, nickname },
  })
}

function pieces(content: string): string[] {
  const characters = [...content]
  const found: string[] = []
  for (let at = 0; at < characters.length; at += CONTENT_CHARS) {
    found.push(characters.slice(at, at + CONTENT_CHARS).join(''))
  }
  return found
}
