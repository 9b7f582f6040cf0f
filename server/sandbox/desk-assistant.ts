import { setTimeout as sleep } from 'node:timers/promises'
import type Koa from 'koa'
import { z } from 'zod'
import { bodyBytes, Refusal } from './listener.ts'
import type { BotResult, WecomBotStandIn } from './wecom-bot.ts'
import { imageType } from './wecom-media.ts'

const MAX_PICTURE = 10 * 1024 * 1024
/** Longer answers go on by themselves: the page sees each change. */
const WAIT_MS = 3000
const GREETING_MS = 500

/** The page's name for a person's conversation with the AI bot; in the application's chat the user id itself. */
const MARK = 'bot:'
const person = z.object({
  userid: z
    .string()
    .startsWith(MARK)
    .transform((name) => name.slice(MARK.length)),
})
const press = person.extend({ taskId: z.string(), key: z.string() })

type Verb = (bot: WecomBotStandIn, body: Record<string, unknown>) => unknown

/** What people do in their conversation with the AI bot, by name: POST /desk/api/assistant/<name>. */
const VERBS: Record<string, Verb> = {
  say: async (bot, body) => {
    const { userid, text } = person.extend({ text: z.string().min(1).max(2000) }).parse(body)
    // Who writes has opened the chat before; a bot that greets does so at once.
    await Promise.race([bot.enter(userid), sleep(GREETING_MS, undefined, { ref: false })])
    return outcome(bot.ask(userid, text))
  },
  press: (bot, body) => {
    const { userid, taskId, key, selected } = press
      .extend({ selected: z.record(z.string(), z.array(z.string())).optional() })
      .parse(body)
    return outcome(bot.press(userid, taskId, key, selected))
  },
  menu: (bot, body) => {
    const { userid, taskId, key } = press.parse(body)
    return outcome(bot.pressMenu(userid, taskId, key))
  },
}

/** The verb of this name, if there is one. */
export function assistantVerb(name: string): Verb | undefined {
  return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
}

/** Everybody's conversation with the AI bot. */
export function assistantState(bot: WecomBotStandIn, userids: string[]): Record<string, unknown> {
  return { chats: Object.fromEntries(userids.map((userid) => [MARK + userid, bot.chat(userid).slice(-200)])) }
}

/** Sends a picture as a person. */
export async function sendAssistantPicture(bot: WecomBotStandIn, ctx: Koa.Context): Promise<unknown> {
  const { userid } = person.parse({ userid: ctx.query.userid })
  const bytes = await bodyBytes(ctx, MAX_PICTURE)
  if (!imageType(bytes)) throw new Refusal(40005, 'invalid file type')
  return outcome(bot.sendImage(userid, bytes))
}

async function outcome(result: Promise<BotResult>): Promise<{ status: number; refused?: string }> {
  const known = await Promise.race([result, sleep(WAIT_MS, undefined, { ref: false })])
  if (!known) return { status: 200 }
  return { status: known.status, ...(known.refused.length > 0 && { refused: known.refused.join('; ') }) }
}
