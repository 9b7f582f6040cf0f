import { h } from './dom.js'
import { words } from './words.js'

const METRES_PER_DEGREE = 111_320
const MARGIN = 56
/** Vehicles that stand at a station are drawn around its sign. */
const AT_STATION_METRES = 12
const RING = { first: 26, next: 14, fits: 10 }

/** The map of the city: outlines and ways as lines, stations, vehicles and people as signs that glide when they move. */
export class CityMap {
  constructor(desk, onVehicle) {
    this.desk = desk
    this.onVehicle = onVehicle
    this.lines = svg('svg', { class: 'city-lines', 'aria-hidden': 'true' })
    this.signs = h('div', { class: 'city-signs' })
    this.element = h('div', { class: 'city-map', role: 'group', 'aria-label': words.city.map }, this.lines, this.signs)
    this.known = new Map()
    new ResizeObserver(() => this.city && this.draw(this.city)).observe(this.element)
  }

  draw(city, chosen = this.chosen) {
    this.city = city
    this.chosen = chosen
    const { clientWidth: width, clientHeight: height } = this.element
    if (width === 0) return
    const at = projection(city, width, height)
    this.lines.setAttribute('viewBox', `0 0 ${width} ${height}`)
    this.lines.replaceChildren(
      ...city.zones.flatMap((zone) => outline(zone, at)),
      ...city.workers.flatMap((one) => ways(one, at)),
    )
    const drawn = new Set()
    const put = (key, build, place, update) => {
      drawn.add(key)
      let sign = this.known.get(key)
      if (!sign) {
        sign = build()
        this.known.set(key, sign)
        this.signs.append(sign)
      }
      sign.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px)`
      update(sign)
    }
    for (const { name, rings } of city.zones) {
      const corner = topLeft(rings, at, width, height)
      put(
        `zone ${name}`,
        () => h('span', { class: 'city-zone' }, name),
        corner,
        () => {},
      )
    }
    for (const station of city.stations) this.putStation(put, station, at(station))
    const spots = spread(city, at)
    for (const vehicle of city.vehicles) this.putVehicle(put, vehicle, spots.get(vehicle.code))
    for (const worker of city.workers) this.putWorker(put, worker, at(worker))
    for (const [key, sign] of this.known) {
      if (drawn.has(key)) continue
      sign.remove()
      this.known.delete(key)
    }
  }

  putStation(put, { code, name, here }, place) {
    const build = () => h('div', { class: 'city-station' }, h('b', {}), h('span', {}, name))
    put(`station ${code}`, build, place, (sign) => {
      sign.firstChild.textContent = String(here)
      sign.title = words.city.stationHas(name, here)
    })
  }

  putVehicle(put, vehicle, place) {
    const build = () =>
      h('button', { type: 'button', class: 'city-vehicle', onclick: () => this.onVehicle(vehicle.code) })
    put(`vehicle ${vehicle.code}`, build, place, (sign) => {
      const says = `${vehicle.code}，${vehicle.stateText}`
      sign.dataset.state = vehicle.state
      sign.classList.toggle('in-case', vehicle.case !== undefined)
      sign.setAttribute('aria-pressed', String(vehicle.code === this.chosen))
      sign.setAttribute('aria-label', says)
      sign.title = says
    })
  }

  putWorker(put, { name, onDuty }, place) {
    const build = () =>
      h(
        'div',
        { class: 'city-worker' },
        h('i', { class: `tint-${this.desk.tint(name)}` }, name.slice(-2)),
        h('span', {}, name),
      )
    put(`worker ${name}`, build, place, (sign) => sign.classList.toggle('off', !onDuty))
  }
}

/** Degrees to pixels, so that everything that has a place fits. */
function projection({ stations, vehicles, workers }, width, height) {
  const places = [...stations, ...vehicles, ...workers]
  const lats = places.map(({ lat }) => lat)
  const lngs = places.map(({ lng }) => lng)
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lngs), Math.max(...lngs)]
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const metres = { x: (east - west) * METRES_PER_DEGREE * narrow || 1, y: (north - south) * METRES_PER_DEGREE || 1 }
  const scale = Math.min((width - 2 * MARGIN) / metres.x, (height - 2 * MARGIN) / metres.y)
  const left = (width - metres.x * scale) / 2
  const top = (height - metres.y * scale) / 2
  return ({ lat, lng }) => ({
    x: left + (lng - west) * METRES_PER_DEGREE * narrow * scale,
    y: top + (north - lat) * METRES_PER_DEGREE * scale,
  })
}

/** Where each vehicle is drawn: those at a station stand in rings around it, the others where they are. */
function spread({ stations, vehicles }, at) {
  const spots = new Map()
  const here = new Map()
  for (const vehicle of vehicles) {
    const station = stations.find((one) => metres(one, vehicle) < AT_STATION_METRES)
    if (!station) {
      spots.set(vehicle.code, at(vehicle))
      continue
    }
    const place = here.get(station.code) ?? 0
    here.set(station.code, place + 1)
    const ring = Math.floor(place / RING.fits)
    const turn = ((place % RING.fits) / RING.fits) * 2 * Math.PI - Math.PI / 2 + ring * 0.3
    const far = RING.first + ring * RING.next
    const { x, y } = at(station)
    spots.set(vehicle.code, { x: x + far * Math.cos(turn), y: y + far * Math.sin(turn) })
  }
  return spots
}

function metres(a, b) {
  const narrow = Math.cos((a.lat * Math.PI) / 180)
  return Math.hypot(a.lat - b.lat, (a.lng - b.lng) * narrow) * METRES_PER_DEGREE
}

function outline({ rings, closed }, at) {
  return rings.map((ring) =>
    svg('polygon', {
      class: closed ? 'city-outline closed' : 'city-outline',
      points: ring
        .map(([lng, lat]) => at({ lat, lng }))
        .map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)
        .join(' '),
    }),
  )
}

/** From where somebody is to what they have taken on. */
function ways(worker, at) {
  const from = at(worker)
  return worker.jobs
    .filter(({ taken }) => taken)
    .map(at)
    .map((to) => svg('line', { class: 'city-way', x1: from.x, y1: from.y, x2: to.x, y2: to.y }))
}

function topLeft(rings, at, width, height) {
  const corners = rings.flat().map(([lng, lat]) => at({ lat, lng }))
  const inside = (value, most) => Math.min(Math.max(value, 0), most)
  return {
    x: inside(Math.min(...corners.map(({ x }) => x)), width) + 8,
    y: inside(Math.min(...corners.map(({ y }) => y)), height) + 6,
  }
}

function svg(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
