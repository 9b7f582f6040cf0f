import { openPage } from './browser.js'
import { menu } from './card.js'
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
    header(item, act),
    h(
      'div',
      { class: 'ding-body' },
      titles(card),
      card.quote && quote(card.quote),
      card.line && h('p', { class: 'ding-line' }, card.line),
      facts(card),
      card.content !== undefined && written(card),
      item.selects.map((select) => drawSelect(select, item.unchosen[select.questionKey], choices)),
      item.inputs.map((input) => drawInput(input, choices)),
      card.broken.length > 0 && h('p', { class: 'ding-broken' }, words.sides.broken(card.broken.join('、'))),
      buttons(item, act, choices),
    ),
  )
}

function header(item, act) {
  const { source } = item.card
  if (!source && item.menu.length === 0) return null
  return h(
    'header',
    { class: 'ding-head' },
    h('span', { class: 'ding-dot', 'aria-hidden': 'true' }),
    h('span', {}, source?.desc ?? ''),
    item.menu.length > 0 && menu(item, act),
  )
}

function titles({ title, subtitle }) {
  if (!title && !subtitle) return null
  return h('div', { class: 'card-titles' }, title && h('h3', {}, title), subtitle && h('p', {}, subtitle))
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
  return h('label', { class: 'ding-field' }, title && h('span', {}, title), select)
}

function drawInput({ name, label, hint }, choices) {
  return h(
    'label',
    { class: 'ding-field' },
    label && h('span', {}, label),
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

function buttons(item, act, choices) {
  if (item.replaced !== null)
    return h(
      'div',
      { class: 'ding-buttons' },
      h('button', { class: 'card-button replaced', disabled: true }, item.replaced),
    )
  if (item.buttons.length === 0) return null
  return h(
    'div',
    { class: `ding-buttons count-${item.buttons.length}` },
    item.buttons.map((button) => {
      const element = h(
        'button',
        { class: `card-button style-${button.style}`, 'data-key': button.key, type: 'button' },
        h('span', {}, button.text),
      )
      element.addEventListener('click', () => {
        if (!element.closest('.pressing')) act.press(item, button.key, choices, element)
      })
      return element
    }),
  )
}
