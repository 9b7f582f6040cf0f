import type { Customer } from './api.ts'
import { updateCustomer, withSession } from './session.ts'
import { send } from './transport.ts'

async function ask(method: 'PATCH' | 'POST', path: string, body: object): Promise<void> {
  const { body: answer } = await withSession((headers) => send({ method, path, body, headers }))
  updateCustomer((answer as { customer: Customer }).customer)
}

/** Gives the customer the name by which staff will address them. */
export function rename(nickname: string): Promise<void> {
  return ask('PATCH', '/api/me', { nickname })
}

/** Binds the phone number behind WeChat's code. */
export function bindPhone(code: string): Promise<void> {
  return ask('POST', '/api/me/phone', { code })
}
