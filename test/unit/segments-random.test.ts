import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { book, useSegments } from '../../server/domain/segments/book.ts'
import { factsOf, judgedNow } from '../../server/domain/segments/facts.ts'
import { countEvents, hearsOfCustomers } from '../../server/domain/segments/hear.ts'
import { lendFacts, tierFact } from '../../server/domain/segments/lent.ts'
import { previewSegment } from '../../server/domain/segments/preview.ts'
import { drawEdges } from '../../server/domain/segments/quantiles.ts'
import { nextCustomer, sweepCustomers } from '../../server/domain/segments/sweep.ts'
import { addTag, removeTag } from '../../server/domain/segments/tags.ts'
import { CustomerTally } from '../../server/domain/segments/tally.ts'
import { onEvents, recordAll, SYSTEM } from '../../server/engines/events/events.ts'
import { entities, migrations } from '../../server/entities.ts'
import { DAY, FixedClock, HOUR } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'
import { soonest } from '../../server/lib/due.ts'
import { houseDatabase } from '../database.ts'
import { Dice } from '../dice.ts'
import { MONDAY_10 } from '../harness.ts'
import { after, before, test } from '../suite.ts'

const SEED = Number(process.env.SEED ?? 20261123)
const ROUNDS = process.env.TEST_DATABASE_URL ? 3 : 8
const STEPS = process.env.TEST_DATABASE_URL ? 60 : 150
const CUSTOMERS = 12

const FACTS = `
facts:
  - { fact: suv, title: 租 SUV 次数, count: order.paid, when: { model: suv } }
  - { fact: visits_7, title: 近 7 天访问, count: page.viewed, within: 7 d }
  - { fact: spent_30, title: 近 30 天消费, sum: order.paid, of: amount, minus: refund.made, within: 30 d }
  - { fact: models, title: 车型数, distinct: order.paid, of: model, within: 60 d }
  - { fact: first_model, title: 第一个车型, first: order.paid, of: model }
  - { fact: last_csat, title: 最近评分, last: ticket.rated, of: csat }
rfm:
  recency: { of: last_order_at, edges: [7 d, 30 d, 90 d] }
  frequency: { of: orders, edges: [2, 4] }
  monetary: { of: spent_fen, quantiles: 3 }
`
const STAGES = `
stages:
  - { stage: lost, title: 流失, lost: true, reason: 90 天没有下单, when: { last_order_at: { $before: 90 d } } }
  - { stage: at_risk, title: 有风险, when: { last_order_at: { $before: 30 d } } }
  - { stage: won_back, title: 挽回, when: { order_gap_days: { $gte: 90 }, last_order_at: { $within: 30 d } } }
  - { stage: regular, title: 常客, when: { orders: { $gte: 3 } } }
  - { stage: registered, title: 注册 }
`
const SEGMENTS: Record<string, string> = {
  fresh: 'when: { registered_at: { $within: 7 d } }',
  dormant: 'when: { last_order_at: { $before: 30 d } }',
  busy: 'when: { visits_7: { $gte: 2 } }',
  unhappy: 'when: { last_csat: { $lte: 2 } }\ntags: [不满意]',
  birthday: "when: { birthday: { $yearly: 'next 7 d' } }",
  valuable: 'when: { $or: [{ spent_30: { $gte: 20000 } }, { m_score: 3 }] }\ntags: [高价值]',
  // Stands before those it asks for, by name.
  a_sleeping_beauty: 'when: { segments: { $all: [dormant, valuable] } }',
  called: 'when: { tags: { $in: [已回访, 不满意] }, stage: { $ne: registered } }',
  long_lost: 'when: { stage: lost, stage_since: { $before: 10 d } }',
  varied: 'when: { models: { $gte: 2 }, first_model: { $nin: [suv, null] } }',
  kind_of_gold: 'when: { tier: gold, region: { $begins: 上海 } }',
}

let db: Database
let drop: () => Promise<void>
let folder: string
const clock = new FixedClock(MONDAY_10)
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  const pack = join(folder, 'packs/test')
  await mkdir(join(pack, 'segments'), { recursive: true })
  await writeFile(join(pack, 'facts.yaml'), FACTS)
  await writeFile(join(pack, 'stages.yaml'), STAGES)
  for (const [name, rest] of Object.entries(SEGMENTS))
    await writeFile(join(pack, 'segments', `${name}.yaml`), `segment: ${name}\ntitle: ${name}\n${rest}\n`)
  const database = await houseDatabase(folder)
  drop = database.drop
  db = await Database.open({ url: database.url, entities, migrations, clock })
  lendFacts('tier', tierFact)
  onEvents(countEvents, hearsOfCustomers)
  assert.deepEqual(await useSegments(db, { templatesDir: folder, packs: ['test'] }), [])
})
after(async () => {
  await db.close()
  await drop()
  await rm(folder, { recursive: true, force: true })
})

