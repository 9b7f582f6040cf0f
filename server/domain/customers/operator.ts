import type Koa from 'koa'
import { signatureHolds, signText } from '../../lib/crypto.ts'
import { Unauthorized } from '../../lib/errors.ts'
import { bearer } from './auth.ts'

const OPERATOR = 'door:assets'

/** The key with which an operator's own programs come in; it follows from the installation's own keys. */
export function operatorKey(): string {
  return signText(OPERATOR)
}

/** Lets only operators' programs through. */
export async function operator(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  if (!signatureHolds(OPERATOR, bearer(ctx))) throw new Unauthorized('session_missing')
  await next()
}
