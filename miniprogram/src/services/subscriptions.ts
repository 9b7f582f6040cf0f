import { catalog } from './catalog.ts'
import { host, type SubscribeAnswer } from './host'
import { withSession } from './session.ts'
import { send } from './transport.ts'

/** WeChat's older clients take three templates in one question. */
const MOST_AT_ONCE = 3
/** Somebody may leave the question open; what they tapped for is not to wait for it for ever. */
const PATIENCE_MS = 20_000

/**
 * Asks to be allowed the next message of each template: WeChat lets one acceptance carry one message. To be called
 * inside a tap, before anything is awaited. Never throws: it is a courtesy.
 */
export async function askForMessages(): Promise<void> {
  const ids = catalog
    .get()
    .subscribe.slice(0, MOST_AT_ONCE)
    .map((template) => template.id)
  if (ids.length === 0) return
  const answered = host.requestSubscribe(ids).then(tellServer, () => undefined)
  await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
}

/**
 * Does what the customer tapped for on a running ticket, and asks for the messages that will follow it in the same tap.
 * Neither waits for the other; both are over at the end, so that what is said then is not hidden by WeChat's question.
 */
export function actAndAskForMessages(act: () => Promise<void>): Promise<void> {
  const asked = askForMessages()
  return act().finally(() => asked)
}

function tellServer(answer: SubscribeAnswer): void {
  if (answer.accepted.length + answer.rejected.length === 0) return
  withSession((headers) => send({ method: 'POST', path: '/api/subscriptions', body: answer, headers })).catch(() => {
    // Lost is lost: WeChat keeps the permission, and the next tap tells the server again.
  })
}
