/*
 * Template cards in their wire shape, field by field as WeCom names them (PLATFORMS.md §1.3, docs 90236 and 94888).
 * Counts and bytes in the comments are enforced by the platform; "shown" is where clients cut.
 */

/** `type` 1 opens a page, 2 a mini-program. */
export type CardAction = { type: 1; url: string } | { type: 2; appid: string; pagepath?: string }

export interface CardSource {
  icon_url?: string
  /** 13 characters shown. */
  desc?: string
  /** 0 grey, 1 black, 2 red, 3 green. */
  desc_color?: 0 | 1 | 2 | 3
}

/** The menu at the upper right: 1–3 items, keys unique and ≤ 1024 bytes; the card then needs a task_id. */
export interface ActionMenu {
  desc: string
  action_list: { text: string; key: string }[]
}

/** 26 and 30 characters shown. */
export interface MainTitle {
  title?: string
  desc?: string
}

export interface QuoteArea {
  type?: 0 | 1 | 2
  url?: string
  appid?: string
  pagepath?: string
  title?: string
  quote_text?: string
}

/** `type` 0 text, 1 link, 2 attachment (media_id), 3 member (userid). 5 and 26 characters shown. */
export interface HorizontalContent {
  type?: 0 | 1 | 2 | 3
  keyname: string
  value?: string
  url?: string
  media_id?: string
  userid?: string
}

/** `type` 0 plain, 1 link, 2 mini-program. */
export interface CardJump {
  type?: 0 | 1 | 2
  title: string
  url?: string
  appid?: string
  pagepath?: string
}

/** A drop-down: 1–10 options, ids ≤ 128 bytes, question_key ≤ 1024 bytes. `disable` counts in updates only. */
export interface CardSelection {
  question_key: string
  title?: string
  selected_id?: string
  option_list: { id: string; text: string }[]
  disable?: boolean
}

/** `style` 1 emphasis, 2 secondary, 3 neutral, 4 negative; `type` 0 calls back with `key`, 1 opens `url`. */
export type CardButton =
  | { text: string; style?: 1 | 2 | 3 | 4; type?: 0; key: string }
  | { text: string; style?: 1 | 2 | 3 | 4; type: 1; url: string }

/** `mode` 0 one answer, 1 several; 1–20 options. `disable` counts in updates only. */
export interface CardCheckbox {
  question_key: string
  mode?: 0 | 1
  option_list: { id: string; text: string; is_checked?: boolean }[]
  disable?: boolean
}

interface CardHead {
  source?: CardSource
  action_menu?: ActionMenu
}

interface Notice extends CardHead {
  quote_area?: QuoteArea
  /** ≤ 6. */
  horizontal_content_list?: HorizontalContent[]
  /** ≤ 3. */
  jump_list?: CardJump[]
  card_action: CardAction
  /** Needed with an action_menu. */
  task_id?: string
}

export interface TextNotice extends Notice {
  card_type: 'text_notice'
  main_title?: MainTitle
  emphasis_content?: { title?: string; desc?: string }
  sub_title_text?: string
}

export interface NewsNotice extends Notice {
  card_type: 'news_notice'
  main_title: MainTitle
  card_image?: { url: string; aspect_ratio?: number }
  image_text_area?: {
    type?: 0 | 1 | 2
    url?: string
    appid?: string
    pagepath?: string
    title?: string
    desc?: string
    image_url: string
  }
  /** ≤ 4. */
  vertical_content_list?: { title: string; desc?: string }[]
}

interface Interactive extends CardHead {
  main_title: MainTitle
  /** `[0-9A-Za-z_\-@]`, ≤ 128 bytes, never used twice by one application. */
  task_id: string
}

export interface ButtonInteraction extends Interactive {
  card_type: 'button_interaction'
  quote_area?: QuoteArea
  /** 112 characters shown. */
  sub_title_text?: string
  /** ≤ 6. */
  horizontal_content_list?: HorizontalContent[]
  card_action?: CardAction | { type: 0 }
  button_selection?: CardSelection
  /** 1–6. */
  button_list: CardButton[]
}

export interface VoteInteraction extends Interactive {
  card_type: 'vote_interaction'
  checkbox: CardCheckbox
  submit_button: { text: string; key: string }
}

export interface MultipleInteraction extends Interactive {
  card_type: 'multiple_interaction'
  /** 1–3. */
  select_list: CardSelection[]
  submit_button: { text: string; key: string }
}

export type InteractiveCard = ButtonInteraction | VoteInteraction | MultipleInteraction

/** A card that can be sent. */
export type TemplateCard = TextNotice | NewsNotice | InteractiveCard

/** `replace_text` shows one grey, dead button in place of the buttons; task_id is ignored in updates. */
type Updated<C extends InteractiveCard> = Omit<C, 'task_id'> & { task_id?: string; replace_text?: string }

/** A card that takes the place of a sent one; any type may replace any other. */
export type CardUpdate =
  | TextNotice
  | NewsNotice
  | Updated<ButtonInteraction>
  | Updated<VoteInteraction>
  | Updated<MultipleInteraction>
