import { ask } from './api.js'
import { h, icon, toast } from './dom.js'
import { words } from './words.js'

/** Switches: where they live, what they set when on and when off. */
const SWITCHES = [
  ['wecom', 'slowMs', 2000, 0, words.faults.slow],
  ['wecom', 'ipNotListed', true, false, words.faults.ip],
  ['wecom', 'loseReplies', true, false, words.faults.loseReplies],
  ['wecom', 'duplicateCallbacks', 1, 0, words.faults.duplicate],
  ['wecom', 'delayCallbacksMs', 3000, 0, words.faults.delay],
  ['dingtalk', 'slowMs', 2000, 0, words.faults.slow],
  ['dingtalk', 'ipBlocked', 'html', false, words.faults.blocked],
  ['dingtalk', 'streamSilent', true, false, words.faults.silent],
  ['dingtalk', 'loseReplies', true, false, words.faults.loseReplies],
  ['dingtalk', 'duplicateCallbacks', 1, 0, words.faults.duplicate],
  ['dingtalk', 'delayCallbacksMs', 3000, 0, words.faults.delay],
  ['wechat', 'mediaRisky', true, false, words.faults.risky],
  ['wechatpay', 'notifyNever', true, false, words.faults.payNever],
  ['wechatpay', 'notifyTwice', 1, 0, words.faults.duplicate],
  ['lock', 'slowMs', 2000, 0, words.faults.slow],
  ['lock', 'duplicate', 1, 0, words.faults.duplicate],
]
const ONCE = [
  [
    words.faults.limit,
    'faults',
    { wecom: { errcodes: [45009, 45009, 45009] }, dingtalk: { errcodes: [90002, 90002, 90002] } },
  ],
  [words.faults.lose, 'faults', { wecom: { loseAnswers: 1 }, dingtalk: { loseAnswers: 1 } }],
  [words.faults.token, 'drop-token', {}],
]
const ONCE_TO_CUSTOMERS = [
  [words.faults.refuse, 'faults', { wechat: { errcodes: [43101] } }],
  [words.faults.undeliverable, 'faults', { sms: { undelivered: ['MOBILE_NOT_ON_SERVICE'] } }],
  [words.faults.bounce, 'faults', { mail: { refuseReceivers: ['550 5.1.1 No such user'] } }],
]
const ONCE_AT_PAY = [
  [words.faults.abnormal, 'faults', { wechatpay: { refunds: ['ABNORMAL'] } }],
  [words.faults.noMoney, 'faults', { wechatpay: { codes: ['NOT_ENOUGH'] } }],
]
const ONCE_AT_LOCKS = [
  [words.faults.jam, 'faults', { lock: { jam: 1 } }],
  [words.faults.mute, 'faults', { lock: { silent: 1 } }],
]
const ONCE_IN_DINGTALK = [
  [words.faults.disconnect, 'dingtalk/disconnect', {}],
  [words.faults.undelivered, 'faults', { dingtalk: { failDeliveries: 1 } }],
]

/** The small menu that makes the platforms misbehave. */
export function faultMenu(faults) {
  const dot = h('span', { class: 'fault-dot', hidden: true })
  const panel = h('div', { class: 'fault-panel', hidden: true })
  const opener = h(
    'button',
    { class: 'fault-opener', 'aria-haspopup': 'true', 'aria-expanded': 'false', onclick: () => toggle(panel.hidden) },
    icon('bolt', 18),
    h('span', {}, words.faults.open),
    dot,
  )
  const platforms = ['wecom', 'dingtalk', 'wechat', 'wechatpay', 'lock'].filter((platform) => faults[platform])
  const once = [
    ...ONCE,
    ...(faults.sms && faults.mail ? ONCE_TO_CUSTOMERS : []),
    ...(faults.wechatpay ? ONCE_AT_PAY : []),
    ...(faults.lock ? ONCE_AT_LOCKS : []),
    ...(faults.dingtalk ? ONCE_IN_DINGTALK : []),
  ]
  const toggle = (open) => {
    panel.hidden = !open
    opener.setAttribute('aria-expanded', String(open))
  }
  const set = async (platform, name, value) => {
    Object.assign(faults, await ask('faults', { [platform]: { [name]: value } }))
    showActive()
  }

  function draw() {
    const section = (platform) => [
      h('h3', {}, words.faults[platform]),
      h(
        'label',
        {},
        h('span', {}, words.faults.down.label),
        h(
          'select',
          { onchange: (event) => set(platform, 'down', event.target.value === 'false' ? false : event.target.value) },
          Object.entries(words.faults.down.options)
            .sort(([a], [b]) => (a === 'false' ? -1 : b === 'false' ? 1 : 0))
            .map(([value, text]) => h('option', { value, selected: String(faults[platform].down) === value }, text)),
        ),
      ),
      SWITCHES.filter(([owner]) => owner === platform).map(([, name, on, off, text]) =>
        h(
          'label',
          {},
          h('span', {}, text),
          h('input', {
            type: 'checkbox',
            role: 'switch',
            checked: Boolean(faults[platform][name]),
            onchange: (event) => set(platform, name, event.target.checked ? on : off),
          }),
        ),
      ),
    ]
    panel.replaceChildren(
      h('strong', {}, words.faults.title),
      h('p', {}, words.faults.intro),
      ...platforms.flatMap((platform) => section(platform).flat()),
      h('h3', {}, words.faults.once),
      h(
        'div',
        { class: 'fault-once' },
        once.map(([text, verb, body]) =>
          h(
            'button',
            {
              onclick: () =>
                ask(verb, body).then(
                  () => toast(words.faults.done),
                  () => {},
                ),
            },
            text,
          ),
        ),
      ),
    )
    showActive()
  }

  function showActive() {
    const active =
      SWITCHES.filter(([platform, name]) => faults[platform]?.[name]).length +
      platforms.filter((platform) => faults[platform].down).length
    dot.hidden = active === 0
    opener.title = active > 0 ? words.faults.active(active) : ''
  }

  draw()
  const box = h('div', { class: 'faults' }, opener, panel)
  document.addEventListener('pointerdown', (event) => !box.contains(event.target) && toggle(false))
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    toggle(false)
    opener.focus()
  })
  return box
}
