import { askCity } from './city.js'
import { h } from './dom.js'
import { words } from './words.js'
import { sheetButtons, sheetHead } from './wx-sheets.js'

/** So many vehicles are within reach of a phone. */
const WITHIN_REACH = 5
/** A few steps aside, in degrees: nobody stands exactly on a station. */
const ASIDE = 0.0003

/** What WeChat does for whoever holds the phone in the street of the make-believe city: it scans, and says where it is. */
export class Street {
  constructor(phone, ground) {
    this.phone = phone
    /** openid → where they are: each begins near a station of their own, and goes to what they scan. */
    this.spots = new Map(
      phone.customers.map(({ openid }, index) => {
        const { lat, lng } = ground.stations[(index * 2) % ground.stations.length] ?? ground.vehicles[0]
        return [openid, { lat: lat + ASIDE, lng: lng - ASIDE }]
      }),
    )
    this.allowed = new Set()
  }

  get spot() {
    return this.spots.get(this.phone.customer.openid)
  }

  /** The person has gone to a vehicle. */
  goTo({ lat, lng }) {
    this.spots.set(this.phone.customer.openid, { lat, lng })
  }

  async scanCode({ success, fail }) {
    const city = await askCity(this.spot)
    const near = [...(city?.vehicles ?? [])].sort((a, b) => this.far(a) - this.far(b)).slice(0, WITHIN_REACH)
    const vehicle = await this.phone.sheet((close) => scanSheet(near, close))
    if (!vehicle) return fail?.({ errMsg: 'scanCode:fail cancel' })
    this.goTo(vehicle)
    success?.({ errMsg: 'scanCode:ok', result: `${location.origin}/a/${vehicle.code}`, scanType: 'QR_CODE' })
  }

  async getLocation({ success, fail }) {
    const { openid } = this.phone.customer
    const allowed = this.allowed.has(openid) || (await this.phone.sheet(locationSheet))
    if (!allowed) return fail?.({ errMsg: 'getLocation:fail auth deny' })
    this.allowed.add(openid)
    const { lat, lng } = this.spot
    success?.({ errMsg: 'getLocation:ok', latitude: lat, longitude: lng, accuracy: 20 })
  }

  far({ lat, lng }) {
    return Math.hypot(lat - this.spot.lat, lng - this.spot.lng)
  }
}

function scanSheet(vehicles, close) {
  return [
    ...sheetHead(words.street.scanTitle, words.street.scan),
    h(
      'div',
      { class: 'sheet-codes' },
      vehicles.map((vehicle) =>
        h(
          'button',
          { type: 'button', onclick: () => close(vehicle) },
          h('i', { class: 'city-dot', 'data-state': vehicle.state }),
          h('b', {}, vehicle.code),
          h('span', {}, vehicle.stateText),
        ),
      ),
    ),
    h(
      'div',
      { class: 'sheet-buttons' },
      h('button', { class: 'sheet-no', onclick: () => close() }, words.sheet.cancel),
    ),
  ]
}

function locationSheet(close) {
  return [
    ...sheetHead(words.street.locationTitle),
    h('p', {}, words.street.locationHint),
    sheetButtons(
      words.sheet.reject,
      () => close(false),
      words.sheet.allow,
      () => close(true),
    ),
  ]
}
