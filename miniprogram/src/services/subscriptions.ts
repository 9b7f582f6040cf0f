import { catalog } from './catalog.ts'
import { host } from './host'
import { withSession } from './session.ts'
import { send } from './transport.ts'

/** WeChat's older clients take three templates in one question. */
const MOST_AT_ONCE = 3

/** Asks, inside a tap, to be allowed to tell the customer of each step. Never throws: it is a courtesy. */
export async function askForMessages(): Promise<void> {
  const ids = catalog
    .get()
    .subscribe.slice(0, MOST_AT_ONCE)
    .map((template) => template.id)
  if (ids.length === 0) return
  const answer = await host.requestSubscribe(ids)
  if (answer.accepted.length + answer.rejected.length === 0) return
  withSession((headers) => send({ method: 'POST', path: '/api/subscriptions', body: answer, headers })).catch(() => {
    // Lost is lost: WeChat keeps the permission, and the next tap tells the server again.
  })
}
