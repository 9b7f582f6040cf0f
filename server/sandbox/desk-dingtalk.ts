import type Koa from 'koa'
import { z } from 'zod'
import type { DingtalkStandIn } from './dingtalk.ts'
import { bodyBytes, Refusal } from './listener.ts'
import { imageType } from './wecom-media.ts'

const MAX_PICTURE = 20 * 1024 * 1024

const person = z.object({ userid: z.string() })
const press = person.extend({ taskId: z.string(), key: z.string() })
const values = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

/** What people do in DingTalk, by name: POST /desk/api/dingtalk/<name>. */
const VERBS: Record<string, (dingtalk: DingtalkStandIn, body: Record<string, unknown>) => unknown> = {
  press: (dingtalk, body) => {
    const { userid, taskId, key, selected } = press.extend({ selected: values.optional() }).parse(body)
    return dingtalk.press(userid, taskId, key, selected)
  },
  menu: (dingtalk, body) => {
    const { userid, taskId, key } = press.parse(body)
    return dingtalk.pressMenu(userid, taskId, key)
  },
  say: (dingtalk, body) => {
    const { userid, text } = person.extend({ text: z.string().min(1).max(2000) }).parse(body)
    return dingtalk.say(userid, text)
  },
  disconnect: (dingtalk) => {
    dingtalk.disconnect()
    return {}
  },
}

/** The switches of the fault menu. */
export const dingtalkSwitches = z.object({
  down: z.union([z.literal(false), z.literal('reset'), z.literal('503')]),
  slowMs: z.int().min(0).max(10_000),
  errcodes: z.array(z.union([z.int(), z.string()])).max(50),
  loseAnswers: z.int().min(0).max(100),
  ipNotListed: z.boolean(),
  ipBlocked: z.union([z.literal(false), z.literal('html'), z.literal('json')]),
  failDeliveries: z.int().min(0).max(100),
  loseReplies: z.boolean(),
  duplicateCallbacks: z.int().min(0).max(3),
  delayCallbacksMs: z.int().min(0).max(10_000),
  streamSilent: z.boolean(),
})

/** The verb of this name, if there is one. */
export function dingtalkVerb(
  name: string,
): ((dingtalk: DingtalkStandIn, body: Record<string, unknown>) => unknown) | undefined {
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
}

/** Everybody's chat, and who is who. */
export function dingtalkState(dingtalk: DingtalkStandIn): Record<string, unknown> {
  return {
    people: dingtalk.people.map(({ userid, twin }) => ({ userid, twin })),
    chats: Object.fromEntries(dingtalk.people.map(({ userid }) => [userid, dingtalk.chat(userid).slice(-200)])),
  }
}

/** Sends a picture as a person. */
export async function sendDingtalkPicture(dingtalk: DingtalkStandIn, ctx: Koa.Context): Promise<unknown> {
  const { userid } = person.parse({ userid: ctx.query.userid })
  const bytes = await bodyBytes(ctx, MAX_PICTURE)
  const mime = imageType(bytes)
  if (!mime) throw new Refusal(40005, 'invalid file type')
  return dingtalk.sendImage(userid, bytes, mime)
}
