import { ask } from './api.js'
import { CityMap } from './city-map.js'
import { h } from './dom.js'
import { words } from './words.js'

const EVERY_MS = 3000
const SOON_MS = 500
const METRES_PER_DEGREE = 111_320
/** A ride goes on to another place than the one where it is, in metres. */
const SOMEWHERE_ELSE = 200
/** The states of the legend, what customers can use first. */
const STATES = ['available', 'reserved', 'on_trip', 'non_operational', 'removed', 'elsewhere', 'unknown']

/** Asks how the city stands; null where the packs have no vehicles. Riders leave what stands `beside` somebody alone. */
export async function askCity(beside) {
  return fetch(`/desk/api/city${beside ? `?lat=${beside.lat}&lng=${beside.lng}` : ''}`).then(
    async (answer) => (await answer.json()).city,
    () => null,
  )
}

/**
 * The city with its vehicles, stations and field workers, as it is now. `desk.scan(vehicle)` holds the customer's
 * phone over its code, `desk.visit(userids)` goes to a worker's chat.
 */
export class City {
  constructor(desk) {
    this.desk = desk
    this.map = new CityMap(desk, (code) => this.choose(code))
    this.chosen = undefined
    this.card = h('div', { class: 'city-card', 'aria-live': 'polite' })
    this.counts = h('ul', { class: 'city-counts' })
    this.people = h('ul', { class: 'city-people' })
    this.element = h(
      'section',
      { class: 'city', 'aria-label': words.city.title },
      this.map.element,
      h(
        'aside',
        { class: 'city-side' },
        h('h2', {}, words.city.title),
        this.counts,
        this.card,
        h('h3', {}, words.city.workers),
        this.people,
      ),
    )
  }

  /** Whether somebody looks at it: then it stays fresh, and riders ride. */
  look(looking) {
    clearInterval(this.timer)
    if (!looking) return
    this.refresh()
    this.timer = setInterval(() => this.refresh(), EVERY_MS)
  }

  /** Something happened: the city may stand otherwise. */
  stirred() {
    if (this.element.offsetParent === null) return
    clearTimeout(this.soon)
    this.soon = setTimeout(() => this.refresh(), SOON_MS)
  }

  async refresh() {
    const city = await askCity(this.desk.spot())
    if (city) this.draw(city)
  }

  draw(city) {
    this.city = city
    this.map.draw(city, this.chosen)
    const count = (state) => city.vehicles.filter((one) => one.state === state).length
    this.counts.replaceChildren(
      ...STATES.filter((state) => count(state) > 0).map((state) =>
        h(
          'li',
          {},
          h('i', { class: 'city-dot', 'data-state': state }),
          h('span', {}, words.city.states[state]),
          h('b', {}, count(state)),
        ),
      ),
    )
    this.people.replaceChildren(...city.workers.map((worker) => this.person(worker)))
    this.drawCard()
  }

  choose(code) {
    this.chosen = code === this.chosen ? undefined : code
    if (this.city) this.draw(this.city)
  }

  drawCard() {
    const vehicle = this.city.vehicles.find(({ code }) => code === this.chosen)
    if (!vehicle) {
      this.card.replaceChildren(h('p', { class: 'city-hint' }, words.city.hint))
      return
    }
    this.card.replaceChildren(
      h('strong', {}, vehicle.code),
      h('p', {}, vehicle.stateText),
      vehicle.case ? h('p', { class: 'city-case' }, words.city.case(vehicle.case)) : '',
      ...(vehicle.ours
        ? this.goals(vehicle).map(({ text, place }) =>
            h('button', { class: 'send', type: 'button', onclick: () => this.shut(vehicle, place) }, text),
          )
        : [h('button', { class: 'send', type: 'button', onclick: () => this.desk.scan(vehicle) }, words.city.scan)]),
    )
  }

  /** Where a customer may ride to: the next station, and the next place where no ride may end. */
  goals(vehicle) {
    const nearest = (places) =>
      places
        .map((place) => ({ ...place, metres: metresBetween(vehicle, place) }))
        .filter(({ metres }) => metres > SOMEWHERE_ELSE)
        .sort((a, b) => a.metres - b.metres)
        .slice(0, 1)
    const closed = this.city.zones.filter((zone) => zone.closed).map(({ name, rings }) => ({ name, ...middle(rings) }))
    return [
      ...nearest(this.city.stations).map((place) => ({ place, text: words.city.shut(place.name) })),
      ...nearest(closed).map((place) => ({ place, text: words.city.shutWrong(place.name) })),
    ]
  }

  /** A customer has come to where they wanted to go. */
  async shut({ code, meters: before }, { lat, lng, metres }) {
    await ask('close-lock', { lock: code, place: { lat, lng }, before, meters: Math.round(metres) })
    await this.refresh()
  }

  person({ name, userids, onDuty, jobs }) {
    const taken = jobs.filter((job) => job.taken)
    const doing = !onDuty
      ? words.city.offDuty
      : jobs.length === 0
        ? words.city.free
        : words.city.busy(taken.length, jobs.length)
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', onclick: () => this.desk.visit(userids) },
        h('span', { class: `avatar person tint-${this.desk.tint(name)}`, 'aria-hidden': 'true' }, name.slice(-2)),
        h('span', { class: 'city-who' }, h('strong', {}, name), h('small', {}, doing)),
      ),
    )
  }
}

function metresBetween(a, b) {
  const east = (b.lng - a.lng) * Math.cos((a.lat * Math.PI) / 180)
  return Math.hypot(b.lat - a.lat, east) * METRES_PER_DEGREE
}

/** The middle of an outline, longitude first in it. */
function middle([outline]) {
  const mean = (at) => outline.reduce((sum, point) => sum + point[at], 0) / outline.length
  return { lat: mean(1), lng: mean(0) }
}
