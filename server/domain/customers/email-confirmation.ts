import { Column, Entity, PrimaryColumn } from 'typeorm'
import { enqueue } from '../../engines/messages/outbox.ts'
import { HOUR, MINUTE } from '../../lib/clock.ts'
import { sealedText, signText } from '../../lib/crypto.ts'
import { Conflict, Invalid, TooMany } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { mailAddress, setEmail } from './email.ts'

/** The kind of mail that brings the code. */
export const EMAIL_CODE = 'email_code'
const HOLDS_MS = 30 * MINUTE
const MOST_TRIES = 5
const MOST_SENT = 5

/** An address that a customer has typed and not yet shown to be theirs. */
@Entity('email_confirmations')
export class EmailConfirmation {
  /** The customer. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'text', transformer: sealedText }) address: string
  @Column({ type: 'int' }) tries: number
  /** How many codes within the hour. */
  @Column({ type: 'int' }) sent: number
  @Column({ type: 'bigint' }) sentAt: number
  @Column({ type: 'bigint' }) expiresAt: number
}

/** Sends a code to an address that a customer has typed. Throws Invalid, TooMany. */
export async function askForEmail(tx: Tx, customerId: string, typed: string): Promise<void> {
  const address = typed.trim().toLowerCase()
  if (!mailAddress.safeParse(address).success) throw new Invalid('email', 'wrong_value')
  const before = await tx.get(EmailConfirmation, customerId)
  const recent = before !== undefined && before.sentAt > tx.now - HOUR
  if (recent && before.sent >= MOST_SENT) throw new TooMany(before.sentAt + HOUR - tx.now)
  const row = { address, tries: 0, sent: recent ? before.sent + 1 : 1, sentAt: tx.now, expiresAt: tx.now + HOLDS_MS }
  if (before) await tx.update(EmailConfirmation, customerId, row)
  else await tx.insert(EmailConfirmation, { id: customerId, ...row })
  const key = `email_code:${newId(tx.now)}`
  await enqueue(tx, { key, channel: 'customer', to: customerId, kind: EMAIL_CODE, subjectId: customerId, via: 'mail' })
}

/** Takes the address whose code was typed; `others`: another customer has it. Throws Invalid, Conflict. */
export async function confirmEmail(tx: Tx, customerId: string, code: string): Promise<'taken' | 'wrong' | 'others'> {
  const waiting = await tx.get(EmailConfirmation, customerId)
  if (!waiting || waiting.expiresAt < tx.now) throw new Conflict('email_code_over')
  if (waiting.tries >= MOST_TRIES) throw new Conflict('email_code_over')
  if (code !== codeOf(waiting)) {
    await tx.update(EmailConfirmation, customerId, { tries: waiting.tries + 1 })
    return 'wrong'
  }
  const taken = await setEmail(tx, customerId, waiting.address)
  await tx.run('DELETE FROM email_confirmations WHERE id = ?', [customerId])
  return taken ? 'taken' : 'others'
}

/** The address that waits for its code, with the code; undefined when none does. */
export async function waitingEmail(tx: Tx, customerId: string): Promise<{ address: string; code: string } | undefined> {
  const waiting = await tx.get(EmailConfirmation, customerId)
  if (!waiting || waiting.expiresAt < tx.now) return undefined
  return { address: waiting.address, code: codeOf(waiting) }
}

/** Follows from who, where and when: it need not be kept anywhere. */
function codeOf({ id, address, sentAt }: EmailConfirmation): string {
  const digest = Buffer.from(signText(`email code\n${id}\n${address}\n${sentAt}`), 'base64url')
  return String(digest.readUInt32BE(0) % 1_000_000).padStart(6, '0')
}
