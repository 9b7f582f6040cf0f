/** Builds an element; texts become text nodes, so nothing that arrives is ever read as HTML. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'class') element.className = value
    else if (name === 'value') element.value = value
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

const ICONS = {
  bell: 'M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7Zm4 10a2 2 0 0 0 4 0',
  sms: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5',
  mail: 'M3 6h18v12H3zM3 7l9 6 9-6',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.2v.1',
  back: 'm15 5-7 7 7 7',
  close: 'M6 6l12 12M18 6 6 18',
  next: 'm9 5 7 7-7 7',
  expand: 'M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7',
  shrink: 'M20 10h-6V4M4 14h6v6M14 10l6-6M10 14l-6 6',
  check: 'M12 3 5 6v6c0 4 3 7 7 9 4-2 7-5 7-9V6zm-3 9 2.2 2.2L15 10',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6z',
  down: 'm6 9 6 6 6-6',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
  forward: 'M5 5v14l9-7zM18 5v14',
}

/** A line icon; decoration only, the button around it carries the name. */
export function icon(name, size = 20) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', ICONS[name])
  for (const [key, value] of Object.entries({
    viewBox: '0 0 24 24',
    width: size,
    height: size,
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 1.8,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
  }))
    svg.setAttribute(key, value)
  svg.append(path)
  return svg
}

/** A short line that comes and goes at the lower edge, and is read out. */
export function toast(text) {
  const box = document.querySelector('.toasts') ?? h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' })
  if (!box.isConnected) document.body.append(box)
  const line = h('div', { class: 'toast' }, text)
  box.append(line)
  setTimeout(() => line.remove(), 3200)
}

/** Shows a button as busy while `work` runs. */
export async function busy(button, work) {
  button.classList.add('busy')
  button.setAttribute('aria-busy', 'true')
  try {
    return await work()
  } finally {
    button.classList.remove('busy')
    button.removeAttribute('aria-busy')
  }
}
