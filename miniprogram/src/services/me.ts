import type { Customer } from './api.ts'
import { updateCustomer, withSession } from './session.ts'
import { send } from './transport.ts'

async function ask(method: 'PATCH' | 'POST', path: string, body: object): Promise<unknown> {
  const { body: answer } = await withSession((headers) => send({ method, path, body, headers }))
  updateCustomer((answer as { customer: Customer }).customer)
  return answer
}

/** Gives the customer the name by which staff will address them. */
export async function rename(nickname: string): Promise<void> {
  await ask('PATCH', '/api/me', { nickname })
}

/** Binds the phone number behind WeChat's code; the number itself, where the server tells its owner. */
export async function bindPhone(code: string): Promise<string | undefined> {
  const { number } = (await ask('POST', '/api/me/phone', { code })) as { number?: string }
  return number
}
