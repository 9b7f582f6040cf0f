import type { ButtonInteraction } from '../server/platforms/wecom-card.ts'
import { addressOf, type Card, clip, type Link } from './card.ts'

/** A card to send or to put in place of one: the closing label counts in updates only. */
export type WecomCard = ButtonInteraction & { replace_text?: string }

const COLORS = { plain: 0, urgent: 2, done: 3 } as const
const STYLES = { main: 1, plain: 2, closed: 3, danger: 4 } as const

/** What WeCom shows of each part (PLATFORMS.md §1.3); we cut where a reader would, instead of leaving it to the client. */
const ROOM = {
  source: 13,
  title: 26,
  subtitle: 30,
  quote: 160,
  line: 112,
  label: 5,
  fact: 26,
  select: 13,
  option: 10,
  button: 10,
}

/** The entry of a drop-down that stands for "nothing chosen yet": one tap must not answer for the person. */
export const UNCHOSEN = '-'

/** A card as WeCom's button_interaction card. Pure: the same card gives the same bytes. */
export function toWecom(card: Card, taskId: string): WecomCard {
  const shape: WecomCard = {
    card_type: 'button_interaction',
    source: { desc: clip(card.source.text, ROOM.source), desc_color: COLORS[card.source.mood] },
    main_title: titled(card),
    task_id: taskId,
    button_list: card.closed
      ? [{ text: clip(card.closed, ROOM.button), style: STYLES.closed, key: 'closed' }]
      : card.buttons
          .slice(0, 6)
          .map(({ key, text, look }) => ({ text: clip(text, ROOM.button), style: STYLES[look], key })),
  }
  if (card.quote) shape.quote_area = { type: 0, title: card.quote.title, quote_text: clip(card.quote.text, ROOM.quote) }
  if (card.line) shape.sub_title_text = clip(card.line, ROOM.line)
  if (card.facts.length > 0) {
    shape.horizontal_content_list = card.facts
      .slice(0, 6)
      .map(({ label, text, keep }) => ({ keyname: clip(label, ROOM.label), value: clip(text, ROOM.fact, keep) }))
  }
  if (card.menu.length > 0) {
    shape.action_menu = {
      desc: card.source.text,
      action_list: card.menu.slice(0, 3).map(({ key, text }) => ({ key, text })),
    }
  }
  if (card.closed) shape.replace_text = clip(card.closed, ROOM.fact)
  else if (card.select && card.select.options.length > 0) {
    const { name, title, options, chosen, unchosen } = card.select
    shape.button_selection = {
      question_key: name,
      title: clip(title, ROOM.select),
      selected_id: chosen ?? UNCHOSEN,
      option_list: [
        ...(chosen ? [] : [{ id: UNCHOSEN, text: unchosen }]),
        ...options.map(({ value, label }) => ({ id: value, text: clip(label, ROOM.option) })),
      ].slice(0, 10),
    }
  }
  return shape
}

function titled({ title, subtitle }: Card): WecomCard['main_title'] {
  const shown = clip(title, ROOM.title)
  return subtitle ? { title: shown, desc: clip(subtitle, ROOM.subtitle) } : { title: shown }
}

/** A line of the chat; a link stands below it. */
export function toWecomText(text: string, link: Link | undefined, baseUrl: string): string {
  return link ? `${text}\n<a href="${addressOf(link, baseUrl)}">${link.label}</a>` : text
}
