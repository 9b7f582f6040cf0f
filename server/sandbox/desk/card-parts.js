import { openPage } from './browser.js'
import { h } from './dom.js'
import { safeUrl } from './text.js'
import { words } from './words.js'

/* What cards of every platform have. A look of its own comes from the class of the row or of the card around it. */

/** The dots in the upper right corner, with what they open. */
export function menu(item, act) {
  const list = h(
    'div',
    { class: 'card-menu-list', hidden: true },
    item.menu.map(({ key, text }) =>
      h(
        'button',
        {
          onclick: () => {
            list.hidden = true
            act.menu(item, key)
          },
        },
        text,
      ),
    ),
  )
  const opener = h(
    'button',
    {
      class: 'plain card-more',
      'aria-label': words.card.more,
      'aria-haspopup': 'true',
      onclick: () => {
        list.hidden = !list.hidden
      },
    },
    '⋯',
  )
  return h(
    'div',
    {
      class: 'card-menu',
      onfocusout: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) list.hidden = true
      },
      onkeydown: (event) => {
        if (event.key === 'Escape') list.hidden = true
      },
    },
    opener,
    list,
  )
}

/** The title, a text or a link, and the line below it. */
export function titles(title, below) {
  if (!title && !below) return null
  return h('div', { class: 'card-titles' }, title && h('h3', {}, title), below && h('p', {}, below))
}

/** Something to choose or to fill in, with its label above it. */
export function field(className, label, control) {
  return h('label', { class: className }, label && h('span', {}, label), control)
}

/** The row of buttons, or the grey one in their place. One that is being pressed cannot be pressed again. */
export function buttons(item, act, choices, className) {
  if (item.replaced !== null)
    return h('div', { class: className }, h('button', { class: 'card-button replaced', disabled: true }, item.replaced))
  if (item.buttons.length === 0) return null
  return h(
    'div',
    { class: `${className} count-${item.buttons.length}` },
    item.buttons.map((button) => drawButton(item, button, act, choices)),
  )
}

function drawButton(item, { key, text, style, url }, act, choices) {
  const element = h(
    'button',
    { class: `card-button style-${style}`, 'data-key': key, type: 'button' },
    h('span', {}, text),
  )
  element.addEventListener('click', () => {
    if (url) openPage(safeUrl(url))
    else if (!element.closest('.pressing')) act.press(item, key, choices, element)
  })
  return element
}
