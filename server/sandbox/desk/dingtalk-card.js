import { openPage } from './browser.js'
import { buttons, field, titles } from './card-parts.js'
import { h } from './dom.js'
import { markdown } from './text.js'
import { words } from './words.js'

/**
 * Draws a card as DingTalk draws the published template (templates/dingtalk/card.json). `act` and `choices` are those
 * of `drawCard`; lines that are filled in stand in `choices` as plain texts.
 */
export function drawDingtalkCard(item, act, choices) {
  const { card } = item
  return h(
    'article',
    { class: 'card ding', 'data-task': item.taskId, 'data-mood': card.source?.mood ?? 'plain' },
    header(item),
    h(
      'div',
      { class: 'ding-body' },
      titles(card.title, card.subtitle),
      card.quote && quote(card.quote),
      card.line && h('p', { class: 'ding-line' }, card.line),
      facts(card),
      card.content !== undefined && written(card),
      item.selects.map((select) => drawSelect(select, item.unchosen[select.questionKey], choices)),
      item.inputs.map((input) => drawInput(input, choices)),
      card.broken.length > 0 && h('p', { class: 'ding-broken' }, words.sides.broken(card.broken.join('、'))),
      buttons(item, act, choices, 'ding-buttons'),
      links(item, act),
    ),
  )
}

function header({ card: { source } }) {
  if (!source) return null
  return h(
    'header',
    { class: 'ding-head' },
    h('span', { class: 'ding-dot', 'aria-hidden': 'true' }),
    h('span', {}, source.desc),
  )
}

/** What else can be asked for: the template has no corner for it, only links at its end. */
function links(item, act) {
  if (item.menu.length === 0) return null
  return h(
    'div',
    { class: 'ding-menu' },
    item.menu.map(({ key, text }) =>
      h('button', { class: 'link', type: 'button', onclick: () => act.menu(item, key) }, text),
    ),
  )
}

function quote({ title, text }) {
  return h('blockquote', { class: 'ding-quote' }, title && h('strong', {}, title), text && h('span', {}, text))
}

function facts({ facts: lines }) {
  if (lines.length === 0) return null
  return h(
    'dl',
    { class: 'ding-facts' },
    lines.map(({ label, text }) => h('div', {}, h('dt', {}, `${label}：`), h('dd', {}, text))),
  )
}

/** A text that is written as one reads; a mark stands at its end until it is done. */
function written({ content, flowStatus }) {
  const writing = flowStatus === '1' || flowStatus === '2'
  return h('div', { class: `ding-written${writing ? ' writing' : ''}` }, markdown(content, openPage))
}

function drawSelect({ questionKey, title, options, selected }, unchosen, choices) {
  const chosen = (choices[questionKey] ?? selected)[0]
  const select = h(
    'select',
    {
      class: chosen ? '' : 'unchosen',
      onchange: (event) => {
        choices[questionKey] = event.target.value ? [event.target.value] : []
        select.classList.toggle('unchosen', event.target.value === '')
      },
    },
    h('option', { value: '', selected: !chosen }, unchosen || words.card.choose),
    options.map(({ id, text }) => h('option', { value: id, selected: id === chosen }, text)),
  )
  return field('ding-field', title, select)
}

function drawInput({ name, label, hint }, choices) {
  return field(
    'ding-field',
    label,
    h('textarea', {
      rows: 2,
      maxlength: 1000,
      placeholder: hint,
      'data-input': name,
      value: choices[name] ?? '',
      oninput: (event) => {
        choices[name] = event.target.value
      },
    }),
  )
}
