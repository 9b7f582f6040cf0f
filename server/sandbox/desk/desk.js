import { ask, follow } from './api.js'
import { assistantOf } from './assistant.js'
import { askCity, City } from './city.js'
import { h } from './dom.js'
import { Letters } from './letters.js'
import { Phone } from './phone.js'
import { roomOf, roomSwitch } from './rooms.js'
import { Seat } from './seat.js'
import { topBar } from './topbar.js'
import { words } from './words.js'
import { installWx } from './wx.js'
import { Street } from './wx-street.js'

const loading = h('p', { class: 'loading', role: 'status' }, words.live.loading)
document.body.append(loading)

let state = await ask('state')
const ground = await askCity()
let offset = state.now - Date.now()
const desk = {
  now: () => Date.now() + offset,
  setNow(now) {
    offset = now - Date.now()
    tick()
  },
  memberName: (userid) => state.people.find((person) => person.userid === userid)?.name ?? userid,
  /** One of five quiet colours for a person's avatar. */
  tint: (name) => state.people.findIndex((person) => person.name === name) % 5,
  menu: () => state.menu,
  solo: toggleSolo,
  onUnread: drawUnread,
  /** Where the customer's phone is. */
  spot: () => street.spot,
  /** Holds the customer's phone over a vehicle's code: WeChat opens the mini-program at its page. */
  scan(vehicle) {
    street.goTo(vehicle)
    return phone.launch(`pages/asset/asset?scene=${encodeURIComponent(`a=${vehicle.code}`)}`)
  },
  visit(userids) {
    const seat = [...seats.values()].find(({ chats }) =>
      [...chats.values()].some(({ person }) => userids.includes(person.userid)),
    )
    if (seat) visit(seat)
  },
}

let drawn = false
const bar = topBar(desk, state.faults)
const phone = new Phone(state.customers, state.inbox, desk)
phone.letters = new Letters(phone, state.letters)
const seats = new Map(
  state.people.map((person) => {
    const department = state.departments.find(({ id }) => id === person.departments[0])?.name ?? ''
    return [person.userid, new Seat(person, department, accountsOf(person), desk)]
  }),
)
/** Every chat by its person's user id there: the ids of two work chats differ. */
const chats = new Map(
  [...seats.values()].flatMap((seat) => [...seat.chats.values()].map((chat) => [chat.person.userid, chat])),
)
const grid = h(
  'div',
  { class: 'chats' },
  [...seats.values()].map((seat) => seat.element),
)
const city = ground && new City(desk)
const rooms = roomSwitch(state.people, ground !== null, showRoom)
const tabs = new Map(
  ['phone', ...seats.keys(), ...(city ? ['city'] : [])].map((id) => [
    id,
    h(
      'button',
      { role: 'tab', 'data-tab': id, onclick: () => showTab(id) },
      h('span', {}, seats.get(id)?.person.name ?? words.tabs[id]),
      h('span', { class: 'badge', hidden: true }),
    ),
  ]),
)
const lost = h('div', { class: 'lost', role: 'alert', hidden: true }, words.live.lost)

const street = ground && new Street(phone, ground)
installWx(phone, state.templates, street)
loading.replaceWith(
  bar.element,
  lost,
  h('nav', { class: 'tabs', role: 'tablist', 'aria-label': words.chat.tabs }, [...tabs.values()]),
  h('main', {}, phone.element, h('div', { class: 'work' }, rooms.element, grid, city?.element)),
)
drawn = true
showTab('phone')
rooms.turn(rooms.names[0])
tick()
setInterval(tick, 1000)
bar.start()
phone.start()

/** Events that came while the whole state was on its way: it may be older than they are. */
let held
let filling = Promise.resolve()
let first = true
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
  city?.stirred()
  if (event.type === 'chat') chats.get(event.userid)?.put(event.item)
  if (event.type === 'dingtalk') chats.get(event.chat)?.put(event.item)
  if (event.type === 'bot') chats.get(assistantOf(event.chat))?.put(event.item)
  if (event.type === 'inbox') phone.deliver(event.openid, event.item)
  if (event.type === 'sms' || event.type === 'mail') phone.letters.deliver(event)
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
    const items = { ...state.chats, ...state.dingtalk?.chats, ...state.assistant?.chats }
    for (const [userid, chat] of chats) chat.fill(items[userid] ?? [])
    if (first) for (const seat of seats.values()) seat.turnToNewest()
    first = false
    phone.inbox = state.inbox
    phone.letters.fill(state.letters)
    drawMenus(state.menu)
  } finally {
    const events = held
    held = undefined
    for (const event of events) happen(event)
  }
}

/** The person's user ids in the work chats that are in use. */
function accountsOf({ userid }) {
  const dingtalk = state.dingtalk?.people.find(({ twin }) => twin === userid)
  return {
    ...(state.idle !== 'wecom' && { wecom: userid }),
    ...(dingtalk && { dingtalk: dingtalk.userid }),
    ...(state.assistant && { assistant: assistantOf(userid) }),
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
  for (const [id, { current }] of seats) {
    current.alone(alone && id === userid)
    current.toBottom()
  }
}

/** On narrow screens one thing is shown at a time. */
function showTab(id) {
  document.body.dataset.tab = id
  for (const [name, tab] of tabs) tab.setAttribute('aria-selected', String(name === id))
  for (const [userid, { element }] of seats) element.classList.toggle('shown', userid === id)
  const chat = seats.get(id)?.current
  chat?.seen()
  chat?.toBottom()
  city?.look(id === 'city')
}

/** On wide screens one room of people is in sight, or the city. */
function showRoom(name) {
  document.body.dataset.room = name
  if (grid.classList.contains('solo')) toggleSolo()
  for (const { person, element, current } of seats.values()) {
    element.classList.toggle('here', roomOf(person) === name)
    current.toBottom()
  }
  city?.element.classList.toggle('here', name === 'city')
  city?.look(name === 'city')
}

/** Goes to a person's chat, in whichever way chats are shown. */
function visit({ person }) {
  showTab(person.userid)
  rooms.turn(roomOf(person))
}

function drawUnread(userid, unread) {
  // The seats are made before the tabs.
  if (!drawn) return
  rooms.count(seats.get(userid).person, unread)
  const badge = tabs.get(userid).querySelector('.badge')
  badge.hidden = unread === 0
  badge.textContent = String(unread)
}