const idOf = (round: number, n: number) => `C${String(round).padStart(4, '0')}${String(n).padStart(21, '0')}`

/** Lets something happen to somebody: now or late, once or twice, alone or with others. */
async function happen(dice: Dice, round: number): Promise<void> {
  const happenings = Array.from({ length: 1 + dice.below(4) }, () => {
    const customerId = idOf(round, dice.below(CUSTOMERS))
    const name = dice.pick(['order.paid', 'order.paid', 'order.paid', 'page.viewed', 'page.viewed', 'refund.made'])
    const other = dice.pick(['ticket.rated', 'customer.profiled', 'interaction.recorded', 'customer.registered', 'x.y'])
    const late = dice.chance(0.3) ? dice.below(120) * DAY + dice.below(24) * HOUR : 0
    return {
      name: dice.chance(0.7) ? name : other,
      by: { type: dice.pick(['customer', 'system'] as const), id: customerId },
      subject: { type: 'customer', id: customerId },
      customerId,
      data: {
        amount: 100 * (1 + dice.below(300)),
        model: dice.pick(['suv', 'sedan', 'van', null]),
        csat: 1 + dice.below(5),
        birthday: dice.pick(['1990-11-28', '12-24', 115, '02-29', 'never', '2001-03-15', 420, 525, '06-30', 808, 910]),
        region: dice.pick(['上海市', '上海', '北京']),
      },
      at: clock.now() - late,
      ...(dice.chance(0.5) && { dedupKey: `${round}:${dice.below(40)}` }),
    }
  })
  await db.write((tx) => recordAll(tx, happenings))
}

async function settle(): Promise<void> {
  for (let pass = 0; pass < 50; pass++) if ((await sweepCustomers(db)) === 0) return
  assert.fail('the sweep does not come to rest')
}

/** Where everybody belongs, without when they came there. */
function standing(round: number) {
  return db.read(async (tx) => {
    const like = `${idOf(round, 0).slice(0, 5)}%`
    const facts = await tx.query<Record<string, unknown>>('SELECT * FROM customer_facts WHERE id LIKE ? ORDER BY id', [
      like,
    ])
    const members = await tx.query<{ id: string }>(
      'SELECT id FROM segment_members WHERE customerId LIKE ? ORDER BY id',
      [like],
    )
    const tags = await tx.query<{ id: string; reasons: string }>(
      'SELECT id, reasons FROM customer_tags WHERE customerId LIKE ? ORDER BY id',
      [like],
    )
    return {
      facts: facts.map(({ stageSince, more, ...row }) => ({ ...row, more: JSON.parse(String(more)) })),
      members: members.map(({ id }) => id),
      tags: tags.map(({ id, reasons }) => [id, (JSON.parse(reasons) as { by: string }[]).map(({ by }) => by).sort()]),
    }
  })
}

/** Forgets all that was worked out, as if the definitions were new and nobody had ever been judged. */
async function forget(): Promise<void> {
  await db.write(async (tx) => {
    await tx.run(`UPDATE customer_tallies SET counted = 0, judged = 0, counts = '{}', dueAt = NULL`)
    await tx.run('DELETE FROM segment_members')
    // Since when somebody is in a stage cannot be told from the events: it is kept, as a change of the definitions does.
    await tx.run(`UPDATE customer_facts SET orders = 77, spentFen = -1, lastOrderAt = NULL, rfm = NULL, region = 'x'`)
  })
}

test('little by little or all anew: everybody belongs where they belong', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const dice = new Dice(SEED + round)
    for (let step = 0; step < STEPS; step++) {
      await happen(dice, round)
      if (dice.chance(0.1)) {
        const id = idOf(round, dice.below(CUSTOMERS))
        const tagging = { by: { type: 'staff' as const, id: 'S1' }, reason: '电话里说的' }
        await db.write<unknown>((tx) =>
          dice.chance(0.7) ? addTag(tx, id, '已回访', tagging) : removeTag(tx, id, '已回访', tagging),
        )
      }
      if (dice.chance(0.05)) await drawEdges(db, book()?.rfm)
      if (dice.chance(0.3)) await settle()
      if (dice.chance(0.3)) clock.advance(dice.below(10) * DAY + dice.below(24) * HOUR)
    }
    await settle()
    const before = await standing(round)
    await forget()
    await settle()
    assert.deepEqual(await standing(round), before, `SEED=${SEED}, round ${round}`)
  }
  if (process.env.TEST_DATABASE_URL) return
  // Everything that can be was at some time.
  const seen = await db.read(async (tx) => {
    const rows = await tx.query<{ data: string }>(
      `SELECT DISTINCT data FROM events WHERE name IN ('segment.entered', 'stage.changed')`,
    )
    return rows.map(({ data }) => JSON.parse(data) as { segment?: string; to?: string })
  })
  for (const name of Object.keys(SEGMENTS))
    assert.ok(name === 'kind_of_gold' || seen.some(({ segment }) => segment === name), name)
  for (const { stage } of book()?.stages ?? [])
    assert.ok(
      seen.some(({ to }) => to === stage),
      stage,
    )
})

