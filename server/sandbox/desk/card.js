import { mediaUrl } from './api.js'
import { openPage } from './browser.js'
import { buttons, field, menu, titles } from './card-parts.js'
import { h, icon } from './dom.js'
import { link, safeUrl } from './text.js'
import { words } from './words.js'

/**
 * Draws a template card as WeCom does. `act` has `press(item, key, selected, button)`, `menu(item, key)` and
 * `memberName(userid)`; `choices` keeps what the person has chosen but not yet sent, so that a redraw does not lose it.
 */
export function drawCard(item, act, choices) {
  const { card } = item
  const action = card.card_action?.type === 1 ? safeUrl(card.card_action.url) : undefined
  const article = h(
    'article',
    { class: `card${action ? ' opens' : ''}`, 'data-task': item.taskId, 'data-card': card.card_type },
    source(item, act),
    picture(card),
    heading(card, action),
    emphasis(card),
    quote(card),
    card.sub_title_text && h('p', { class: 'card-sub' }, card.sub_title_text),
    facts(card, act),
    verticals(card),
    item.selects.map((select) => drawSelect(select, choices)),
    buttons(item, act, choices, 'card-buttons'),
    jumps(card),
  )
  if (action)
    article.addEventListener('click', (event) => {
      if (!event.target.closest('button, a, select, input, label, .card-menu')) openPage(action)
    })
  return article
}

function source(item, act) {
  const { source: from } = item.card
  if (!from?.desc && item.menu.length === 0) return null
  return h(
    'header',
    { class: 'card-source' },
    from?.icon_url && h('img', { src: safeUrl(from.icon_url), alt: '' }),
    h('span', { class: `colour-${from?.desc_color ?? 0}` }, from?.desc ?? ''),
    item.menu.length > 0 && menu(item, act),
  )
}

function picture(card) {
  const image = card.card_image
  if (!image) return null
  const element = h('img', { class: 'card-picture', src: safeUrl(image.url), alt: '' })
  element.style.aspectRatio = String(image.aspect_ratio ?? 1.3)
  return element
}

function heading(card, action) {
  const { title, desc } = card.main_title ?? {}
  return titles(title && action ? link(title, action, openPage, 'card-title-link') : title, desc)
}

function emphasis(card) {
  const content = card.emphasis_content
  if (!content?.title && !content?.desc) return null
  return h('div', { class: 'card-emphasis' }, h('strong', {}, content.title ?? ''), h('span', {}, content.desc ?? ''))
}

function quote(card) {
  const area = card.quote_area
  if (!area?.title && !area?.quote_text) return null
  const inside = [area.title && h('strong', {}, area.title), area.quote_text && h('span', {}, area.quote_text)]
  if (area.type !== 1) return h('div', { class: 'card-quote' }, inside)
  const anchor = link('', area.url, openPage, 'card-quote')
  anchor.append(...inside.filter(Boolean))
  return anchor
}

function facts(card, act) {
  const lines = card.horizontal_content_list ?? []
  if (lines.length === 0) return null
  return h(
    'dl',
    { class: 'card-facts' },
    lines.map((line) => [h('dt', {}, line.keyname), h('dd', {}, factValue(line, act))]),
  )
}

function factValue(line, act) {
  if (line.type === 1) return link(line.value ?? line.url, line.url, openPage)
  if (line.type === 2) return link(line.value ?? words.chat.file, mediaUrl(line.media_id), openPage)
  if (line.type === 3) return h('span', { class: 'link' }, line.value || act.memberName(line.userid))
  return line.value ?? ''
}

function verticals(card) {
  return (card.vertical_content_list ?? []).map((line) =>
    h('div', { class: 'card-vertical' }, h('strong', {}, line.title), line.desc && h('p', {}, line.desc)),
  )
}

/** Radio buttons are a group by name: each drawing has its own. */
let groups = 0

function drawSelect(select, choices) {
  const chosen = choices[select.questionKey] ?? select.selected
  if (select.kind === 'dropdown')
    return field(
      'card-select',
      select.title,
      h(
        'select',
        {
          disabled: select.disabled,
          onchange: (event) => {
            choices[select.questionKey] = [event.target.value]
          },
        },
        select.options.map(({ id, text }) => h('option', { value: id, selected: chosen.includes(id) }, text)),
      ),
    )
  const multiple = select.kind === 'multiple'
  const group = `tick-${++groups}`
  return h(
    'fieldset',
    { class: 'card-ticks', disabled: select.disabled },
    select.options.map(({ id, text }) =>
      h(
        'label',
        {},
        h('input', {
          type: multiple ? 'checkbox' : 'radio',
          name: group,
          checked: chosen.includes(id),
          onchange: (event) => {
            const others = multiple ? (choices[select.questionKey] ?? select.selected).filter((one) => one !== id) : []
            choices[select.questionKey] = event.target.checked ? [...others, id] : others
          },
        }),
        h('span', {}, text),
      ),
    ),
  )
}

function jumps(card) {
  const list = (card.jump_list ?? []).filter((jump) => jump.title)
  if (list.length === 0) return null
  return h(
    'div',
    { class: 'card-jumps' },
    list.map((jump) => {
      if (!jump.url) return h('div', { class: 'card-jump' }, jump.title)
      const anchor = link(jump.title, jump.url, openPage, 'card-jump')
      anchor.append(icon('next', 16))
      return anchor
    }),
  )
}
