import { ask } from './api.js'
import { CityMap } from './city-map.js'
import { h } from './dom.js'
import { words } from './words.js'

const EVERY_MS = 3000
const SOON_MS = 500
/** Where a customer who shuts the lock has come to: some streets off, in degrees and in metres. */
const ASIDE = 0.003
const METERS = 1200
/** The states of the legend, what customers can use first. */
const STATES = ['available', 'reserved', 'on_trip', 'non_operational', 'removed', 'elsewhere', 'unknown']

/** Asks how the city stands; null where the packs have no vehicles. */
export async function askCity() {
  return fetch('/desk/api/city').then(
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
    const city = await askCity()
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
      vehicle.ours
        ? h('button', { class: 'send', type: 'button', onclick: () => this.shut(vehicle) }, words.city.shut)
        : h('button', { class: 'send', type: 'button', onclick: () => this.desk.scan(vehicle) }, words.city.scan),
    )
  }

  /** A customer has come to where they wanted to go. */
  async shut({ code, lat, lng }) {
    const aside = () => (Math.random() - 0.5) * 2 * ASIDE
    await ask('close-lock', { lock: code, place: { lat: lat + aside(), lng: lng + aside() }, meters: METERS })
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
