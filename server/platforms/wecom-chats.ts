import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import { fittedContent, type WecomContent } from './wecom-message.ts'
import type { WxApi } from './wx-api.ts'

/** A group chat that the application made; its id is ours to choose: `[0-9A-Za-z]`, 1–32 characters. */
export interface WecomChat {
  chatId: string
  /** ≤ 50 characters. */
  name: string
  /** User id of one of the members. */
  owner: string
  /** 2–2000 user ids. */
  members: string[]
}

/** What changes in a group; the rest stays as it is. */
export interface WecomChatChange {
  chatId: string
  name?: string
  owner?: string
  add?: string[]
  remove?: string[]
}

/** Everything but template cards, which groups of this kind do not take; a text may call people by user id or `@all`. */
export type WecomChatMessage = { chatId: string; safe?: 0 | 1 } & (
  | { msgtype: 'text'; text: { content: string; mentioned_list?: string[] } }
  | Exclude<WecomContent, { msgtype: 'text' } | { msgtype: 'template_card' }>
)

const NAME_CHARS = 50

const chatShape = z
  .object({
    chat_info: z.object({
      chatid: z.string(),
      name: z.string().default(''),
      owner: z.string().default(''),
      userlist: z.array(z.string()).default([]),
    }),
  })
  .transform(
    ({ chat_info: { chatid, name, owner, userlist } }): WecomChat => ({
      chatId: chatid,
      name,
      owner,
      members: userlist,
    }),
  )

/**
 * Makes a group chat, or finds that an earlier try has made it already: the id is ours, so a refused creation of a chat
 * that can be read is no error. The chat found may by now have other members or another name (PLATFORMS.md §1.5).
 */
export async function createChat(api: WxApi, { chatId, name, owner, members }: WecomChat): Promise<void> {
  const json = { chatid: chatId, name: clipChars(name), owner, userlist: members }
  try {
    await api.json(z.unknown(), { path: '/cgi-bin/appchat/create', json })
  } catch (error) {
    if (!(error instanceof PlatformError) || error.retryable || !(await fetchChat(api, chatId))) throw error
  }
}

export async function updateChat(api: WxApi, { chatId, name, owner, add, remove }: WecomChatChange): Promise<void> {
  const json = {
    chatid: chatId,
    ...(name !== undefined && { name: clipChars(name) }),
    ...(owner && { owner }),
    ...(add?.length && { add_user_list: add }),
    ...(remove?.length && { del_user_list: remove }),
  }
  await api.json(z.unknown(), { path: '/cgi-bin/appchat/update', json })
}

/** 40050 and 86003: no such chat; 86008: another application's. */
const NOT_OURS = new Set<number | string>([40050, 86003, 86008])

/** The group as it is now; nothing when there is none of ours with this id. */
export async function fetchChat(api: WxApi, chatId: string): Promise<WecomChat | undefined> {
  try {
    return await api.json(chatShape, { path: '/cgi-bin/appchat/get', query: { chatid: chatId } })
  } catch (error) {
    if (error instanceof PlatformError && NOT_OURS.has(error.code)) return undefined
    throw error
  }
}

/** Says something in a group; what its members answer is not pushed to the application. */
export async function sendToChat(api: WxApi, { chatId, ...message }: WecomChatMessage): Promise<void> {
  const content = fittedContent(message)
  if (message.msgtype === 'text') Object.assign(content, { text: { ...message.text, ...textOf(content) } })
  await api.json(z.unknown(), { path: '/cgi-bin/appchat/send', json: { chatid: chatId, ...message, ...content } })
}

function textOf(content: object): object {
  return 'text' in content && typeof content.text === 'object' && content.text ? content.text : {}
}

function clipChars(name: string): string {
  return [...name].slice(0, NAME_CHARS).join('')
}
