import { canCallBack, type TemplateCard } from './cards.ts'

interface ItemBase {
  /** Unique in its chat and stable over updates. */
  id: string
  /** When it was sent, ms UTC on the sandbox's clock. */
  at: number
  /** Who says it: the application, or the person whose chat this is. */
  from: 'app' | 'person'
  /** The platform's id of the message; every item of the application has one. */
  msgid?: string
}

export interface TextItem extends ItemBase {
  kind: 'text'
  text: string
}

export interface MarkdownItem extends ItemBase {
  kind: 'markdown'
  text: string
}

export interface ImageItem extends ItemBase {
  kind: 'image'
  mediaId: string
}

export interface FileItem extends ItemBase {
  kind: 'file'
  mediaId: string
  name: string
  size: number
}

export interface TextcardItem extends ItemBase {
  kind: 'textcard'
  title: string
  description: string
  url: string
  button: string
}

export interface NewsItem extends ItemBase {
  kind: 'news'
  articles: { title: string; description?: string; url?: string; picurl?: string }[]
}

/** A button as the person sees it now. */
export interface CardButton {
  key: string
  text: string
  style: number
  /** Set on buttons that open a page instead of calling back. */
  url?: string
  /** Whether a press on it does anything. */
  alive: boolean
}

/** A drop-down or a list of ticks as the person sees it now. */
export interface CardSelect {
  questionKey: string
  title: string
  kind: 'dropdown' | 'single' | 'multiple'
  options: { id: string; text: string }[]
  /** Ids that are chosen before the person touches it. */
  selected: string[]
  disabled: boolean
}

/** A template card with its present look: every update has already been applied. */
export interface CardItem extends ItemBase {
  kind: 'card'
  /** The id fixed at send time; updates cannot change it. */
  taskId: string
  /** The card as it is shown now, in wire form. */
  card: TemplateCard
  /** The grey, dead label that stands in place of the buttons, if there is one. */
  replaced: string | null
  buttons: CardButton[]
  selects: CardSelect[]
  /** Entries of the upper-right menu. */
  menu: { key: string; text: string }[]
  /** Whether any of its buttons still calls back. */
  alive: boolean
  /** How often it was changed after sending, and when last. */
  updates: number
  updatedAt?: number
}

/** What is left of a message that was taken back. */
export interface RecalledItem extends ItemBase {
  kind: 'recalled'
}

export type ChatItem =
  | TextItem
  | MarkdownItem
  | ImageItem
  | FileItem
  | TextcardItem
  | NewsItem
  | CardItem
  | RecalledItem

/** A card as it is first shown. */
export function newCard(base: { id: string; at: number; msgid: string }, card: TemplateCard): CardItem {
  return look({
    ...base,
    kind: 'card',
    from: 'app',
    taskId: card.task_id ?? '',
    card,
    replaced: null,
    buttons: [],
    selects: [],
    menu: [],
    alive: false,
    updates: 0,
  })
}

/** The card after an update: a new card (its task id stays), or one grey label for all its buttons. */
export function changeCard(item: CardItem, change: CardChange, at: number): CardItem {
  const updated = { ...item, updates: item.updates + 1, updatedAt: at }
  if ('replaceName' in change) return look({ ...updated, replaced: change.replaceName })
  return look({ ...updated, card: change.card, replaced: change.card.replace_text || null })
}

/** What an update carries. */
export type CardChange = { card: TemplateCard } | { replaceName: string }

/** Whether the platform lets this card be changed after sending. */
export function canChange(card: TemplateCard): boolean {
  return canCallBack(card) || card.action_menu !== undefined
}

/** Works out what of the card can be pressed and chosen now. */
function look(item: CardItem): CardItem {
  const { card } = item
  const interactive = canCallBack(card)
  const live = interactive && item.replaced === null
  const listed = (card.button_list ?? []).map((button) => ({
    key: button.key ?? '',
    text: button.text,
    style: button.style ?? 1,
    ...(button.type === 1 && { url: button.url }),
    alive: live && button.type !== 1,
  }))
  const submit = card.submit_button && {
    key: card.submit_button.key,
    text: card.submit_button.text,
    style: 1,
    alive: live,
  }
  const buttons = !interactive ? [] : card.card_type === 'button_interaction' ? listed : submit ? [submit] : []
  return {
    ...item,
    buttons,
    selects: interactive ? selectsOf(card, live) : [],
    menu: (card.action_menu?.action_list ?? []).map(({ key, text }) => ({ key, text })),
    alive: buttons.some((button) => button.alive),
  }
}

function selectsOf(card: TemplateCard, live: boolean): CardSelect[] {
  const dropdowns = [
    ...(card.card_type === 'button_interaction' && card.button_selection ? [card.button_selection] : []),
    ...(card.card_type === 'multiple_interaction' ? (card.select_list ?? []) : []),
  ].map(
    (select): CardSelect => ({
      questionKey: select.question_key,
      title: select.title ?? '',
      kind: 'dropdown',
      options: select.option_list.map(({ id, text }) => ({ id, text })),
      selected: [select.selected_id ?? select.option_list[0]?.id ?? ''],
      disabled: !live || select.disable === true,
    }),
  )
  if (card.card_type !== 'vote_interaction' || !card.checkbox) return dropdowns
  const { checkbox } = card
  return [
    {
      questionKey: checkbox.question_key,
      title: '',
      kind: checkbox.mode === 1 ? 'multiple' : 'single',
      options: checkbox.option_list.map(({ id, text }) => ({ id, text })),
      selected: checkbox.option_list.filter((option) => option.is_checked).map((option) => option.id),
      disabled: !live || checkbox.disable === true,
    },
  ]
}
