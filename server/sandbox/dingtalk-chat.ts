import type { CardItem, FileItem, ImageItem, MarkdownItem, NewsItem, RecalledItem, TextItem } from './chat.ts'

/** A picture of a robot may be one of the web instead of an uploaded one; `mediaId` is then empty. */
export interface DingtalkImage extends ImageItem {
  url?: string
}

/** A message with buttons that open pages. */
export interface ActionsItem extends Omit<TextItem, 'kind' | 'text'> {
  kind: 'actions'
  title: string
  text: string
  buttons: { text: string; url: string }[]
  /** Whether two buttons stand side by side. */
  beside: boolean
}

/** What the template draws from the card's variables, read once. */
export interface CardFace {
  source?: { desc: string; mood: 'plain' | 'urgent' | 'done' }
  title: string
  subtitle: string
  quote?: { title: string; text: string }
  line: string
  facts: { label: string; text: string }[]
  /** Why nothing can be done any more; empty while something can. */
  closed: string
  /** The Markdown of a card that is written as one reads. */
  content?: string
  /** How far such a card is: "1" processing, "2" writing, "3" finished, "5" failed. */
  flowStatus?: string
  /** Variables that the template cannot read: it draws nothing in their place. */
  broken: string[]
}

/** A line to fill in. */
export interface CardInput {
  name: string
  label: string
  hint: string
}

/** A card with its present look, as one viewer sees it. `taskId` is its outTrackId. */
export interface DingtalkCard extends Omit<CardItem, 'card'> {
  card: CardFace
  /** The variables as this viewer has them: everybody's, and their own over them. */
  params: Record<string, string>
  inputs: CardInput[]
  /** What a drop-down says while nothing is chosen, by its name. */
  unchosen: Record<string, string>
}

interface Told {
  /** How it came, when not by the robot of the application: a work notification, or a webhook robot's name. */
  via?: 'notice' | 'webhook'
  /** Who says it: a webhook robot's name, or the user id in a group. */
  by?: string
}

export type DingtalkPlain = TextItem | MarkdownItem | DingtalkImage | FileItem | NewsItem | ActionsItem | RecalledItem

/** An item of a DingTalk chat; the kinds that WeCom has too have the same fields. */
export type DingtalkItem = (DingtalkPlain | DingtalkCard) & Told

/** What is kept of a card in a chat: its look is worked out when somebody looks. */
export type CardPlace = Pick<DingtalkCard, 'id' | 'at' | 'from' | 'msgid' | 'kind' | 'taskId'>

export type KeptItem = (DingtalkPlain | CardPlace) & Told

/** One card for ever: its variables, and where it stands. */
export interface CardInstance {
  outTrackId: string
  templateId: string
  callbackType?: 'STREAM' | 'HTTP'
  callbackRouteKey?: string
  params: Record<string, string>
  /** user id → the variables that only this person has. */
  privateParams: Record<string, Record<string, string>>
  places: { spaceType: 'IM_ROBOT' | 'IM_GROUP'; spaceId: string }[]
  /** Ids of the writings that were carried out already. */
  guids: string[]
  updates: number
  updatedAt?: number
}
