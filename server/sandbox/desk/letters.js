import { h, icon } from './dom.js'
import { chatTime } from './time.js'
import { words } from './words.js'

const BANNER_MS = 6000
const KINDS = ['sms', 'mail']

/** The text messages and the mails of the customer who holds the phone: two buttons, a list for each, a mail in full. */
export class Letters {
  /** `letters` are the lists by kind and openid; a kind that the sandbox has not is undefined. */
  constructor(phone, letters) {
    this.phone = phone
    this.unread = {}
    this.buttons = new Map(
      KINDS.filter((kind) => letters[kind]).map((kind) => [
        kind,
        h('button', { class: 'bell', 'data-letters': kind, onclick: () => this.show(kind) }),
      ]),
    )
    phone.bell.before(h('div', { class: 'letter-buttons' }, [...this.buttons.values()]))
    phone.element.querySelector('.letter-buttons').append(phone.bell)
    this.fill(letters)
  }

  fill(letters) {
    this.lists = letters
    this.draw()
  }

  /** Something has arrived on a phone or in a mailbox. */
  deliver({ type, phone: number, address, item }) {
    const owner = this.phone.customers.find((one) => (type === 'sms' ? one.phone === number : one.email === address))
    const list = owner && this.lists[type]?.[owner.openid]
    if (!list || list.some(({ id }) => id === item.id)) return
    list.push(item)
    const key = `${type} ${owner.openid}`
    this.unread[key] = (this.unread[key] ?? 0) + 1
    this.draw()
    if (owner !== this.phone.customer) return
    if (this.kind === type && !this.reading) this.show(type)
    else this.banner(type, item)
  }

  draw() {
    for (const [kind, button] of this.buttons) {
      const count = this.unread[`${kind} ${this.phone.customer.openid}`] ?? 0
      const name = words.letters[kind]
      button.setAttribute('aria-label', count > 0 ? words.letters.unread(name, count) : name)
      button.title = name
      button.replaceChildren(icon(kind, 22), count > 0 ? h('span', { class: 'badge' }, count) : '')
    }
    // Another customer holds the phone: what is open was not theirs.
    if (this.panel && this.holder !== this.phone.customer) this.hide()
  }

  show(kind) {
    this.phone.hideNotices()
    this.hide()
    this.phone.banners.replaceChildren()
    this.unread[`${kind} ${this.phone.customer.openid}`] = 0
    this.holder = this.phone.customer
    this.kind = kind
    const items = this.lists[kind][this.holder.openid] ?? []
    const drawn =
      kind === 'sms' ? items.map((item) => this.bubble(item)) : items.toReversed().map((item) => this.head(item))
    const list = h('div', { class: `letter-list letter-list-${kind}` }, drawn)
    const empty = h(
      'div',
      { class: 'chat-empty' },
      h('strong', {}, words.letters.none[kind]),
      h('span', {}, words.letters.noneHint[kind]),
    )
    const about = kind === 'mail' ? (this.holder.email ?? '') : this.holder.phone
    this.open(words.letters[kind], about, items.length > 0 ? list : empty, () => this.hide())
    if (kind === 'sms') list.scrollTo(0, 1e6)
    this.draw()
  }

  hide() {
    this.panel?.remove()
    this.panel = undefined
    this.kind = undefined
    this.reading = false
  }

  open(title, about, content, back) {
    this.panel?.remove()
    this.panel = h(
      'div',
      { class: 'notices letters' },
      h(
        'header',
        {},
        h('button', { class: 'plain', 'aria-label': words.phone.back, onclick: back }, icon('back', 24)),
        h('strong', {}, title, about && h('small', {}, about)),
      ),
      content,
    )
    this.phone.element.querySelector('.phone').append(this.panel)
    this.panel.querySelector('button').focus()
  }

  bubble(item) {
    return h(
      'div',
      {},
      h('div', { class: 'chat-time' }, chatTime(item.at, this.phone.desk.now())),
      h('article', { class: 'sms-bubble' }, item.text),
    )
  }

  head(item) {
    return h(
      'button',
      { class: 'mail-head', onclick: () => this.read(item) },
      h('span', { class: 'mail-mark', 'aria-hidden': 'true' }, item.from.name.slice(0, 1)),
      h(
        'span',
        { class: 'mail-lines' },
        h(
          'span',
          { class: 'mail-from' },
          h('b', {}, item.from.name),
          h('small', {}, chatTime(item.at, this.phone.desk.now())),
        ),
        h('span', { class: 'mail-subject' }, item.subject),
        h('span', { class: 'mail-words' }, item.text.replace(/\s+/g, ' ').slice(0, 60)),
      ),
    )
  }

  /** A mail in full. What it says is drawn apart from this page: nothing in it is run. */
  read(item) {
    const address = encodeURIComponent(item.to)
    const content = h(
      'div',
      { class: 'mail-open' },
      h(
        'div',
        { class: 'mail-title' },
        h('strong', {}, item.subject),
        h('small', {}, `${item.from.name} <${item.from.address}>`),
      ),
      h('iframe', {
        title: item.subject,
        sandbox: 'allow-popups allow-popups-to-escape-sandbox',
        src: `/desk/api/mail/${address}/${item.id}`,
      }),
    )
    this.reading = true
    this.open(words.letters.mail, '', content, () => {
      this.reading = false
      this.show('mail')
    })
  }

  banner(kind, item) {
    const element = h(
      'button',
      {
        class: 'banner',
        onclick: () => {
          element.remove()
          if (kind === 'mail') {
            this.show(kind)
            this.read(item)
          } else this.show(kind)
        },
      },
      h('span', { class: `letter-mark letter-mark-${kind}`, 'aria-hidden': 'true' }, icon(kind, 22)),
      h(
        'span',
        {},
        h('span', { class: 'banner-head' }, h('b', {}, words.letters[kind]), h('small', {}, words.phone.now)),
        h('strong', {}, kind === 'mail' ? item.subject : words.letters.sender),
        h('span', {}, item.text.replace(/\s+/g, ' ').slice(0, 80)),
      ),
    )
    this.phone.banners.append(element)
    setTimeout(() => element.remove(), BANNER_MS)
  }
}
