import { h, icon } from './dom.js'
import { chatTime, clockParts } from './time.js'
import { words } from './words.js'

const APP = '/app/'
/** Keys of the page's own storage; all others belong to the mini-program of the customer who holds the phone. */
const OWN = 'desk.'
const BANNER_MS = 6000
const RETRY_MS = 3000

/** The customer's phone: status bar, mini-program in a frame, service notices, sheets. `desk.now()` is the time. */
export class Phone {
  constructor(customers, inbox, desk) {
    this.customers = customers
    this.inbox = inbox
    this.desk = desk
    this.unread = Object.fromEntries(customers.map(({ openid }) => [openid, 0]))
    const remembered = localStorage.getItem(`${OWN}customer`)
    this.customer = customers.find(({ openid }) => openid === remembered) ?? customers[0]

    this.time = h('span', { class: 'status-time' })
    this.frame = h('iframe', { class: 'phone-app', title: words.phone.region, allow: 'clipboard-write' })
    this.cover = h('div', { class: 'phone-cover', hidden: true })
    this.banners = h('div', { class: 'banners', 'aria-live': 'polite' })
    this.screen = h('div', { class: 'phone-screen' }, this.frame, this.capsule(), this.cover)
    this.bell = h('button', { class: 'bell', onclick: () => this.showNotices() }, icon('bell', 22))
    this.tabs = h('div', { class: 'customers', role: 'group', 'aria-label': words.phone.customers })
    this.element = h(
      'section',
      { class: 'phone-side', 'aria-label': words.phone.region },
      h('div', { class: 'phone-head' }, this.tabs, this.bell),
      h(
        'div',
        { class: 'phone' },
        h('div', { class: 'status-bar' }, this.time, h('span', { class: 'status-icons', 'aria-hidden': 'true' })),
        this.screen,
        this.banners,
      ),
    )
    this.drawHead()
  }

  tick() {
    this.time.textContent = clockParts(this.desk.now()).time
  }

  /** Opens the mini-program, or says calmly that it is not there yet. */
  async start() {
    const found = await fetch(APP, { method: 'GET' }).then(
      (answer) => answer.ok,
      () => false,
    )
    this.cover.hidden = found
    clearTimeout(this.retry)
    if (found) {
      this.frame.src = APP
      return
    }
    this.retry = setTimeout(() => this.start(), RETRY_MS)
    if (this.cover.childElementCount > 0) return
    this.cover.replaceChildren(
      h('img', { src: 'icon.svg', alt: '' }),
      h('strong', {}, words.phone.missing),
      h('p', {}, words.phone.missingHint),
      h('button', { class: 'send', onclick: () => this.start() }, words.phone.retry),
    )
  }

  /** Shows a page of the mini-program, e.g. `pages/ticket/ticket?id=1`. */
  go(page) {
    this.hideNotices()
    const { contentWindow } = this.frame
    if (contentWindow?.location.pathname !== APP) return this.start()
    contentWindow.location.hash = page ? `#/${page}` : ''
    // Without a page it is opened anew, as WeChat does: its router does not follow an empty address.
    if (!page) contentWindow.location.reload()
  }

  /** Opens the mini-program anew at a page, as scanning its code does. */
  async launch(page) {
    this.hideNotices()
    this.banners.replaceChildren()
    await new Promise((done) => {
      this.frame.addEventListener('load', done, { once: true })
      this.frame.src = 'about:blank'
    })
    this.frame.src = `${APP}#/${page}`
  }

  /** A subscribe message has arrived. */
  deliver(openid, item) {
    const known = this.inbox[openid] ?? []
    if (known.some(({ id }) => id === item.id)) return
    this.inbox[openid] = [...known, item]
    this.unread[openid]++
    this.drawHead()
    if (openid !== this.customer.openid) return
    if (this.panel) this.showNotices()
    else this.banner(item)
  }

  /** WeChat's own two buttons, which lie over every mini-program. */
  capsule() {
    return h(
      'div',
      { class: 'capsule' },
      h('span', { 'aria-hidden': 'true' }, '•••'),
      h('button', { class: 'plain', 'aria-label': words.phone.home, onclick: () => this.go('') }, h('i', {})),
    )
  }

  /** Hands the phone to another customer: each has a storage of their own. */
  async hold(customer) {
    if (customer === this.customer) return
    this.hideNotices()
    this.banners.replaceChildren()
    await new Promise((done) => {
      this.frame.addEventListener('load', done, { once: true })
      this.frame.src = 'about:blank'
    })
    swapStorage(this.customer.openid, customer.openid)
    this.customer = customer
    localStorage.setItem(`${OWN}customer`, customer.openid)
    this.unread[customer.openid] = 0
    this.drawHead()
    await this.start()
  }

