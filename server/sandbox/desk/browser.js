import { h, icon } from './dom.js'
import { words } from './words.js'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Opens an address as the chat client does: our own pages in its built-in browser, others in a new window. */
export function openPage(url) {
  const { hostname, protocol } = new URL(url, location.href)
  if (!/^https?:$/.test(protocol)) return
  if (!LOOPBACK.test(hostname) && hostname !== location.hostname) {
    window.open(url, '_blank', 'noopener')
    return
  }
  const dialog = h(
    'dialog',
    { class: 'browser', 'aria-label': words.browser.title },
    h(
      'header',
      {},
      h('button', { class: 'plain', 'aria-label': words.browser.close, onclick: () => dialog.close() }, icon('close')),
      h('span', {}, words.browser.title),
      h('a', { class: 'link', href: url, target: '_blank', rel: 'noopener' }, words.browser.blank),
    ),
    h('iframe', { src: url, title: words.browser.title }),
  )
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
  document.body.append(dialog)
  dialog.showModal()
}
