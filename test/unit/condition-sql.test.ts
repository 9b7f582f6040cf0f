import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FixedClock } from '../../server/lib/clock.ts'
import { type Condition, compile, timedConditionSchema } from '../../server/lib/condition.ts'
import { conditionSql, isTellable, type SqlField } from '../../server/lib/condition-sql.ts'
import { Database } from '../../server/lib/db.ts'
import { freshDatabase } from '../database.ts'
import { Dice } from '../dice.ts'
import { type Kind, NOW, number, randomCondition, scalar, TAGS, text } from '../random-conditions.ts'
import { after, before, test } from '../suite.ts'

const ROWS = 80
const CONDITIONS = Number(process.env.CONDITIONS ?? (process.env.TEST_DATABASE_URL ? 1000 : 2500))
const SEED = Number(process.env.SEED ?? 20261123)

let db: Database
let drop: () => Promise<void>
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  const database = await freshDatabase(folder)
  drop = database.drop
  db = await Database.open({ url: database.url, entities: [], migrations: [], clock: new FixedClock(NOW) })
  const end = db.dialect === 'mysql' ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
  await db.write(async (tx) => {
    await tx.query(`CREATE TABLE things (id INT NOT NULL PRIMARY KEY, n DOUBLE, whole BIGINT, t VARCHAR(60),
      more TEXT NOT NULL${end}`)
    await tx.query(`CREATE TABLE thing_tags (thingId INT NOT NULL, tag VARCHAR(60) NOT NULL${end}`)
  })
})
after(async () => {
  await db.close()
  await drop()
  await rm(folder, { recursive: true, force: true })
})

const FIELDS: Record<string, SqlField> = {
  n: { kind: 'number', sql: 'x.n' },
  whole: { kind: 'number', sql: 'x.whole' },
  t: { kind: 'text', sql: 'x.t' },
  j: { kind: 'json', sql: 'x.more', key: 'j' },
  k: { kind: 'json', sql: 'x.more', key: 'k' },
  tags: { kind: 'list', rows: 'SELECT 1 FROM thing_tags l WHERE l.thingId = x.id', sql: 'l.tag' },
}
const KINDS: Record<string, Kind> = {
  n: 'number',
  whole: 'number',
  t: 'text',
  j: 'any',
  k: 'any',
  tags: 'text',
  nobody_knows: 'any',
  'deep.er': 'any',
}

function holding(condition: Condition): Promise<number[]> {
  const { sql, values } = conditionSql(condition, {
    dialect: db.dialect,
    when: { now: NOW },
    fieldOf: (path) => (Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined),
  })
  return db.read(async (tx) => {
    const rows = await tx.query<{ id: number }>(`SELECT x.id FROM things x WHERE ${sql} ORDER BY x.id`, values)
    return rows.map(({ id }) => id)
  })
}

test('random conditions on random rows: SQL says what the test in memory says', async () => {
  const dice = new Dice(SEED)
  const rows = Array.from({ length: ROWS }, (_, id) => {
    const data: Record<string, unknown> = { tags: TAGS.filter(() => dice.chance(0.3)) }
    if (dice.chance(0.8)) data.n = number(dice)
    if (dice.chance(0.8)) data.whole = Math.round(number(dice))
    if (dice.chance(0.8)) data.t = text(dice)
    // Within JSON null is something else than nothing.
    if (dice.chance(0.8)) data.j = scalar(dice)
    if (dice.chance(0.8)) data.k = scalar(dice)
    return { id, data }
  })
  await db.write(async (tx) => {
    for (const { id, data } of rows) {
      const more = JSON.stringify({ j: data.j, k: data.k })
      await tx.run('INSERT INTO things (id, n, whole, t, more) VALUES (?, ?, ?, ?, ?)', [
        id,
        data.n ?? null,
        data.whole ?? null,
        data.t ?? null,
        more,
      ])
      for (const tag of data.tags as string[]) await tx.run('INSERT INTO thing_tags VALUES (?, ?)', [id, tag])
    }
  })
  let between = 0
  for (let i = 0; i < CONDITIONS; i++) {
    const condition = timedConditionSchema.parse(randomCondition(dice, KINDS))
    const expected = rows.filter(({ data }) => compile(condition)(data, { now: NOW })).map(({ id }) => id)
    assert.deepEqual(await holding(condition), expected, `SEED=${SEED}, condition ${i}: ${JSON.stringify(condition)}`)
    if (expected.length > 0 && expected.length < ROWS) between += 1
  }
  // The dice must not only draw what always or never holds.
  assert.ok(between > CONDITIONS / 4, `only ${between} told the rows apart`)
})

test('a pattern cannot be told in SQL, wherever it stands', () => {
  assert.equal(isTellable({ a: 1, $or: [{ t: { $not: { $regex: 'x' } } }] }), false)
  assert.equal(isTellable({ a: { $in: ['regex'] } }), true)
  assert.throws(() => holding({ t: { $regex: 'x' } }), /cannot be told in SQL/)
})
