import { arriveNear } from '../../server/engines/dispatch/arrival.ts'
import { Worker } from '../../server/engines/dispatch/worker.ts'
import { describeWorker, placeWorker } from '../../server/engines/dispatch/workers.ts'
import { leads } from '../../server/engines/flows/figures.ts'
import { namedStaff } from '../../server/engines/staff/named.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Forbidden, Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Answer, type Command, line } from '../command.ts'

/** Latitude, longitude, however they are parted; what else stands there (a name, a map's link) is left aside. */
const COORDINATES = /(-?\d{1,2}\.\d+)\s*[,，;\s]\s*(-?\d{1,3}\.\d+)/

/** Where I am: the nearest work comes to me. */
const place: Command = {
  name: 'place',
  words: ['我在', 'at', '位置'],
  group: 'me',
  async run(tx, staff, rest) {
    const [lat, lng] = (COORDINATES.exec(rest) ?? []).slice(1).map(Number)
    if (lat === undefined || lng === undefined || Math.abs(lat) > 90 || Math.abs(lng) > 180)
      throw new Invalid('place', 'place_where')
    return standAt(tx, staff, { lat, lng })
  },
}

/** Notes where somebody is, typed or sent as a place, and where they have arrived by that. */
export async function standAt(tx: Tx, staff: Staff, { lat, lng }: { lat: number; lng: number }): Promise<Answer[]> {
  await placeWorker(tx, staff.id, { lat, lng })
  const numbers = await arriveNear(tx, staff, { lat, lng })
  return [line(staff, 'placed', { numbers, onDuty: staff.onDuty })]
}

/** What a colleague can do; without any, nobody has said. */
const skills = describing('skills', ['技能', 'skills'], 'skills_of_whom', 'skilled')

/** Where a colleague works; without any, everywhere. */
const zones = describing('zones', ['片区', 'zones'], 'zones_of_whom', 'zoned')

export const places = [place, skills, zones]

/** Said in place of a list, it takes what was there away. */
const NONE = ['不限', '无', '没有', 'none', 'any']

/** A list that whoever leads somebody can see, set for them and take away. */
function describing(name: 'skills' | 'zones', words: string[], how: string, told: string): Command {
  return {
    name,
    words,
    group: 'me',
    may: leads,
    async run(tx, staff, rest) {
      const [whom, ...list] = rest.split(/[\s,，、]+/).filter(Boolean)
      if (!whom) throw new Invalid('person', how)
      const people = await namedStaff(tx, whom)
      const [one] = people
      if (!one) throw new Invalid('person', 'person_not_found', { name: whom })
      if (people.length > 1)
        throw new Invalid('person', 'person_which', { name: whom, names: people.map((each) => each.name) })
      if (one.leaderId !== staff.id) throw new Forbidden('command_not_yours', { word: words[0] })
      if (list.length === 0) {
        const known = await tx.get(Worker, one.id)
        return [line(staff, `${told}_now`, { name: one.name, list: known?.[name] })]
      }
      const said = NONE.includes(list.join(' ').toLowerCase()) ? null : list
      await describeWorker(tx, one.id, { [name]: said }, { type: 'staff', id: staff.id })
      return [line(staff, told, { name: one.name, list: said })]
    },
  }
}
