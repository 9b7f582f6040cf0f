import Router from 'koa-router'
import { customerDoors } from './domain/intake/customer-doors.ts'
import { eventDoors } from './domain/intake/event-doors.ts'
import { importDoors } from './domain/intake/import-doors.ts'
import { paperDoors } from './domain/orders/paper-routes.ts'
import { orderDoors } from './domain/orders/routes.ts'
import { violationDoors } from './domain/rentals/violation-doors.ts'
import { stockDoors } from './domain/stock/routes.ts'
import type { ApiDoor } from './engines/api/door.ts'
import { openapiOf } from './engines/api/openapi.ts'
import { API, apiRoutes } from './engines/api/routes.ts'
import type { House } from './house.ts'

/** Every door of /api/v1, in the order in which they are described. */
export function apiDoors(house: House): ApiDoor[] {
  return [
    ...eventDoors(house),
    ...customerDoors(house),
    ...orderDoors(house),
    ...paperDoors(house),
    ...importDoors(house),
    ...stockDoors(house),
    ...violationDoors(house),
  ]
}

/** What other systems come in by, and the document that describes it. */
export function apiV1(house: House): Router {
  const { db, words, config } = house
  const doors = apiDoors(house)
  const router = new Router()
  router.get(`${API}/openapi.json`, (ctx) => {
    ctx.body = openapiOf(doors, words, config.baseUrl)
  })
  router.use(apiRoutes({ db, doors }).routes())
  return router
}
