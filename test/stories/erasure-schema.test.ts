import assert from 'node:assert/strict'
import { Customer } from '../../server/domain/customers/customer.ts'
import { eraseFrom } from '../../server/domain/privacy/work.ts'
import { CustomerAlias } from '../../server/engines/events/aliases.ts'
import { Event } from '../../server/engines/events/event.ts'
import { holdings } from '../../server/engines/privacy/holding.ts'
import { RuleTrace } from '../../server/engines/rules/run.ts'
import { entities } from '../../server/entities.ts'
import type { Database } from '../../server/lib/db.ts'
import { newId } from '../../server/lib/ids.ts'
import type { New } from '../../server/lib/tx.ts'
import { openStory, type Story } from '../harness.ts'
import { namingTables, placesOf } from '../naming.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

/** Where the id stays, and why. */
const KEPT: Record<string, string> = {
  'privacy_jobs.customerId': 'the job that erases gives it its last turn itself',
}
type Entity = new () => { id: string }

/** Rows of a pass that no holding comes to the end of. */
const MOST_PASSES = 6

test('no table that names a customer still names them after an erasure', async () => {
  story = await openStory()
  const { db } = story
  const naming = await namingTables(db)
  const id = await db.write(async (tx) => {
    const id = newId(tx.now)
    await tx.insert(Customer, { id, createdAt: tx.now, seenAt: tx.now })
    return id
  })
  for (const [table, columns] of naming) await fillRow(db, entityOf(db, table), columns, id)
  // They were somebody else once: what keeps the id it came with is theirs as well.
  const old = await db.write(async (tx) => newId(tx.now))
  await db.write((tx) => tx.insert(CustomerAlias, { id: old, customerId: id }))
  await fillRow(db, Event, ['customerId', 'subjectId', 'actorId'], old)
  await fillRow(db, RuleTrace, ['customerId'], old)
  const before = await placesOf(db, id)
  const named = [...naming].flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`))
  assert.deepEqual(
    named.filter((place) => !before.includes(place)),
    [],
    'a row was put into each of them',
  )

  const alias = await db.write(async (tx) => newId(tx.now))
  for (let pass = 0, touched = 1; touched > 0; pass++) {
    assert.ok(pass < MOST_PASSES, 'an erasure comes to its end')
    touched = 0
    for (const holding of holdings()) {
      for (let more = true; more; ) {
        const done = await db.write((tx) => eraseFrom(tx, holding, { customerId: id, alias }))
        more = done.more === true
        touched += (done.deleted ?? 0) + (done.kept ?? 0)
      }
    }
  }
  const left = [...(await placesOf(db, id)), ...(await placesOf(db, old))]
  assert.deepEqual(
    left.filter((place) => !KEPT[place]),
    [],
  )
})

function entityOf(db: Database, table: string): Entity {
  const entity = entities.find((one) => db.source.getMetadata(one).tableName === table)
  if (!entity) throw new Error(`${table} has no entity`)
  return entity as Entity
}

/** A row that says nothing but who it is about: every other column has the plainest value that it takes. */
async function fillRow(db: Database, entity: Entity, naming: string[], id: string): Promise<void> {
  await db.write(async (tx) => {
    const row: Record<string, unknown> = {}
    for (const { propertyName, isNullable, isPrimary, type, transformer } of db.source.getMetadata(entity).columns) {
      if (naming.includes(propertyName)) row[propertyName] = id
      else if (isPrimary) row[propertyName] = newId(tx.now)
      else if (!isNullable) row[propertyName] = plainest(String(type), transformer as Packer | undefined)
    }
    // Rows whose kind of subject is told apart are about a customer.
    for (const [column, said] of Object.entries(ABOUT)) if (row[column] !== undefined) row[column] = said
    await tx.insert(entity, row as New<{ id: string }>)
  })
}

const ABOUT: Record<string, string> = {
  subjectType: 'customer',
  authorType: 'customer',
  ownerType: 'customer',
  channel: 'customer',
  actorType: 'customer',
}

interface Packer {
  to(value: unknown): unknown
}

function plainest(type: string, packer?: Packer): unknown {
  if (type === 'boolean') return false
  if (!type.includes('char') && !type.includes('text')) return 0
  try {
    packer?.to([])
    return packer ? [] : 'x'
  } catch {
    // It packs texts.
    return 'x'
  }
}
