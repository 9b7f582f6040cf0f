import { ask, follow } from './api.js'
import { Chat } from './chat.js'
import { h } from './dom.js'
import { Phone } from './phone.js'
import { topBar } from './topbar.js'
import { words } from './words.js'
import { installWx } from './wx.js'

const loading = h('p', { class: 'loading', role: 'status' }, words.live.loading)
document.body.append(loading)

let state = await ask('state')
let offset = state.now - Date.now()
const desk = {
  now: () => Date.now() + offset,
  setNow(now) {
    offset = now - Date.now()
    tick()
  },
  memberName: (userid) => state.people.find((person) => person.userid === userid)?.name ?? userid,
  /** One of five quiet colours for a person's avatar. */
  tint: (userid) => state.people.findIndex((person) => person.userid === userid) % 5,
  menu: () => state.menu,
  solo: toggleSolo,
  onUnread: drawTab,
}

const bar = topBar(desk, state.faults)
const phone = new Phone(state.customers, state.inbox, desk)
const chats = new Map(
  state.people.map((person) => {
    const department = state.departments.find(({ id }) => id === person.departments[0])?.name ?? ''
    return [person.userid, new Chat(person, department, desk)]
  }),
)
const grid = h(
  'div',
  { class: 'chats' },
  [...chats.values()].map((chat) => chat.element),
)
const tabs = new Map(
  ['phone', ...chats.keys()].map((id) => [
    id,
    h(
      'button',
      { role: 'tab', 'data-tab': id, onclick: () => showTab(id) },
      h('span', {}, chats.get(id)?.person.name ?? words.phone.region),
      h('span', { class: 'badge', hidden: true }),
    ),
  ]),
)
const lost = h('div', { class: 'lost', role: 'alert', hidden: true }, words.live.lost)

installWx(phone, state.templates)
loading.replaceWith(
  bar.element,
  lost,
  h('nav', { class: 'tabs', role: 'tablist', 'aria-label': words.chat.tabs }, [...tabs.values()]),
  h('main', {}, phone.element, grid),
)
showTab('phone')
tick()
setInterval(tick, 1000)
bar.start()
phone.start()

/** Events that came while the whole state was on its way: it may be older than they are. */
let held
let filling = Promise.resolve()
follow(
  (event) => (held ? held.push(event) : happen(event)),
  (isLost) => {
    lost.hidden = !isLost
  },
  () => {
    filling = filling.then(refill).catch(() => {})
  },
)

function happen(event) {
  bar.stirred()
  if (event.type === 'chat') chats.get(event.userid)?.put(event.item)
  if (event.type === 'inbox') phone.deliver(event.openid, event.item)
  if (event.type === 'clock') desk.setNow(event.now)
  if (event.type === 'menu')
    ask('state').then(
      ({ menu }) => drawMenus(menu),
      () => {},
    )
}

async function refill() {
  held = []
  try {
    state = await ask('state')
    desk.setNow(state.now)
    for (const [userid, chat] of chats) chat.fill(state.chats[userid] ?? [])
    phone.inbox = state.inbox
    drawMenus(state.menu)
  } finally {
    const events = held
    held = undefined
    for (const event of events) happen(event)
  }
}

function drawMenus(menu) {
  state.menu = menu
  for (const chat of chats.values()) chat.drawMenu()
}

function tick() {
  phone.tick()
  bar.tick()
}

/** One chat in the whole place of the four, or all four again. */
function toggleSolo(userid) {
  const alone = grid.classList.toggle('solo')
  for (const [id, chat] of chats) {
    chat.alone(alone && id === userid)
    chat.toBottom()
  }
}

/** On narrow screens one thing is shown at a time. */
function showTab(id) {
  document.body.dataset.tab = id
  for (const [name, tab] of tabs) tab.setAttribute('aria-selected', String(name === id))
  for (const [userid, chat] of chats) chat.element.classList.toggle('shown', userid === id)
  const chat = chats.get(id)
  chat?.seen()
  chat?.toBottom()
}

function drawTab(userid, unread) {
  const badge = tabs.get(userid).querySelector('.badge')
  badge.hidden = unread === 0
  badge.textContent = String(unread)
}
