import { definitionById } from '../../engines/definitions/definitions.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'
import { type Calendar, type CalendarDefinition, makeCalendar } from '../../lib/calendar.ts'
import { NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from './booking.ts'
import { type Model, rentalSchema, type Shot, type Store, type Terms } from './terms.ts'

/** A version of a rental's terms. */
export interface TermsVersion {
  id: string
  body: Terms
}

let inForce: TermsVersion | undefined

/** The terms in force; throws NotFound where no pack rents anything. */
export function termsNow(): TermsVersion {
  if (!inForce) throw new NotFound('rental')
  return inForce
}

/** Whether a pack in force rents anything. */
export function hasRental(): boolean {
  return inForce !== undefined
}

/** The terms under which a booking was made. */
export async function termsOf(tx: Tx, { termsId }: Pick<Booking, 'termsId'>): Promise<Terms> {
  return (await definitionById<Terms>(tx, termsId)).body
}

/** A store of these terms; throws NotFound. */
export function storeOf({ stores }: Pick<Terms, 'stores'>, name: string): Store {
  const store = Object.hasOwn(stores, name) ? stores[name] : undefined
  if (!store) throw new NotFound('rental_store', { store: name })
  return store
}

/** A model of these terms; throws NotFound. */
export function modelOf({ models }: Pick<Terms, 'models'>, name: string): Model {
  const model = Object.hasOwn(models, name) ? models[name] : undefined
  if (!model) throw new NotFound('rental_model', { model: name })
  return model
}

/** The pictures that are taken of a model. */
export function shotsOf(terms: Terms, model: string): Shot[] {
  return modelOf(terms, model).shots ?? terms.shots
}

const calendars = new WeakMap<CalendarDefinition, Calendar>()

/** When a store hands over cars. */
export function hoursOf({ hours }: Store): Calendar {
  const known = calendars.get(hours) ?? makeCalendar(hours)
  calendars.set(hours, known)
  return known
}

/** Adds the terms of a rental to what packs can say. */
export function rentalFile(): PackFile<Terms, Terms> {
  return {
    file: 'rental.yaml',
    kind: 'rental',
    schema: rentalSchema,
    freeze: (terms) => ({ name: terms.rental, body: terms }),
    check(read, _beside, problems) {
      if (!read) return
      const { value, source } = read
      for (const [path, reason] of mistakesOf(value)) problems.push(source.problem(path, reason))
    },
    use(all) {
      inForce = all[0]
    },
  }
}

/** What is wrong with terms that a schema does not see: where, and why. */
function mistakesOf(terms: Terms): [path: PropertyKey[], reason: string][] {
  const found: [PropertyKey[], string][] = []
  const stores = Object.keys(terms.stores)
  terms.one_way?.pairs.forEach(({ between }, i) => {
    between.forEach((store, side) => {
      if (!stores.includes(store))
        found.push([['one_way', 'pairs', i, 'between', side], unknown('store', store, stores)])
    })
  })
  twice(
    terms.shots.map(({ shot }) => shot),
    'shots',
    'shot',
    found,
  )
  twice(
    terms.damage.map(({ damage }) => damage),
    'damage',
    'damage',
    found,
  )
  for (const [name, { price, shots = [] }] of Object.entries(terms.models)) {
    const again = shots.findIndex(({ shot }, i) => shots.findIndex((one) => one.shot === shot) < i)
    if (again >= 0) found.push([['models', name, 'shots', again], `"${shots[again]?.shot}" stands twice`])
    if (price.hour === undefined && terms.least < 86_400_000)
      found.push([['models', name, 'price'], 'rentals of less than a day need "hour"'])
  }
  terms.cancel.forEach(({ before }, i) => {
    const earlier = terms.cancel[i - 1]
    if (earlier && earlier.before <= before)
      found.push([['cancel', i, 'before'], 'write the longest span first: of several steps the first that fits counts'])
  })
  if (terms.least > terms.most) found.push([['least'], '"least" is longer than "most"'])
  return found
}

function twice(names: string[], list: string, field: string, found: [PropertyKey[], string][]): void {
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) found.push([[list, i, field], `"${name}" stands twice`])
  })
}
