import { Asset } from './domain/assets/asset.ts'
import { fleet } from './domain/assets/fleet.ts'
import { StaffAccount } from './engines/staff/staff.ts'
import type { House } from './house.ts'
import type { Words } from './lib/render.ts'
import type { Tx } from './lib/tx.ts'
import type { DeskCity } from './sandbox/desk-city.ts'
import { vehicleKind } from './stage-city.ts'

/** More than these would be no picture any more. */
const MOST_ON_MAP = 500

const WORKERS = `SELECT s.id, s.name, s.onDuty, w.lat, w.lng FROM workers w JOIN staff s ON s.id = w.id
  WHERE s.active = 1 AND w.lat IS NOT NULL ORDER BY s.name`
const JOBS = `SELECT o.staffId, o.lat, o.lng, f.acceptedAt, r.facts FROM dispatch_offers o
  JOIN flow_steps f ON f.id = o.stepId JOIN flow_runs r ON r.id = f.runId
  WHERE o.live = 1 AND o.lat IS NOT NULL AND f.state IN ('open', 'waiting') ORDER BY o.id`
const RIDDEN = 'SELECT code FROM rides WHERE openOn IS NOT NULL'
const CASES = 'SELECT assetCode, number FROM tickets WHERE openKey IS NOT NULL'

/** The make-believe city as it stands; undefined where the packs have no vehicles. */
export async function cityNow({ db, words }: House): Promise<DeskCity | undefined> {
  if (!vehicleKind()) return undefined
  return db.read(async (tx) => ({
    zones: fleet().zones.map(({ properties: { zone, rules = [] }, geometry }) => ({
      name: zone,
      rings: geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat(),
      closed: rules.some(({ ride_end_allowed }) => !ride_end_allowed),
    })),
    ...(await things(tx, words)),
    workers: await workers(tx),
  }))
}

async function things(tx: Tx, words: Words): Promise<Pick<DeskCity, 'stations' | 'vehicles'>> {
  const rows = await tx.find(Asset, `WHERE lat IS NOT NULL AND lng IS NOT NULL ORDER BY code LIMIT ${MOST_ON_MAP}`)
  const cases = new Map(
    (await tx.query<{ assetCode: string; number: string }>(CASES)).map(({ assetCode, number }) => [assetCode, number]),
  )
  const ridden = new Set((await tx.query<{ code: string }>(RIDDEN)).map(({ code }) => code))
  const { kinds } = fleet()
  const places = rows.map((row) => ({ ...row, lat: Number(row.lat), lng: Number(row.lng) }))
  return {
    stations: places
      .filter(({ kind }) => kinds[kind]?.station)
      .map(({ id, code, name, lat, lng }) => ({
        code,
        name: name ?? code,
        lat,
        lng,
        here: rows.filter(({ stationId, state }) => stationId === id && state === 'available').length,
      })),
    vehicles: places
      .filter(({ kind }) => kinds[kind]?.form_factor)
      .map(({ code, state, meters, lat, lng }) => ({
        code,
        state,
        meters,
        stateText: words.text(`messages/assets.state.${state}`),
        lat,
        lng,
        case: cases.get(code),
        ...(ridden.has(code) && { ours: true as const }),
      })),
  }
}

interface WorkerRow {
  id: string
  name: string
  onDuty: number | boolean
  lat: number
  lng: number
}

interface JobRow {
  staffId: string
  lat: number
  lng: number
  acceptedAt: number | null
  facts: string
}

async function workers(tx: Tx): Promise<DeskCity['workers']> {
  const people = await tx.query<WorkerRow>(WORKERS)
  const jobs = await tx.query<JobRow>(JOBS)
  const accounts = await tx.find(StaffAccount, 'WHERE active = 1')
  return people.map(({ id, name, onDuty, lat, lng }) => ({
    name,
    userids: accounts.filter(({ staffId }) => staffId === id).map(({ userId }) => userId),
    onDuty: Boolean(onDuty),
    lat: Number(lat),
    lng: Number(lng),
    jobs: jobs
      .filter(({ staffId }) => staffId === id)
      .map((job) => ({
        number: (JSON.parse(job.facts) as { number: string }).number,
        taken: job.acceptedAt !== null,
        lat: Number(job.lat),
        lng: Number(job.lng),
      })),
  }))
}
