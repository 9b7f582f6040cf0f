import { h, icon } from './dom.js'
import { words } from './words.js'

const EVERY_MS = 5000
const SOON_MS = 600

/** What the product's auditor has found, behind a button that is there only while something stands. */
export function findingsMenu() {
  const count = h('span', { class: 'finding-count' })
  const list = h('ul', { class: 'finding-list' })
  const panel = h(
    'div',
    { class: 'finding-panel', role: 'region', 'aria-label': words.findings.title, hidden: true },
    h('strong', {}, words.findings.title),
    list,
  )
  const opener = h(
    'button',
    { class: 'finding-opener', 'aria-haspopup': 'true', 'aria-expanded': 'false', onclick: () => toggle(panel.hidden) },
    icon('check', 18),
    h('span', {}, words.findings.open),
    count,
  )
  const box = h('div', { class: 'findings', hidden: true }, opener, panel)
  const toggle = (open) => {
    panel.hidden = !open
    opener.setAttribute('aria-expanded', String(open))
  }

  let drawn = ''
  function draw(findings) {
    const present = JSON.stringify(findings)
    if (present === drawn) return
    drawn = present
    const open = findings.filter(({ repaired }) => !repaired)
    box.hidden = findings.length === 0
    if (box.hidden) toggle(false)
    count.textContent = String(open.length || findings.length)
    count.classList.toggle('mended', open.length === 0)
    opener.setAttribute('aria-label', words.findings.count(open.length, findings.length - open.length))
    const mended = findings.filter(({ repaired }) => repaired)
    list.replaceChildren(...[...open, ...mended].map(drawOne))
  }

  function drawOne({ kind, text, repaired }) {
    return h(
      'li',
      { class: repaired ? 'finding mended' : 'finding' },
      h(
        'div',
        { class: 'finding-head' },
        h('span', { class: 'finding-kind' }, kind),
        h('span', { class: 'finding-state' }, repaired ? words.findings.repaired : words.findings.standing),
      ),
      h('div', { class: 'finding-text' }, text),
    )
  }

  async function look() {
    const answer = await fetch('/desk/api/findings').then(
      (response) => response.json(),
      () => undefined,
    )
    if (answer) draw(answer.findings ?? [])
  }

  document.addEventListener('pointerdown', (event) => !box.contains(event.target) && toggle(false))
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    toggle(false)
    opener.focus()
  })
  let soon
  return {
    element: box,
    start() {
      look()
      setInterval(look, EVERY_MS)
    },
    /** Something happened: the auditor may have made its round. */
    stirred() {
      clearTimeout(soon)
      soon = setTimeout(look, SOON_MS)
    },
  }
}
