import { openSession } from '../../server/domain/customers/session.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { httpPost } from './callback.ts'
import { COMPLAINT } from './crowd.ts'
import { type Ground, openRooms, welcome } from './ground.ts'
import type { Hits } from './load.ts'
import { startHouse, startLoad, startStandIn } from './processes.ts'

/** Below the door's limit of 60 writes a minute for one customer. */
const EACH = 10
const CONNECTIONS = 16

/** Opens tickets through the customer's door of the whole house, text check included. */
export async function openingByDoor(ground: Ground): Promise<Hits> {
  const standIn = await startStandIn()
  const env = { ...ground.env, ...standIn.env }
  const rooms = await openRooms({ ...ground, env }, systemClock)
  const tokens: string[] = []
  for (const user of standIn.users) {
    const customer = await welcome(rooms, user)
    tokens.push((await rooms.db.write((tx) => openSession(tx, customer.id))).token)
  }
  await rooms.db.close()
  const body = JSON.stringify({ form: 'complaint', answers: COMPLAINT })
  const requests = Array.from({ length: EACH * tokens.length }, (_, i) =>
    httpPost('/api/tickets', 'application/json', body, { Authorization: `Bearer ${tokens[i % tokens.length]}` }),
  )
  const house = await startHouse(env)
  const load = await startLoad()
  const warm = requests.splice(0, 500)
  await load.fire({ port: house.port, requests: warm, connections: CONNECTIONS })
  const hits = await load.fire({ port: house.port, requests, connections: CONNECTIONS })
  for (const server of [load, house, standIn]) await server.stop()
  if (hits.statuses['201'] !== requests.length) throw new Error(`not all tickets were opened: ${JSON.stringify(hits)}`)
  return hits
}