  drawHead() {
    this.letters?.draw()
    this.tabs.replaceChildren(
      ...this.customers.map((customer) =>
        h(
          'button',
          { 'aria-pressed': String(customer === this.customer), onclick: () => this.hold(customer) },
          customer.nickname,
          customer !== this.customer &&
            this.unread[customer.openid] > 0 &&
            h('span', { class: 'badge' }, this.unread[customer.openid]),
        ),
      ),
    )
    const count = this.unread[this.customer.openid]
    this.bell.setAttribute('aria-label', count > 0 ? words.phone.noticesCount(count) : words.phone.notices)
    this.bell.title = words.phone.notices
    this.bell.replaceChildren(icon('bell', 22), count > 0 ? h('span', { class: 'badge' }, count) : '')
  }

  banner(item) {
    const element = h(
      'button',
      {
        class: 'banner',
        onclick: () => {
          element.remove()
          this.seen()
          this.go(item.page ?? '')
        },
      },
      h('img', { src: 'icon.svg', alt: '' }),
      h(
        'span',
        {},
        h('span', { class: 'banner-head' }, h('b', {}, words.phone.notices), h('small', {}, words.phone.now)),
        h('strong', {}, item.title),
        h(
          'span',
          {},
          item.lines
            .slice(1, -1)
            .map(({ value }) => value)
            .join('\n'),
        ),
      ),
    )
    this.banners.append(element)
    setTimeout(() => element.remove(), BANNER_MS)
  }

  seen() {
    this.unread[this.customer.openid] = 0
    this.drawHead()
  }

  showNotices() {
    this.letters?.hide()
    const again = this.panel
    this.hideNotices()
    if (again && this.unread[this.customer.openid] === 0) return
    this.seen()
    this.banners.replaceChildren()
    const items = this.inbox[this.customer.openid] ?? []
    this.panel = h(
      'div',
      { class: 'notices' },
      h(
        'header',
        {},
        h(
          'button',
          { class: 'plain', 'aria-label': words.phone.back, onclick: () => this.hideNotices() },
          icon('back', 24),
        ),
        h('strong', {}, words.phone.notices),
      ),
      items.length === 0
        ? h(
            'div',
            { class: 'chat-empty' },
            h('strong', {}, words.phone.noNotices),
            h('span', {}, words.phone.noNoticesHint),
          )
        : h(
            'div',
            { class: 'notice-list' },
            items.map((item) => this.notice(item)),
          ),
    )
    this.element.querySelector('.phone').append(this.panel)
    this.panel.querySelector('.notice-list')?.scrollTo(0, 1e6)
    this.panel.querySelector('button').focus()
  }

  hideNotices() {
    this.panel?.remove()
    this.panel = undefined
  }

  notice(item) {
    return h(
      'div',
      {},
      h('div', { class: 'chat-time' }, chatTime(item.at, this.desk.now())),
      h(
        'article',
        { class: 'notice' },
        h('header', {}, h('img', { src: 'icon.svg', alt: '' }), words.phone.app),
        h('h3', {}, item.title),
        h(
          'dl',
          {},
          item.lines.map(({ label, value }) => [h('dt', {}, label), h('dd', {}, value)]),
        ),
        h('button', { onclick: () => this.go(item.page ?? '') }, words.phone.enter, icon('next', 16)),
      ),
    )
  }

  /** Slides a sheet over the phone; resolves with what it is closed with. */
  sheet(build) {
    return new Promise((done) => {
      const close = (result) => {
        sheet.remove()
        done(result)
      }
      const sheet = h(
        'div',
        { class: 'sheet-back' },
        h('div', { class: 'sheet', role: 'dialog', 'aria-modal': 'true' }, build(close)),
      )
      sheet.addEventListener('keydown', (event) => event.key === 'Escape' && close(undefined))
      this.element.querySelector('.phone').append(sheet)
      sheet.querySelector('button:last-of-type').focus()
    })
  }
}

function swapStorage(from, to) {
  const kept = {}
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(OWN)) continue
    kept[key] = localStorage.getItem(key)
    localStorage.removeItem(key)
  }
  localStorage.setItem(`${OWN}store.${from}`, JSON.stringify(kept))
  sessionStorage.clear()
  const stored = JSON.parse(localStorage.getItem(`${OWN}store.${to}`) ?? '{}')
  for (const [key, value] of Object.entries(stored)) localStorage.setItem(key, value)
}
