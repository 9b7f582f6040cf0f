import { h } from './dom.js'

/** An element that opens an address in the way the desk does. */
export function link(text, url, open, className = 'link') {
  const anchor = h('a', { class: className, href: safeUrl(url) }, text)
  anchor.addEventListener('click', (event) => {
    event.preventDefault()
    event.stopPropagation()
    open(safeUrl(url))
  })
  return anchor
}

/** Only web addresses; anything else (javascript:…) leads nowhere. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url, location.href)
    return /^https?:$/.test(parsed.protocol) ? parsed.href : 'about:blank'
  } catch {
    return 'about:blank'
  }
}

/** A text message: links in `<a href="…">` are the only markup. */
export function plainText(text, open) {
  const nodes = []
  let from = 0
  for (const match of text.matchAll(/<a href="([^"]*)">(.*?)<\/a>/gs)) {
    nodes.push(text.slice(from, match.index), link(match[2], match[1], open))
    from = match.index + match[0].length
  }
  nodes.push(text.slice(from))
  return nodes
}

const INLINE = /\*\*(.+?)\*\*|\[(.+?)\]\((.+?)\)|`(.+?)`|<font color="(info|comment|warning)">(.+?)<\/font>/gs

/** The Markdown that the work chats draw: headings, bold, links, code, quotes, lists (DingTalk's only), three colours. */
export function markdown(text, open) {
  return text.split('\n').map((line) => {
    const heading = /^(#{1,6}) +(.*)$/.exec(line)
    if (heading) return h('div', { class: `md-heading md-${heading[1].length}` }, inline(heading[2], open))
    const entry = /^- +(.*)$/.exec(line)
    if (entry) return h('div', { class: 'md-entry' }, inline(entry[1], open))
    const quote = /^> ?(.*)$/.exec(line)
    if (quote) return h('div', { class: 'md-quote' }, inline(quote[1], open))
    return h('div', { class: 'md-line' }, inline(line, open))
  })
}

function inline(text, open) {
  const nodes = []
  let from = 0
  for (const match of text.matchAll(INLINE)) {
    const [whole, bold, label, url, code, colour, coloured] = match
    nodes.push(text.slice(from, match.index))
    if (bold) nodes.push(h('strong', {}, inline(bold, open)))
    else if (label) nodes.push(link(label, url, open))
    else if (code) nodes.push(h('code', {}, code))
    else nodes.push(h('span', { class: `md-${colour}` }, inline(coloured, open)))
    from = match.index + whole.length
  }
  nodes.push(text.slice(from))
  return nodes
}
