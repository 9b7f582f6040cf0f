import { z } from 'zod'
import { type ApiDoor, door } from '../../engines/api/door.ts'
import type { Database } from '../../lib/db.ts'
import { NotFound } from '../../lib/errors.ts'
import { paperLook } from './look.ts'
import { PAPERS, type PaperKind } from './paper.ts'
import { paperByNumber, putPaper } from './papers.ts'
import { paperLookSchema, paperSchema } from './schema.ts'

const putAnswer = z.strictObject({ outcome: z.enum(['created', 'updated', 'known']), paper: paperLookSchema })
const oneAnswer = z.strictObject({ paper: paperLookSchema })

/** The doors by which other systems tell of quotes, contracts, invoices and returns, all in the same shape (D5). */
export function paperDoors({ db }: { db: Database }): ApiDoor[] {
  return (Object.keys(PAPERS) as PaperKind[]).flatMap((kind) => [
    door({
      name: `put_${kind}`,
      method: 'post',
      path: `/${kind}s`,
      scope: 'orders:write',
      body: paperSchema(PAPERS[kind]),
      answer: putAnswer,
      example: { body: exampleOf(kind), answer: { outcome: 'created', paper: lookOf(kind) } },
      run: ({ body, key }) =>
        db.write(async (tx) => {
          const { paper, outcome } = await putPaper(tx, kind, body, key.name)
          return { outcome, paper: paperLook(paper) }
        }),
    }),
    door({
      name: `read_${kind}`,
      method: 'get',
      path: `/${kind}s/:number`,
      scope: 'orders:read',
      answer: oneAnswer,
      example: { answer: { paper: lookOf(kind) } },
      run: ({ params, key }) =>
        db.read(async (tx) => {
          const paper = await paperByNumber(tx, kind, key.name, params.number ?? '')
          if (!paper) throw new NotFound('paper')
          return { paper: paperLook(paper) }
        }),
    }),
  ])
}

function exampleOf(kind: PaperKind) {
  return {
    number: `${kind.slice(0, 1).toUpperCase()}-20261123-7`,
    customer: { member: 'M-1001' },
    status: PAPERS[kind][0],
    amount: 1_200_000,
    issued_at: '2026-11-23T10:00:00+08:00',
    updated_at: '2026-11-23T10:00:00+08:00',
  }
}

function lookOf(kind: PaperKind) {
  const { number, status, amount } = exampleOf(kind)
  return {
    id: '01KANCDEFGHJKMNPQRSTVWXYZ2',
    source: 'ERP',
    number,
    customer: '01KANCDEFGHJKMNPQRSTVWXYZ0',
    order: null,
    status,
    amount,
    title: null,
    data: {},
    issued_at: 1_795_399_200_000,
    ends_at: null,
    updated_at: 1_795_399_200_000,
  }
}
