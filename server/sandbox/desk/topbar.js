import { ask } from './api.js'
import { busy, h, toast } from './dom.js'
import { faultMenu } from './faults.js'
import { findingsMenu } from './findings.js'
import { chatTime, clockParts } from './time.js'
import { words } from './words.js'

/** The bar with the clock and the means to move it. `desk.now()` is the sandbox's time. */
export function topBar(desk, faults) {
  const date = h('span', { class: 'clock-date' })
  const time = h('span', { class: 'clock-time' })
  const seconds = h('span', { class: 'clock-seconds' })
  const nextHint = h('span', { class: 'clock-next' })

  const move = async (button, body) => {
    bar.classList.add('moving')
    await busy(button, () => ask('advance', body)).then(
      ({ now, moved }) => {
        desk.setNow(now)
        toast(moved ? words.clock.moved(chatTime(now, 0)) : words.clock.noNext)
      },
      () => {},
    )
    bar.classList.remove('moving')
    showNext()
  }
  const steps = words.clock.steps.map(({ text, ms }) =>
    h('button', { class: 'step', onclick: (event) => move(event.currentTarget, { ms }) }, h('span', {}, text)),
  )
  const next = h(
    'button',
    { class: 'step next', onclick: (event) => move(event.currentTarget, { to: 'next' }) },
    h('span', {}, words.clock.next),
  )
  const findings = findingsMenu()
  const bar = h(
    'header',
    { class: 'topbar' },
    h(
      'div',
      { class: 'brand' },
      h('img', { src: 'icon.svg', alt: '' }),
      h('strong', {}, words.product),
      h('span', {}, words.desk),
    ),
    h(
      'div',
      { class: 'clock', role: 'timer', 'aria-label': words.clock.label },
      h('div', { class: 'clock-face' }, time, seconds),
      h('div', { class: 'clock-side' }, date, nextHint),
    ),
    h('div', { class: 'steps' }, steps, next),
    findings.element,
    faultMenu(faults),
  )

  function tick() {
    const now = clockParts(desk.now())
    time.textContent = now.time
    seconds.textContent = now.seconds
    date.textContent = `${now.date} ${now.weekday}`
  }

  let asked = 0
  async function showNext() {
    const turn = ++asked
    const { nextDue } = await fetch('/desk/api/due').then(
      (answer) => answer.json(),
      () => ({}),
    )
    if (turn !== asked) return
    next.disabled = typeof nextDue !== 'number'
    nextHint.textContent = next.disabled ? words.clock.noNext : words.clock.nextAt(chatTime(nextDue, desk.now()))
  }

  let soon
  return {
    element: bar,
    start() {
      tick()
      showNext()
      findings.start()
      setInterval(tick, 250)
      setInterval(showNext, 5000)
    },
    /** Something happened: the next deadline may have changed. */
    stirred() {
      findings.stirred()
      clearTimeout(soon)
      soon = setTimeout(showNext, 600)
    },
    tick,
  }
}
