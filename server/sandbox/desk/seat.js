import { Chat } from './chat.js'
import { h } from './dom.js'
import { sides } from './sides.js'
import { words } from './words.js'

/**
 * One person's place on the desk: their chat in each work chat that is in use, one of them in sight, and a switch
 * between them. `accounts` maps the names of the work chats to this person's user id there.
 */
export class Seat {
  constructor(person, department, accounts, desk) {
    this.person = person
    this.desk = desk
    this.chats = new Map()
    for (const [name, userid] of Object.entries(accounts)) {
      const account = { ...person, userid }
      const own = { ...desk, onUnread: () => this.drawUnread(), solo: () => desk.solo(person.userid) }
      this.chats.set(name, new Chat(account, department, own, sides[name]))
    }
    this.name = this.chats.keys().next().value
    for (const chat of this.chats.values()) chat.head.insertBefore(this.drawSwitch(), chat.badge)
    this.drawUnread()
  }

  get current() {
    return this.chats.get(this.name)
  }

  get element() {
    return this.current.element
  }

  get unread() {
    return [...this.chats.values()].reduce((sum, chat) => sum + chat.unread, 0)
  }

  /** Shows this work chat in the place of the other. */
  turn(name) {
    if (name === this.name || !this.chats.has(name)) return
    const before = this.element
    this.name = name
    for (const state of ['alone', 'here', 'shown'])
      this.element.classList.toggle(state, before.classList.contains(state))
    this.current.alone(before.classList.contains('alone'))
    before.replaceWith(this.element)
    this.current.seen()
    this.current.toBottom()
    this.drawUnread()
  }

  /** Turns to the work chat in which something happened last. */
  turnToNewest() {
    const newest = [...this.chats].sort(([, a], [, b]) => (b.items.at(-1)?.at ?? 0) - (a.items.at(-1)?.at ?? 0))[0]
    if (newest) this.turn(newest[0])
  }

  /** Where one work chat only is in use there is nothing to switch; which it is, is said all the same. */
  drawSwitch() {
    if (this.chats.size === 1) return h('span', { class: 'side-name' }, sides[this.name].name)
    return h(
      'div',
      { class: 'side-switch', role: 'group', 'aria-label': words.sides.label },
      [...this.chats.keys()].map((name) =>
        h('button', { type: 'button', 'data-side': name, onclick: () => this.turn(name) }, sides[name].name),
      ),
    )
  }

  drawUnread() {
    for (const chat of this.chats.values())
      for (const button of chat.head.querySelectorAll('[data-side]')) {
        const { side } = button.dataset
        const { unread } = this.chats.get(side)
        const hidden = side !== this.name && unread > 0
        button.setAttribute('aria-pressed', String(side === this.name))
        button.classList.toggle('unread', hidden)
        button.setAttribute('aria-label', hidden ? words.sides.unread(sides[side].name, unread) : sides[side].name)
      }
    this.desk.onUnread(this.person.userid, this.unread)
  }
}
