import { h } from './dom.js'
import { words } from './words.js'

/** The room of everybody who has none of their own. */
const FIRST = 'desk'

/** Which room a person sits in. */
export function roomOf({ room = FIRST }) {
  return room
}

/**
 * The switch above the chats: one room of people at a time, or the city. Each entry counts what is new behind it.
 * `show(name)` puts a room in sight.
 */
export function roomSwitch(people, hasCity, show) {
  const names = [...new Set(people.map(roomOf)), ...(hasCity ? ['city'] : [])]
  const unread = new Map()
  const buttons = new Map(
    names.map((name) => [
      name,
      h(
        'button',
        { type: 'button', 'data-room': name, onclick: () => turn(name) },
        h('span', {}, words.rooms[name]),
        h('span', { class: 'badge', hidden: true }),
      ),
    ]),
  )
  const element = h(
    'div',
    { class: 'rooms', role: 'group', 'aria-label': words.rooms.label, hidden: names.length < 2 },
    h('div', { class: 'room-switch' }, [...buttons.values()]),
  )

  function turn(name) {
    for (const [other, button] of buttons) button.setAttribute('aria-pressed', String(other === name))
    show(name)
  }

  /** So much is new for a person. */
  function count({ userid, ...person }, many) {
    unread.set(userid, many)
    const name = roomOf(person)
    const sum = people
      .filter((one) => roomOf(one) === name)
      .reduce((all, one) => all + (unread.get(one.userid) ?? 0), 0)
    const button = buttons.get(name)
    const badge = button.querySelector('.badge')
    badge.hidden = sum === 0
    badge.textContent = String(sum)
    button.setAttribute('aria-label', sum > 0 ? words.sides.unread(words.rooms[name], sum) : words.rooms[name])
  }

  return { element, names, turn, count }
}
