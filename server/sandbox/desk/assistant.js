import { h } from './dom.js'
import { markdown } from './text.js'
import { words } from './words.js'

/** Marks a person's conversation with the AI bot among the chats of the page. */
export const assistantOf = (userid) => `bot:${userid}`

/** An answer that is still being written, is complete, or was never finished. */
export function drawStream({ text, state }, openPage) {
  return h(
    'div',
    { class: `bubble markdown stream ${state}`, 'aria-busy': String(state === 'open') },
    markdown(text, openPage),
    state === 'open' && h('span', { class: 'stream-cursor', 'aria-hidden': 'true' }),
    state === 'expired' && h('small', { class: 'stream-note' }, words.assistant.expired),
  )
}
