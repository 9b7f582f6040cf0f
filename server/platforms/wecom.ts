import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { CardUpdate } from './wecom-card.ts'
import {
  createChat,
  fetchChat,
  sendToChat,
  updateChat,
  type WecomChat,
  type WecomChatChange,
  type WecomChatMessage,
} from './wecom-chats.ts'
import { fetchDepartments, fetchUser, fetchUsers, type WecomDepartment, type WecomUser } from './wecom-contacts.ts'
import { wecomReaction } from './wecom-errors.ts'
import { type Download, downloadMedia, type MediaFile, type MediaKind, uploadMedia } from './wecom-media.ts'
import { messageBody, type WecomMessage } from './wecom-message.ts'
import { fetchVisitor, type WecomVisitor } from './wecom-oauth.ts'
import { askWx, type WxPlatform, wxApi } from './wx-api.ts'

export interface WecomConfig {
  corpId: string
  agentId: number
  secret: string
  apiBase: string
}

/** What came of a message. */
export interface WecomSent {
  /** Needed for `recall`. */
  msgid: string
  /** Interactive cards only: good for one update within 72 h. */
  responseCode?: string
  /** User ids (the platform writes them in lower case) that got nothing: unknown, out of sight or without a licence. */
  invalidUsers: string[]
}

/** Either a whole new card, or one grey label in place of the buttons. */
export type WecomCardChange = { userids: string[]; responseCode: string } & (
  | { card: CardUpdate; replaceName?: never }
  | { replaceName: string; card?: never }
)

export type WecomMenuButton =
  | { type: 'click'; name: string; key: string }
  | { type: 'view'; name: string; url: string }
  | { name: string; sub_button: WecomMenuButton[] }

/** One self-built WeCom application. Every call may throw a PlatformError('wecom', errcode, …). */
export interface Wecom {
  /** Sends a message; when no receiver at all is valid it throws 81013, which is final. */
  send(message: WecomMessage): Promise<WecomSent>
  /** Changes a sent card for these people and uses its response code up. */
  updateCard(change: WecomCardChange): Promise<{ invalidUsers: string[] }>
  /** Takes a message back, within 24 h. */
  recall(msgid: string): Promise<void>
  /** Uploads a file for three days and returns its media_id. */
  upload(kind: MediaKind, file: MediaFile): Promise<string>
  /** Fetches a file of up to 20 MB. */
  download(mediaId: string): Promise<Download>
  /** One member; 60111 when there is none. */
  user(userid: string): Promise<WecomUser>
  /** The members of a department and all below it (of all visible ones, if none is named). */
  users(departmentId?: number): Promise<WecomUser[]>
  /** A department and all below it (all visible ones, if none is named). */
  departments(departmentId?: number): Promise<WecomDepartment[]>
  /** Sets the application's menu: 1–3 buttons, each with up to 5 below it. */
  createMenu(buttons: WecomMenuButton[]): Promise<void>
  /** Makes a group chat with an id of ours; a second time changes nothing. */
  createChat(chat: WecomChat): Promise<void>
  /** Changes a group chat of ours. */
  updateChat(change: WecomChatChange): Promise<void>
  /** A group chat of ours; nothing when there is none. */
  chat(chatId: string): Promise<WecomChat | undefined>
  /** Says something in a group chat of ours; no cards there. */
  sendToChat(message: WecomChatMessage): Promise<void>
  /** Who stands behind the code of the workbench's redirect. */
  visitor(code: string): Promise<WecomVisitor>
}

const PARALLEL = 20

const tokenShape = z
  .object({ access_token: z.string().min(1), expires_in: z.number().positive() })
  .transform((answer) => ({ token: answer.access_token, expiresInS: answer.expires_in }))

/** `|`-joined in message/send, an array in update_template_card. */
const idList = z
  .union([z.array(z.string()), z.string()])
  .nullish()
  .transform((ids) => (Array.isArray(ids) ? ids : (ids ?? '').split('|')).filter((id) => id !== ''))

const sentShape = z
  .object({
    msgid: z.string().default(''),
    response_code: z.string().optional(),
    invaliduser: idList,
    unlicenseduser: idList,
  })
  .transform(
    (sent): WecomSent => ({
      msgid: sent.msgid,
      ...(sent.response_code && { responseCode: sent.response_code }),
      invalidUsers: [...new Set([...sent.invaliduser, ...sent.unlicenseduser])],
    }),
  )

const updatedShape = z.object({ invaliduser: idList }).transform(({ invaliduser }) => ({ invalidUsers: invaliduser }))

const doneShape = z.unknown()

/** A client of one WeCom application. Nothing is called until something is asked of it. */
export function wecom(config: WecomConfig, clock: Clock): Wecom {
  const platform: WxPlatform = { platform: 'wecom', apiBase: config.apiBase, reaction: wecomReaction }
  const fetchToken = () =>
    askWx(platform, tokenShape, {
      path: '/cgi-bin/gettoken',
      query: { corpid: config.corpId, corpsecret: config.secret },
    })
  const api = wxApi(platform, fetchToken, PARALLEL, clock)

  return {
    send: (message) =>
      api.json(sentShape, { path: '/cgi-bin/message/send', json: messageBody(message, config.agentId) }),

    updateCard: ({ userids, responseCode, card, replaceName }) =>
      api.json(updatedShape, {
        path: '/cgi-bin/message/update_template_card',
        json: {
          userids,
          agentid: config.agentId,
          response_code: responseCode,
          ...(card ? { template_card: card } : { button: { replace_name: replaceName } }),
        },
      }),

    async recall(msgid) {
      await api.json(doneShape, { path: '/cgi-bin/message/recall', json: { msgid } })
    },

    upload: (kind, file) => uploadMedia(api, kind, file),
    download: (mediaId) => downloadMedia(api, mediaId),

    user: (userid) => fetchUser(api, userid),
    users: (departmentId) => fetchUsers(api, departmentId),
    departments: (departmentId) => fetchDepartments(api, departmentId),

    async createMenu(buttons) {
      await api.json(doneShape, {
        path: '/cgi-bin/menu/create',
        query: { agentid: config.agentId },
        json: { button: buttons },
      })
    },

    createChat: (chat) => createChat(api, chat),
    updateChat: (change) => updateChat(api, change),
    chat: (chatId) => fetchChat(api, chatId),
    sendToChat: (message) => sendToChat(api, message),
    visitor: (code) => fetchVisitor(api, code),
  }
}
