import { z } from 'zod'

/**
 * Template cards in wire form, and what the platform refuses. Lengths "advised" by the docs are display advice and
 * are not enforced; byte limits, counts and required blocks are. Source: WeCom docs 90236, 94888, 101032.
 */

const bytes = (max: number) =>
  z.string().refine((text) => text.length > 0 && Buffer.byteLength(text) <= max, `1 to ${max} bytes`)
const key = bytes(1024)
const option = z.looseObject({ id: bytes(128), text: z.string().min(1) })
const unique = <T>(items: T[], name: (item: T) => string) => new Set(items.map(name)).size === items.length

const select = z.looseObject({
  question_key: key,
  title: z.string().optional(),
  selected_id: z.string().optional(),
  disable: z.boolean().optional(),
  option_list: z.array(option).min(1).max(10),
})

const templateCard = z.looseObject({
  card_type: z.enum(['text_notice', 'news_notice', 'button_interaction', 'vote_interaction', 'multiple_interaction']),
  source: z
    .looseObject({
      icon_url: z.string().optional(),
      desc: z.string().optional(),
      desc_color: z.int().min(0).max(3).optional(),
    })
    .optional(),
  action_menu: z
    .looseObject({
      desc: z.string().optional(),
      action_list: z
        .array(z.looseObject({ text: z.string().min(1), key }))
        .min(1)
        .max(3)
        .refine((list) => unique(list, (one) => one.key), 'keys must differ'),
    })
    .optional(),
  main_title: z.looseObject({ title: z.string().optional(), desc: z.string().optional() }).optional(),
  emphasis_content: z.looseObject({ title: z.string().optional(), desc: z.string().optional() }).optional(),
  quote_area: z
    .looseObject({
      type: z.int().min(0).max(2).optional(),
      url: z.string().optional(),
      appid: z.string().optional(),
      title: z.string().optional(),
      quote_text: z.string().optional(),
    })
    .refine((area) => area.type !== 1 || area.url, 'type 1 needs url')
    .refine((area) => area.type !== 2 || area.appid, 'type 2 needs appid')
    .optional(),
  sub_title_text: z.string().optional(),
  horizontal_content_list: z
    .array(
      z
        .looseObject({
          type: z.int().min(0).max(3).optional(),
          keyname: z.string().min(1),
          value: z.string().optional(),
          url: z.string().optional(),
          media_id: z.string().optional(),
          userid: z.string().optional(),
        })
        .refine((line) => line.type !== 1 || line.url, 'type 1 needs url')
        .refine((line) => line.type !== 2 || line.media_id, 'type 2 needs media_id')
        .refine((line) => line.type !== 3 || line.userid, 'type 3 needs userid'),
    )
    .max(6)
    .optional(),
  vertical_content_list: z
    .array(z.looseObject({ title: z.string().min(1), desc: z.string().optional() }))
    .max(4)
    .optional(),
  jump_list: z
    .array(
      z
        .looseObject({ type: z.int().min(0).max(2).optional(), title: z.string().min(1), url: z.string().optional() })
        .refine((jump) => jump.type !== 1 || jump.url, 'type 1 needs url'),
    )
    .max(3)
    .optional(),
  card_action: z
    .looseObject({ type: z.int().min(0).max(2), url: z.string().optional(), appid: z.string().optional() })
    .optional(),
  card_image: z
    .looseObject({
      url: z.string().min(1),
      aspect_ratio: z.number().min(1.3).max(2.25).optional(),
    })
    .optional(),
  image_text_area: z
    .looseObject({ image_url: z.string().min(1), title: z.string().optional(), desc: z.string().optional() })
    .optional(),
  button_selection: select.optional(),
  select_list: z
    .array(select)
    .min(1)
    .max(3)
    .refine((list) => unique(list, (one) => one.question_key), 'question keys must differ')
    .optional(),
  button_list: z
    .array(
      z
        .looseObject({
          text: z.string().min(1),
          style: z.int().min(1).max(4).optional(),
          key: key.optional(),
          type: z.int().min(0).max(1).optional(),
          url: z.string().optional(),
        })
        .refine((button) => (button.type === 1 ? button.url : button.key), 'type 0 needs key, type 1 needs url'),
    )
    .min(1)
    .max(6)
    .refine((list) => unique(list, (one) => one.key ?? one.url ?? ''), 'keys must differ')
    .optional(),
  checkbox: z
    .looseObject({
      question_key: key,
      mode: z.int().min(0).max(1).optional(),
      disable: z.boolean().optional(),
      option_list: z
        .array(option.extend({ is_checked: z.boolean().optional() }))
        .min(1)
        .max(20),
    })
    .optional(),
  submit_button: z.looseObject({ text: z.string().min(1), key }).optional(),
  replace_text: z.string().optional(),
  task_id: z
    .string()
    .regex(/^[0-9A-Za-z_\-@]+$/)
    .max(128)
    .optional(),
})

export type TemplateCard = z.infer<typeof templateCard>

/** Why the platform refuses a card. */
export interface CardRefusal {
  errcode: number
  errmsg: string
}

/** Checks a card as message/send does, or as an update does (`task_id` is then ignored). */
export function checkCard(value: unknown, use: 'send' | 'update'): TemplateCard | CardRefusal {
  const parsed = templateCard.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { errcode: 40058, errmsg: `invalid argument: template_card.${issue?.path.join('.')} ${issue?.message}` }
  }
  const card = parsed.data
  return missing(card, use) ?? card
}

/** Whether a checked value is a refusal. */
export function isRefusal(value: TemplateCard | CardRefusal): value is CardRefusal {
  return 'errcode' in value
}

function missing(card: TemplateCard, use: 'send' | 'update'): CardRefusal | undefined {
  const lacks = (block: string, errcode = 40058): CardRefusal => ({
    errcode,
    errmsg: errcode === 42045 ? 'template_card card_action missing or invalid' : `invalid argument: missing ${block}`,
  })
  if (!card.main_title?.title && !card.sub_title_text) return lacks('template_card.main_title')
  const action = card.card_action
  if (action?.type === 1 && !action.url) return lacks('card_action', 42045)
  if (action?.type === 2 && !action.appid) return lacks('card_action', 42045)
  const taskIdNeeded = use === 'send' && (card.action_menu || canCallBack(card))
  if (taskIdNeeded && !card.task_id) return lacks('template_card.task_id')

  switch (card.card_type) {
    case 'text_notice':
      return action && action.type !== 0 ? undefined : lacks('card_action', 42045)
    case 'news_notice':
      if (!card.card_image && !card.image_text_area) return lacks('template_card.card_image')
      return action && action.type !== 0 ? undefined : lacks('card_action', 42045)
    case 'button_interaction':
      return card.button_list || (use === 'update' && card.replace_text)
        ? undefined
        : lacks('template_card.button_list')
    case 'vote_interaction':
      if (!card.checkbox) return lacks('template_card.checkbox')
      return card.submit_button ? undefined : lacks('template_card.submit_button')
    case 'multiple_interaction':
      if (!card.select_list) return lacks('template_card.select_list')
      return card.submit_button ? undefined : lacks('template_card.submit_button')
  }
}

/** Whether a card of this type sends a callback by its own buttons. */
export function canCallBack(card: TemplateCard): boolean {
  return card.card_type.endsWith('_interaction')
}
