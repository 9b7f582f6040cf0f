import { ask, mediaUrl } from './api.js'
import { drawStream } from './assistant.js'
import { openPage } from './browser.js'
import { composer, tellOutcome } from './composer.js'
import { busy, h, icon } from './dom.js'
import { link, markdown, plainText, safeUrl } from './text.js'
import { chatTime } from './time.js'
import { words } from './words.js'

const GAP_BETWEEN_TIMES = 5 * 60_000
const NEAR_BOTTOM = 80
/** A scroll of the list by less than this is our own, rounded by the browser. */
const OWN_SCROLL = 2

/**
 * One person's chat with the application in one work chat. `desk` has `now()`, `memberName(userid)`, `tint(name)`,
 * `menu()`, `solo(userid)` and `onUnread(userid, count)`; `side` says how this work chat draws and speaks.
 */
export class Chat {
  constructor(person, department, desk, side) {
    this.person = person
    this.desk = desk
    this.side = side
    this.items = []
    this.elements = new Map()
    /** item id → what the person has chosen on that card. */
    this.choices = new Map()
    this.unread = 0
    this.badge = h('span', { class: 'badge', hidden: true })
    this.list = h('div', { class: 'chat-list', role: 'log', 'aria-live': 'polite', tabindex: 0 })
    this.empty = h(
      'div',
      { class: 'chat-empty' },
      h('strong', {}, words.chat.empty),
      h('span', {}, words.chat.emptyHint),
    )
    this.list.append(this.empty)
    /** New items are scrolled to until the person scrolls up to read; at the end it begins again. */
    this.following = true
    this.placed = 0
    this.list.addEventListener('scroll', () => this.scrolled())
    this.menuBar = h('div', { class: 'chat-menu', 'aria-label': words.chat.menu })
    this.expander = h(
      'button',
      {
        class: 'plain',
        'aria-label': words.chat.expand,
        title: words.chat.expand,
        onclick: () => desk.solo(person.userid),
      },
      icon('expand', 18),
    )
    this.head = h(
      'header',
      { class: 'chat-head' },
      h(
        'span',
        { class: `avatar person tint-${desk.tint(person.name)}`, 'aria-hidden': 'true' },
        person.name.slice(-2),
      ),
      h(
        'div',
        { class: 'chat-who' },
        h('strong', {}, person.name),
        h('span', {}, `${department} · ${person.position}`),
      ),
      this.badge,
      this.expander,
    )
    this.element = h(
      'section',
      { class: `chat on-${side.id}`, 'aria-label': side.region(person.name), 'data-user': person.userid },
      this.head,
      this.list,
      this.menuBar,
      composer(person, side),
    )
    for (const event of ['pointerdown', 'focusin', 'pointerenter'])
      this.element.addEventListener(event, () => this.seen())
    this.drawMenu()
  }

  /** Says what the corner button does next. */
  alone(alone) {
    const name = alone ? words.chat.shrink : words.chat.expand
    this.element.classList.toggle('alone', alone)
    this.expander.title = name
    this.expander.setAttribute('aria-label', name)
    this.expander.replaceChildren(icon(alone ? 'shrink' : 'expand', 18))
  }

  /** Shows all items anew, for the first time or after a lost connection. */
  fill(items) {
    this.items = []
    this.elements.clear()
    this.list.replaceChildren(this.empty)
    for (const item of items) this.put(item, false)
    this.toBottom()
  }

  /** Shows a new item, or the new look of a known one. */
  put(item, fresh = true) {
    const known = this.items.findIndex((one) => one.id === item.id)
    const previous = known < 0 ? this.items.at(-1) : this.items[known - 1]
    const atEnd = this.atEnd()
    const element = this.draw(item, previous)
    if (known >= 0) {
      this.items[known] = item
      this.choices.delete(item.id)
      this.elements.get(item.id).replaceWith(element)
      if (fresh) element.classList.add('changed')
    } else {
      this.items.push(item)
      this.empty.remove()
      this.list.append(element)
      if (fresh) element.classList.add('arrived')
      if (fresh && item.from === 'app') this.count()
    }
    this.elements.set(item.id, element)
    if (fresh && known < 0 && (this.following || item.from === 'person')) this.reveal(element)
    else if (fresh && atEnd) this.toBottom()
  }

  drawMenu() {
    const entries = this.side.menu
      ? this.desk.menu().flatMap((top) => (top.sub_button?.length ? top.sub_button : [top]))
      : []
    this.menuBar.hidden = entries.length === 0
    this.menuBar.replaceChildren(
      ...entries.map((entry) =>
        h(
          'button',
          {
            onclick: () =>
              entry.type === 'view'
                ? openPage(safeUrl(entry.url))
                : ask('command', { userid: this.person.userid, key: entry.key }).then(tellOutcome, () => {}),
          },
          entry.name,
        ),
      ),
    )
  }

  toBottom() {
    this.place(this.list.scrollHeight)
  }

  place(top) {
    this.list.scrollTop = top
    this.placed = this.list.scrollTop
    this.following = true
  }

  scrolled() {
    if (Math.abs(this.list.scrollTop - this.placed) >= OWN_SCROLL) this.following = this.atEnd()
  }

  atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.list
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM
  }

  /** Scrolls to the end, but never past the beginning of what is new. */
  reveal(element) {
    this.toBottom()
    const hidden = this.list.getBoundingClientRect().top - element.getBoundingClientRect().top
    if (hidden > 0) this.place(this.list.scrollTop - hidden)
  }

  count() {
    this.unread++
    this.drawBadge()
  }

  seen() {
    if (this.unread === 0) return
    this.unread = 0
    this.drawBadge()
  }

  drawBadge() {
    this.badge.hidden = this.unread === 0
    this.badge.textContent = String(this.unread)
    this.badge.setAttribute('aria-label', words.chat.unread(this.unread))
    this.desk.onUnread(this.person.userid, this.unread)
  }

  draw(item, previous) {
    const timed = !previous || item.at - previous.at > GAP_BETWEEN_TIMES
    const time = timed && h('div', { class: 'chat-time' }, chatTime(item.at, this.desk.now()))
    if (item.kind === 'recalled')
      return h('div', { class: 'item' }, time, h('div', { class: 'chat-time' }, words.chat.recalled))
    const mine = item.from === 'person'
    const avatar = mine
      ? h(
          'span',
          { class: `avatar person tint-${this.desk.tint(this.person.name)}`, 'aria-hidden': 'true' },
          this.person.name.slice(-2),
        )
      : h('img', { class: 'avatar', src: 'icon.svg', alt: words.chat.app })
    return h(
      'div',
      { class: `item ${mine ? 'mine' : 'theirs'}`, 'data-kind': item.kind },
      time,
      item.via === 'notice' && h('div', { class: 'chat-via' }, words.sides.notice),
      h('div', { class: 'row' }, avatar, this.content(item)),
    )
  }

  content(item) {
    switch (item.kind) {
      case 'card': {
        if (!this.choices.has(item.id)) this.choices.set(item.id, {})
        return this.side.draw(item, this, this.choices.get(item.id))
      }
      case 'text':
        return h('div', { class: 'bubble' }, plainText(item.text, openPage))
      case 'markdown':
        return h('div', { class: 'bubble markdown' }, markdown(item.text, openPage))
      case 'image': {
        const image = h('img', {
          class: 'shot',
          src: item.url ? safeUrl(item.url) : mediaUrl(item.mediaId),
          alt: words.chat.image,
        })
        image.addEventListener('load', () => this.following && this.items.at(-1)?.id === item.id && this.toBottom(), {
          once: true,
        })
        return h('a', { href: image.src, target: '_blank', rel: 'noopener' }, image)
      }
      case 'file':
        return h(
          'a',
          { class: 'bubble file', href: mediaUrl(item.mediaId), target: '_blank', rel: 'noopener' },
          icon('file', 32),
          h('span', {}, item.name, h('small', {}, `${Math.ceil(item.size / 1024)} KB`)),
        )
      case 'stream':
        return drawStream(item, openPage)
      case 'actions':
        return actions(item)
      case 'textcard':
        return h(
          'article',
          { class: 'card' },
          h('div', { class: 'card-titles' }, h('h3', {}, item.title)),
          h(
            'p',
            { class: 'card-sub' },
            item.description
              .replace(/<[^>]+>/g, '\n')
              .replace(/\n+/g, '\n')
              .trim(),
          ),
          h('div', { class: 'card-jumps' }, link(item.button, item.url, openPage, 'card-jump')),
        )
      default:
        return h(
          'article',
          { class: 'card' },
          item.articles.map((one) =>
            h(
              'div',
              { class: 'card-article' },
              one.picurl && h('img', { class: 'card-picture', src: safeUrl(one.picurl), alt: '' }),
              one.url ? link(one.title, one.url, openPage, 'card-title-link') : one.title,
              one.description && h('p', { class: 'card-sub' }, one.description),
            ),
          ),
        )
    }
  }

  memberName(userid) {
    return this.desk.memberName(userid)
  }

  /** Presses a button: it turns until the application has answered. */
  async press(item, key, selected, button) {
    const card = button.closest('.card')
    card.classList.add('pressing')
    await busy(button, () =>
      ask(`${this.side.path}press`, { userid: this.person.userid, taskId: item.taskId, key, selected }),
    ).then(tellOutcome, () => {})
    card.classList.remove('pressing')
  }

  async menu(item, key) {
    await ask(`${this.side.path}menu`, { userid: this.person.userid, taskId: item.taskId, key }).then(
      tellOutcome,
      () => {},
    )
  }
}

/** A message with buttons that open pages. */
function actions({ title, text, buttons, beside }) {
  return h(
    'article',
    { class: 'card ding' },
    h(
      'div',
      { class: 'ding-body' },
      title && title !== text && h('div', { class: 'card-titles' }, h('h3', {}, title)),
      h('div', { class: 'markdown' }, markdown(text, openPage)),
      h(
        'div',
        { class: `ding-links${beside ? ' beside' : ''}` },
        buttons.map((button) => link(button.text, button.url, openPage, 'ding-link')),
      ),
    ),
  )
}
