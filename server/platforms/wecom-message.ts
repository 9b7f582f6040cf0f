import type { TemplateCard } from './wecom-card.ts'

/** Who gets a message: user ids (≤ 1000, or just '@all'), departments (≤ 100), tags (≤ 100); at least one of them. */
export interface WecomReceivers {
  touser?: string[]
  toparty?: number[]
  totag?: number[]
}

export interface WecomMessageOptions {
  /** 1: cannot be forwarded, with a watermark (text, image, file). */
  safe?: 0 | 1
  /** 1: the same content to the same people is swallowed for `duplicate_check_interval` seconds (1800, at most 14400). */
  enable_duplicate_check?: 0 | 1
  duplicate_check_interval?: number
}

export interface NewsArticle {
  title: string
  description?: string
  url: string
  picurl?: string
}

/** The content under its msgtype, as WeCom names it (PLATFORMS.md §1.2). */
export type WecomContent =
  | { msgtype: 'text'; text: { content: string } }
  | { msgtype: 'markdown'; markdown: { content: string } }
  | { msgtype: 'image'; image: { media_id: string } }
  | { msgtype: 'file'; file: { media_id: string } }
  | { msgtype: 'textcard'; textcard: { title: string; description: string; url: string; btntxt?: string } }
  | { msgtype: 'news'; news: { articles: NewsArticle[] } }
  | { msgtype: 'template_card'; template_card: TemplateCard }

export type WecomMessage = WecomReceivers & WecomMessageOptions & WecomContent

const TEXT_BYTES = 2048
const TITLE_BYTES = 128
const DESCRIPTION_BYTES = 512

/** The body of message/send. Texts over the platform's byte limits are cut here, where no character is torn. */
export function messageBody(message: WecomMessage, agentId: number): object {
  const { touser, toparty, totag, ...rest } = message
  return {
    ...{ touser: touser?.join('|'), toparty: toparty?.join('|'), totag: totag?.join('|') },
    agentid: agentId,
    ...rest,
    ...fittedContent(message),
  }
}

/** The content with its texts cut to the platform's limits, under its msgtype; nothing when there is nothing to cut. */
export function fittedContent(message: WecomContent): object {
  switch (message.msgtype) {
    case 'text':
      return { text: { content: clipBytes(message.text.content, TEXT_BYTES) } }
    case 'markdown':
      return { markdown: { content: clipBytes(message.markdown.content, TEXT_BYTES) } }
    case 'textcard':
      return { textcard: fitTitled(message.textcard) }
    case 'news':
      return { news: { articles: message.news.articles.map(fitTitled) } }
    default:
      return {}
  }
}

function fitTitled<T extends { title: string; description?: string }>(titled: T): T {
  return {
    ...titled,
    title: clipBytes(titled.title, TITLE_BYTES),
    ...(titled.description === undefined ? {} : { description: clipBytes(titled.description, DESCRIPTION_BYTES) }),
  }
}

const ELLIPSIS = '…'

/** The text itself if it has at most `most` bytes of UTF-8, else its beginning and an ellipsis, together ≤ `most`. */
export function clipBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text
  let left = most - Buffer.byteLength(ELLIPSIS)
  let kept = ''
  for (const character of text) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    kept += character
  }
  return kept + ELLIPSIS
}
