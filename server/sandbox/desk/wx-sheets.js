import { h } from './dom.js'
import { words } from './words.js'

/** The head of a sheet of the WeChat client: who asks, and what. */
export function sheetHead(title, asks = words.sheet.asks) {
  return [
    h('header', {}, h('img', { src: 'icon.svg', alt: '' }), h('span', {}, words.phone.app), h('small', {}, asks)),
    h('h3', {}, title),
  ]
}

/** Its two buttons. */
export function sheetButtons(no, onNo, yes, onYes) {
  return h(
    'div',
    { class: 'sheet-buttons' },
    h('button', { class: 'sheet-no', onclick: onNo }, no),
    h('button', { class: 'sheet-yes', onclick: onYes }, yes),
  )
}
