import type { Found } from '../../engines/audit/findings.ts'
import { addDocument, storeDocument } from '../../engines/files/documents.ts'
import { readPicture } from '../../engines/files/files.ts'
import { changeRun, liveSteps, runOf } from '../../engines/flows/flows.ts'
import { backoff } from '../../engines/messages/deliver.ts'
import { enqueue, touchCards } from '../../engines/messages/outbox.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Sealer } from '../../lib/pdf-seal.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Contract } from './contract.ts'
import { contractPaper } from './contract-paper.ts'
import { change } from './contracts.ts'

const BATCH = 20
/** A document is made within seconds; after so long something is wrong. */
const GRACE_MS = 15 * MINUTE

/** Makes the documents of the contracts that were signed, and seals them. Each is made once; returns how many it tried. */
export async function makeContracts(db: Database, words: Words, seals: Sealer | undefined): Promise<number> {
  const due = await db.read((tx) => tx.find(Contract, `WHERE makeAt <= ? ORDER BY makeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const contract of due) {
    try {
      await make(db, words, seals, contract)
    } catch (error) {
      log.error(
        { contract: contract.number, attempts: contract.attempts + 1, err: error },
        'a contract could not be made',
      )
      await db.write((tx) => putOff(tx, contract))
    }
  }
  return due.length
}

/** When the next contract is made, or undefined. */
export const nextContract = earliest('contracts', 'makeAt')

/** Contracts that were signed and whose document is not there yet: the auditor reads them by itself. */
export async function auditContracts(db: Database): Promise<Found[]> {
  const stuck = await db.read((tx) =>
    tx.find(Contract, `WHERE state = 'signed' AND madeAt IS NULL AND signedAt < ? ORDER BY signedAt LIMIT ${BATCH}`, [
      tx.now - GRACE_MS,
    ]),
  )
  return stuck.map(({ rentalId, number }) => ({ kind: 'contract_stuck', subjectId: rentalId, about: number }))
}

async function make(db: Database, words: Words, seals: Sealer | undefined, contract: Contract): Promise<void> {
  const { id, body, hash, kind, signatureId, signedAt, signer, device } = contract
  const signing = {
    signer: signer ?? '',
    signedAt: signedAt ?? contract.createdAt,
    device: device ?? '',
    picture: await readPicture(signatureId ?? ''),
    sealed: seals !== undefined,
  }
  const paper = await contractPaper(body, { hash, kind, signing }, words)
  const { bytes, fingerprint } = seals ? await seals.seal(paper.bytes) : { bytes: paper.bytes, fingerprint: null }
  // Written before the rows that name it: a file without a row does no harm.
  await storeDocument(id, bytes)
  await db.write((tx) => keep(tx, id, { name: paper.name, size: bytes.length, fingerprint }))
}

async function keep(
  tx: Tx,
  id: string,
  made: { name: string; size: number; fingerprint: string | null },
): Promise<void> {
  const contract = await tx.get(Contract, id)
  if (!contract || contract.madeAt !== null) return
  const { rentalId, customerId, number, seq, kind } = contract
  const { name, size, fingerprint } = made
  await change(tx, contract, { madeAt: tx.now, makeAt: null, fingerprint })
  // Each has a number of its own: a supplement takes no other's place.
  const numbered = seq === 1 ? number : `${number}-${seq}`
  await addDocument(tx, {
    ...{ id, kind, subjectType: 'booking', subjectId: rentalId },
    number: numbered,
    version: 1,
    name,
    size,
  })
  // The cards of the case offer it from now on.
  const run = await runOf(tx, rentalId)
  if (run?.state === 'running') {
    await changeRun(tx, run, { facts: { ...run.facts, documents: seq } })
    for (const step of await liveSteps(tx, run.id)) await touchCards(tx, step.id)
  }
  await enqueue(tx, {
    key: `contract:${id}`,
    channel: 'customer',
    to: customerId,
    kind: 'contract',
    subjectId: rentalId,
    data: { number: numbered, kind, at: tx.now },
  })
}

async function putOff(tx: Tx, { id, attempts }: Contract): Promise<void> {
  const changes = { attempts: attempts + 1, makeAt: tx.now + backoff(attempts + 1) }
  await tx.update(Contract, id, changes, { attempts, madeAt: null })
}
