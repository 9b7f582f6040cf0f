import { host, type PayOrder } from './host'
import { withSession } from './session.ts'
import { send } from './transport.ts'

export interface Payment {
  id: string
  number: string
  title: string
  /** In fen. */
  amount: number
  state: 'open' | 'paid' | 'closed'
  payBy: number
  paidAt: number | null
  refunded: number
  refunds: { amount: number; reason: string; state: 'on_its_way' | 'arrived'; at: number }[]
}

/** One of the customer's payments. */
export async function readPayment(id: string): Promise<Payment> {
  return (await withSession((headers) => send({ method: 'GET', path: pathOf(id), headers }))).body as Payment
}

/** Pays in WeChat's own window and returns how the payment stands then; undefined when the person changed their mind. */
export async function payFor(id: string): Promise<Payment | undefined> {
  // A customer may have several WeChats; this phone's pays.
  const body = { code: await host.loginCode() }
  const prepaid = await withSession((headers) => send({ method: 'POST', path: `${pathOf(id)}/prepay`, body, headers }))
  if (!(await host.pay(prepaid.body as PayOrder))) return undefined
  const checked = await withSession((headers) =>
    send({ method: 'POST', path: `${pathOf(id)}/check`, body: {}, headers }),
  )
  return checked.body as Payment
}

function pathOf(id: string): string {
  return `/api/payments/${encodeURIComponent(id)}`
}
