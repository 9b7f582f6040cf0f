import { createHash } from 'node:crypto'
import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { NewsNotice, TextNotice } from './wecom-card.ts'
import { wecomReaction } from './wecom-errors.ts'
import type { MediaFile } from './wecom-media.ts'
import { clipBytes, type NewsArticle } from './wecom-message.ts'
import { askWx, type WxPlatform } from './wx-api.ts'

/** A robot in a group chat; it speaks and never hears. `key` is the one in its webhook address. */
export interface WecomWebhookSettings {
  key: string
  apiBase: string
}

/** What a group robot may say (PLATFORMS.md §1.7); its cards have no buttons. */
export type WebhookMessage =
  | { msgtype: 'text'; text: { content: string; mentioned_list?: string[]; mentioned_mobile_list?: string[] } }
  /** `<@userid>` mentions somebody. */
  | { msgtype: 'markdown'; markdown: { content: string } }
  /** With tables, lists and pictures; without mentions and colours. */
  | { msgtype: 'markdown_v2'; markdown_v2: { content: string } }
  | { msgtype: 'news'; news: { articles: NewsArticle[] } }
  | { msgtype: 'file'; file: { media_id: string } }
  | { msgtype: 'voice'; voice: { media_id: string } }
  | { msgtype: 'template_card'; template_card: TextNotice | NewsNotice }

/** Twenty messages a minute; over that PlatformError 45009, which may be tried again after a minute. */
export interface WecomWebhook {
  send(message: WebhookMessage): Promise<void>
  /** A jpg or png of up to 2 MB. */
  sendImage(bytes: Uint8Array): Promise<void>
  /** Uploads a file (20 MB) or a voice message (2 MB) for three days and returns its media_id. */
  upload(kind: 'file' | 'voice', file: MediaFile): Promise<string>
}

const MB = 1024 * 1024
const IMAGE_BYTES = 2 * MB
const UPLOAD_BYTES = { file: 20 * MB, voice: 2 * MB }
const LEAST_BYTES = 6
const TEXT_BYTES = 2048
const MARKDOWN_BYTES = 4096

const uploaded = z.object({ media_id: z.string().min(1) })

/** A client of one group robot. */
export function wecomWebhook({ key, apiBase }: WecomWebhookSettings): WecomWebhook {
  const platform: WxPlatform = { platform: 'wecom_webhook', apiBase, reaction: wecomReaction }
  const post = async (json: object) => {
    await askWx(platform, z.unknown(), { path: '/cgi-bin/webhook/send', query: { key }, json })
  }
  return {
    send: (message) => post({ ...message, ...fitted(message) }),

    async sendImage(bytes) {
      refuseSize('image', bytes.byteLength, IMAGE_BYTES)
      const md5 = createHash('md5').update(bytes).digest('hex')
      await post({ msgtype: 'image', image: { base64: Buffer.from(bytes).toString('base64'), md5 } })
    },

    async upload(kind, file) {
      refuseSize(kind, file.bytes.byteLength, UPLOAD_BYTES[kind])
      const form = new FormData()
      form.append('media', new Blob([Uint8Array.from(file.bytes)], { type: file.mime }), file.name)
      const query = { key, type: kind }
      const answer = await askWx(platform, uploaded, { path: '/cgi-bin/webhook/upload_media', query, form })
      return answer.media_id
    },
  }
}

function fitted(message: WebhookMessage): object {
  switch (message.msgtype) {
    case 'text':
      return { text: { ...message.text, content: clipBytes(message.text.content, TEXT_BYTES) } }
    case 'markdown':
      return { markdown: { content: clipBytes(message.markdown.content, MARKDOWN_BYTES) } }
    case 'markdown_v2':
      return { markdown_v2: { content: clipBytes(message.markdown_v2.content, MARKDOWN_BYTES) } }
    default:
      return {}
  }
}

function refuseSize(kind: string, size: number, most: number): void {
  if (size > most) throw new PlatformError('wecom_webhook', 'too_large', false, `${kind} of ${size} bytes`)
  if (size < LEAST_BYTES) throw new PlatformError('wecom_webhook', 'too_small', false, `${kind} of ${size} bytes`)
}
