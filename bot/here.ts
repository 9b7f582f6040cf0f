import { enqueueAll, type Outgoing } from '../server/engines/messages/outbox.ts'
import type { Tx } from '../server/lib/tx.ts'

const placeOf = (staffId: string) => `place:${staffId}`

/** Says on which platform somebody is speaking to us in this transaction: what they ask for is answered there. */
export function speaksOn(tx: Tx, staffId: string, platform: string): void {
  tx.remember(placeOf(staffId), platform)
}

/** Answers somebody where they are speaking to us; what they are told unasked goes where they want to be told. */
export async function answer(tx: Tx, ...messages: Outgoing[]): Promise<void> {
  const here = (staffId: string) => tx.memo<string | undefined>(placeOf(staffId), async () => undefined)
  await enqueueAll(
    tx,
    await Promise.all(messages.map(async (one) => ({ ...one, via: one.via ?? (await here(one.to)) }))),
  )
}