test('nobody changes where they belong between two looks at them', async () => {
  await settle()
  for (let turn = 0; turn < 40; turn++) {
    const next = await db.read((tx) => soonest(tx, [nextCustomer]))
    if (next === undefined) break
    // Right before the next look everybody is still where they were judged to be; nobody has been looked at since.
    clock.advance(Math.max(0, next - 1 - clock.now()))
    assert.equal(await sweepCustomers(db), 0)
    await agrees(`turn ${turn}, before`)
    clock.advance(1)
    await settle()
    await agrees(`turn ${turn}, at`)
  }
})

/** What is written down is what a judgement would say now. */
async function agrees(about: string): Promise<void> {
  await db.read(async (tx) => {
    const members = await tx.query<{ id: string }>('SELECT id FROM segment_members ORDER BY id')
    const ids = await tx.query<{ id: string }>('SELECT id FROM customer_facts ORDER BY id')
    const found: string[] = []
    for (const { id } of ids) {
      const judgement = await judgedNow(tx, id)
      const facts = await factsOf(tx, id)
      assert.equal(judgement?.stage?.stage, facts.stage, `${about}: ${id}`)
      assert.equal(judgement?.scores?.rfm, facts.rfm, `${about}: ${id}`)
      for (const segment of judgement?.segments ?? []) found.push(`${segment}:${id}`)
    }
    assert.deepEqual(
      members.map(({ id }) => id),
      found.sort(),
      about,
    )
  })
}

test('a preview counts whom the segment has', async () => {
  await settle()
  await db.read(async (tx) => {
    for (const { segment, when } of book()?.segments ?? []) {
      const [row] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM segment_members WHERE segment = ?', [
        segment,
      ])
      const { count, of, sample } = await previewSegment(tx, when, 3)
      assert.equal(count, Number(row?.n), segment)
      assert.equal(sample.length, Math.min(3, count))
      assert.equal(of, ROUNDS * CUSTOMERS)
    }
  })
})

test('many at once, from several hands, and sweeps among them: nothing is lost and nothing counts twice', async () => {
  const dice = new Dice(SEED)
  const round = ROUNDS
  const work = Array.from({ length: 40 }, (_, n) => async () => {
    if (n % 8 === 3) await sweepCustomers(db)
    else if (n % 8 === 6) {
      const tagging = { by: { type: 'staff' as const, id: `S${n}` }, reason: 'x' }
      await db.write((tx) => addTag(tx, idOf(round, n % 3), '已回访', tagging))
    } else await happen(dice, round)
  })
  await Promise.all(work.map((one) => one()))
  await settle()
  const before = await standing(round)
  assert.ok(before.facts.length > 5)
  const [twice] = await db.read((tx) =>
    tx.query('SELECT dedupKey FROM events WHERE dedupKey IS NOT NULL GROUP BY dedupKey HAVING COUNT(*) > 1'),
  )
  assert.equal(twice, undefined)
  await forget()
  await settle()
  assert.deepEqual(await standing(round), before)
  const [tag] = before.tags.filter(([id]) => String(id).includes('已回访'))
  assert.ok((tag?.[1]?.length ?? 0) >= 1)
})

test('who has older definitions leaves customers to who has newer ones', async () => {
  const id = idOf(ROUNDS, 0)
  const tally = () => db.read((tx) => tx.get(CustomerTally, id))
  await db.write((tx) => tx.run('UPDATE customer_tallies SET counted = 99, judged = 99 WHERE id = ?', [id]))
  const before = await standing(ROUNDS)
  const about = { by: SYSTEM, subject: { type: 'order', id: 'O1' }, customerId: id }
  await db.write((tx) => recordAll(tx, [{ name: 'order.paid', ...about, data: { amount: 100 } }]))
  await settle()
  assert.deepEqual(await standing(ROUNDS), before)
  // It is for the others to count it, from the events: what is known by our facts does not fit in theirs.
  const left = await tally()
  assert.deepEqual([left?.counted, left?.judged, left?.dueAt], [0, 99, clock.now()])
  await db.write((tx) => tx.run('UPDATE customer_tallies SET judged = ? WHERE id = ?', [book()?.version, id]))
  await settle()
  const ordersIn = ({ facts }: Awaited<ReturnType<typeof standing>>) =>
    Number((facts[0] as Record<string, unknown>).orders)
  assert.equal(ordersIn(await standing(ROUNDS)), ordersIn(before) + 1)
  assert.equal((await tally())?.counted, book()?.factsVersion)
})
