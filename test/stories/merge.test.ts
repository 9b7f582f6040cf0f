import assert from 'node:assert/strict'
import { Customer } from '../../server/domain/customers/customer.ts'
import { customerById } from '../../server/domain/customers/customers.ts'
import { setEmail } from '../../server/domain/customers/email.ts'
import { lastMerge, mergeCustomers, undoMerge } from '../../server/domain/customers/merge.ts'
import { allMovers } from '../../server/domain/customers/movers.ts'
import { stopWay } from '../../server/domain/customers/stop.ts'
import { claimCoupon, returnCoupon, useCoupon } from '../../server/domain/loyalty/coupons.ts'
import { grantPoints, returnPoints, reversePoints, spendPoints } from '../../server/domain/loyalty/points.ts'
import { CustomerTag } from '../../server/domain/segments/tag.ts'
import { addTag } from '../../server/domain/segments/tags.ts'
import { standingOf } from '../../server/domain/segments/why.ts'
import { CustomerAlias } from '../../server/engines/events/aliases.ts'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { openFollowUp } from '../../server/engines/rules/follow-ups.ts'
import { Staff } from '../../server/engines/staff/staff.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { happened } from '../letters.ts'
import { openProgramme } from '../loyalty.ts'
import { namingTables, placesOf } from '../naming.ts'
import { jpeg } from '../pictures.ts'
import { deeds, happens, idOf, openRuleStory, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const BY = { type: 'system' as const }
const join = (into: string, from: string, why = '同一个人') =>
  story.db.write((tx) => mergeCustomers(tx, into, from, { by: BY, why }))
const part = (id: string) => story.db.write((tx) => undoMerge(tx, id, BY))
const look = (id: string) => story.db.read((tx) => customerById(tx, id))

/** What stays as it was written. */
const STAYS: Record<string, string> = {
  events: 'keep the id they came with; readers ask for the aliases',
  rule_traces: 'are never changed; readers ask for the aliases',
  customer_aliases: 'are what leads from one to the other',
  customer_merges: 'is the journal',
}

test('no column that names a customer is forgotten', async () => {
  story = await openStory()
  const moved = new Set([...allMovers().values()].flatMap(({ tables }) => tables))
  const naming = [...(await namingTables(story.db)).keys()]
  assert.deepEqual(
    naming.filter((name) => !moved.has(name) && !STAYS[name]),
    [],
    'these tables name a customer and nobody moves them',
  )
  assert.deepEqual(
    [...moved].filter((name) => !naming.includes(name)),
    [],
    'these are moved, and the test does not know by which column',
  )
})

test('whatever a customer did, no row is left under the old id', async () => {
  const note = '{ do: notify_staff, to: owner, or: front_line, title: 提醒, text: 请看 }'
  story = await openRuleStory({
    talk: `rule: talk\ntitle: 跟进\non: { event: order.placed }\nsteps: [{ wait: 1 d }, ${note}]\n`,
    day: `rule: day\ntitle: 纪念日\non: { date: customer.registered_at, offset: 30 d, at: '10:00' }\nsteps: [${note}]\n`,
  })
  const { lin, li } = story
  const [wang, from] = [await idOf(story, story.wang), await idOf(story, li)]
  const photo = await li.upload(await jpeg())
  const ticket = await li.files('complaint', {
    type: 'quality',
    urgency: 'normal',
    description: '灯不亮',
    order: 'YK20261123',
    photos: [photo.body.id],
  })
  await li.does(ticket.id, 'remarks', { text: '前灯' })
  await happens(story, from, 'order.placed')
  await lin.says(`客户标签 ${li.user.phone.slice(-4)} 怕冷`)
  await story.db.write(async (tx) => {
    await setEmail(tx, from, 'li@example.com')
    await stopWay(tx, from, 'mail', { reason: 'unsubscribed' })
    await grantPoints(tx, { customerId: from, points: 10, key: 'k', why: 'gift' })
    await spendPoints(tx, { customerId: from, points: 3, key: 'l', why: 'redeem' })
    await openFollowUp(tx, {
      effectKey: 'e',
      runId: 'r',
      rule: 'talk',
      customerId: from,
      staffId: (await tx.first(Staff, 'WHERE name = ?', ['林小雨']))?.id ?? '',
      role: 'front_line',
      title: '回访',
      points: [],
      reasons: [],
    })
  })
  await story.settle()
  const named = async (id: string) =>
    (await placesOf(story.db, id)).filter((place) => !KEPT.some((kept) => kept.test(place)))
  const before = await named(from)
  for (const table of [
    'tickets',
    'comments',
    'messages',
    'sessions',
    'attachments',
    'rule_runs',
    'rule_dates',
    'follow_ups',
    'points_lots',
    'customer_stops',
    'customer_tags',
    'flow_runs',
    'segment_members',
  ])
    assert.ok(
      before.some((place) => place.startsWith(`${table}.`)),
      `the story says nothing of ${table}`,
    )
  const merge = await join(wang, from)
  await story.settle()
  assert.deepEqual(await named(from), [])
  await part(merge.id)
  await story.settle()
  assert.deepEqual(await named(from), before, 'and all of it is theirs again')
})

/** What keeps the old id, and why. */
const KEPT = [
  // Events keep the id they came with, so do traces and what tells who did something then.
  /^events\.(customerId|actorId|subjectId)$/,
  /^rule_traces\.(customerId|runKey)$/,
  /^customer_aliases\.id$/,
  /^customer_merges\.otherId$/,
  /^customer_look_alikes\.(oneId|otherId)$/,
  // The occasion of a run: it began when it did, for whom it did.
  /^rule_looks\./,
]

test('two become one and two again: fields, identities, ways and words by which they are found', async () => {
  story = await openStory()
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  await story.db.write(async (tx) => {
    await tx.update(Customer, wang, { nickname: null, tier: 'gold' })
    await setEmail(tx, li, 'li@example.com')
    await addTag(tx, wang, '常客', { by: SYSTEM, reason: '每周都来', key: 'staff:a' })
    await addTag(tx, li, '常客', { by: SYSTEM, reason: '老客户', key: 'staff:b' })
    await addTag(tx, li, '怕冷', { by: SYSTEM, reason: '自己说的', key: 'staff:b' })
  })
  await story.settle()
  const before = [await look(wang), await look(li)]
  const told = [await tags(wang), await tags(li)]
  const merge = await join(wang, li)
  await story.settle()

  const one = await look(li)
  assert.deepEqual([one.id, one.nickname, one.phone, one.tier], [wang, before[1]?.nickname, before[0]?.phone, 'gold'])
  assert.deepEqual(await tags(wang), ['常客: 每周都来, 老客户', '怕冷: 自己说的'])
  for (const who of [story.wang, story.li])
    assert.equal((await who.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id, wang)
  await story.lin.says(`客户 ${story.li.user.phone}`)
  assert.match(JSON.stringify(story.lin.card('找到 1 位').card), new RegExp((before[0]?.phone ?? '').slice(-4)))
  const { merge: id, from } = (await happened(story, 'customer.merged'))[0] ?? {}
  assert.deepEqual([id, from], [merge.id, li])
  const [row] = await story.db.read((tx) => tx.query<Record<string, string>>('SELECT * FROM customer_merges'))
  const personal = new RegExp(['同一个人', '李', story.wang.user.phone, story.li.user.phone].join('|'))
  assert.doesNotMatch(JSON.stringify(row), personal, 'what is personal lies sealed in the journal')

  await part(merge.id)
  await story.settle()
  const after = [await look(wang), await look(li)]
  assert.deepEqual(
    after.map(({ id, nickname, phone, tier, createdAt }) => [id, nickname, phone, tier, createdAt]),
    before.map(({ id, nickname, phone, tier, createdAt }) => [id, nickname, phone, tier, createdAt]),
  )
  assert.deepEqual([await tags(wang), await tags(li)], told)
  assert.equal(
    (await story.li.call<{ customer: { id: string } }>('GET', '/api/me', undefined, {})).body.customer.id,
    li,
  )
  assert.deepEqual(await story.db.read((tx) => tx.find(CustomerAlias, '')), [], 'the old id is a customer again')
  await assert.rejects(part(merge.id), { why: 'merge_undone' })
  const again = await join(wang, li)
  assert.equal((await look(li)).id, wang)
  await part(again.id)
  assert.equal((await look(li)).id, li)
})

const tags = async (id: string) =>
  (await story.db.read((tx) => standingOf(tx, id))).tags
    .map(
      ({ tag, reasons }) => [tag, reasons.flatMap(({ by, reason }) => (by.startsWith('staff') ? reason : []))] as const,
    )
    .flatMap(([tag, reasons]) => (reasons.length > 0 ? `${tag}: ${reasons.join(', ')}` : []))
    .sort()

test('chains lead straight to the last, and are undone from the end', async () => {
  story = await openStory()
  const ids = ['A', 'B', 'C', 'D'].map((letter) => `01CHAIN${letter.repeat(19)}`)
  const [a = '', b = '', c = '', d = ''] = ids
  await story.db.write((tx) =>
    tx.insert(
      Customer,
      ids.map((id, i) => ({ id, nickname: `客户${i}`, createdAt: tx.now + i, seenAt: tx.now, keyedAt: tx.now })),
    ),
  )
  const first = await join(b, a)
  const second = await join(c, b)
  const third = await join(c, d)
  for (const id of ids) assert.equal((await look(id)).id, c)
  const aliases = await story.db.read((tx) => tx.find(CustomerAlias, 'ORDER BY id'))
  assert.deepEqual(
    aliases.map(({ customerId }) => customerId),
    [c, c, c],
    'one look, however long the chain',
  )
  await assert.rejects(join(a, d), { why: 'merge_same' })
  await assert.rejects(part(first.id), { why: 'merge_later' })
  await assert.rejects(part(second.id), { why: 'merge_later' })
  await part(third.id)
  await part(second.id)
  assert.deepEqual(await Promise.all(ids.map(async (id) => (await look(id)).id)), [b, b, c, d])
  await part(first.id)
  assert.deepEqual(await Promise.all(ids.map(async (id) => (await look(id)).nickname)), [
    '客户0',
    '客户1',
    '客户2',
    '客户3',
  ])
  assert.equal(await story.db.read((tx) => lastMerge(tx, c)), undefined)
})

test('while work goes on: a card in hand, a rule under way, words, a report of the same', async () => {
  const note = '{ do: notify_staff, to: owner, or: front_line, title: 提醒, text: 请看 }'
  const steps = 'steps: [{ wait_for: { first_of: [{ event: order.paid, then: [NOTE] }], timeout: 5 d } }]'.replace(
    'NOTE',
    note,
  )
  story = await openRuleStory({
    pair: `rule: pair\ntitle: 成对\non: { event: order.placed }\n${steps}\n`,
  })
  const { lin } = story
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  const ticket = await story.li.complain('灯不亮')
  await lin.press('灯不亮', 'accept')
  await happens(story, li, 'order.placed')
  await happens(story, wang, 'order.placed')
  await story.later('1 min')
  const merge = await join(wang, li)
  await story.settle()

  assert.deepEqual(
    (await runsOf(story, 'pair')).map(({ customerId, outcome }) => [customerId, outcome]),
    [
      [wang, null],
      [wang, 'left'],
    ],
    'of two runs of one rule the later one leaves',
  )
  assert.equal((await story.wang.ticket(ticket.id)).id, ticket.id, 'either phone shows the ticket')
  await story.li.does(ticket.id, 'remarks', { text: '是前灯' })
  assert.match(JSON.stringify((await story.wang.ticket(ticket.id)).timeline), /是前灯/)
  await lin.press('灯不亮', 'ask')
  await lin.says('是什么时候坏的？')
  await story.settle()
  // What was queued under the old id, or comes from somebody who knows no other, counts for the one they are.
  await happens(story, li, 'order.paid')
  await story.later('1 d')
  assert.deepEqual((await runsOf(story, 'pair'))[0]?.outcome, 'completed')

  await part(merge.id)
  await story.settle()
  assert.deepEqual(
    (await runsOf(story, 'pair')).map(({ customerId, outcome }) => [customerId, outcome]),
    [
      [li, 'completed'],
      [wang, null],
    ],
    'who had left goes on for the one they are',
  )
  assert.equal((await story.wang.call('GET', `/api/tickets/${ticket.id}`)).status, 404)
  const detail = await story.li.ticket(ticket.id)
  assert.match(JSON.stringify(detail.timeline), /是什么时候坏的/)
  assert.ok(!(await deeds(story, 'pair')).includes('failed'))
})

test('what was written for the other one at the very moment of the merge follows it, and goes back with the rest', async () => {
  story = await openStory()
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  const ticket = await story.li.complain('锁打不开')
  const merge = await join(wang, li)
  // Another process has read the customer before and commits after.
  await story.db.write(async (tx) => {
    await tx.run('UPDATE tickets SET customerId = ? WHERE id = ?', [li, ticket.id])
    await tx.insert(CustomerTag, {
      id: `${li}:怕冷`,
      customerId: li,
      tag: '怕冷',
      reasons: [{ by: 'staff:b', reason: '自己说的', at: tx.now }],
      version: 0,
    })
  })
  assert.equal((await story.wang.call('GET', `/api/tickets/${ticket.id}`)).status, 404)
  await story.later('2 min')
  assert.equal((await story.wang.ticket(ticket.id)).id, ticket.id)
  assert.deepEqual(await tags(wang), ['怕冷: 自己说的'])
  await part(merge.id)
  assert.equal((await story.li.ticket(ticket.id)).id, ticket.id)
  assert.deepEqual([await tags(wang), await tags(li)], [[], ['怕冷: 自己说的']])
})

test('counts are those of both, and each has their own again', async () => {
  story = await openStory()
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  const orders = async (id: string) =>
    (await story.db.read((tx) => standingOf(tx, id))).facts as { orders?: number; spent_fen?: number }
  const pays = async (customerId: string, amount: number) => {
    const happening = { by: SYSTEM, subject: { type: 'order', id: 'O1' }, customerId, data: { amount } }
    await story.db.write((tx) => record(tx, 'order.paid', happening))
    await story.settle()
  }
  await pays(wang, 1000)
  await pays(li, 500)
  await pays(li, 500)
  const own = [await orders(wang), await orders(li)]
  const merge = await join(wang, li)
  await story.settle()
  const both = await orders(wang)
  assert.deepEqual([both.orders, both.spent_fen], [3, 2000])
  await pays(li, 250)
  assert.equal((await orders(wang)).spent_fen, 2250, 'also what still comes under the old id')
  await pays(wang, 100)
  await part(merge.id)
  await story.settle()
  assert.deepEqual(
    [(await orders(wang)).spent_fen, (await orders(li)).spent_fen],
    [Number(own[0]?.spent_fen) + 100, Number(own[1]?.spent_fen) + 250],
    'events count for whose id they bear',
  )
})

test('coupons: shares count for both, what was used stays used, and each has their own again', async () => {
  story = await openProgramme()
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  const claim = (id: string, key: string) => story.db.write((tx) => claimCoupon(tx, id, 'hundred', key))
  const mine = async (id: string) => {
    const rows = await story.db.read((tx) =>
      tx.query<{ place: string; state: string }>(
        'SELECT place, state FROM coupons WHERE customerId = ? ORDER BY place',
        [id],
      ),
    )
    return rows.map(({ place, state }) => `${place.split(':').at(-1)} ${state}`)
  }
  await claim(wang, 'k1')
  const used = await claim(li, 'k1')
  const merge = await join(wang, li)
  assert.deepEqual(await mine(wang), ['1 active', '2 active'])
  await assert.rejects(claim(wang, 'k2'), { why: 'coupon_share' })
  await story.db.write((tx) => useCoupon(tx, wang, used.id, { order: 'O1', amount: 1000 }))
  await part(merge.id)
  assert.deepEqual([await mine(wang), await mine(li)], [['1 active'], ['1 used']])
  await claim(wang, 'k2')
  assert.equal((await claim(li, 'k1')).id, used.id, 'the same claim again is the same coupon')
  await claim(li, 'k2')
  assert.equal(await story.db.write((tx) => returnCoupon(tx, used.id, 'O1')), true)
  assert.deepEqual(
    [await mine(wang), await mine(li)],
    [
      ['1 active', '2 active'],
      ['1 active', '2 active'],
    ],
  )
})

test('points add up on both sides, whatever was earned, spent and undone before, between and after', async () => {
  story = await openProgramme()
  for (let seed = 1; seed <= 8; seed++) await pointsStory(new Dice(seed), seed)
})

async function pointsStory(dice: Dice, seed: number): Promise<void> {
  const [a, b] = [`01PTS${seed}A`.padEnd(26, '0'), `01PTS${seed}B`.padEnd(26, '0')]
  await story.db.write((tx) =>
    tx.insert(
      Customer,
      [a, b].map((id) => ({ id, createdAt: tx.now, seenAt: tx.now, keyedAt: tx.now })),
    ),
  )
  const done: { id: string; kind: 'grant' | 'spend' }[] = []
  let n = 0
  const act = async (customerId: string) => {
    const key = `${seed}:${++n}`
    const points = 1 + dice.below(100)
    const doing = { customerId, key, why: 'gift' }
    const undone = done.length > 0 ? dice.pick(done) : undefined
    try {
      await story.db.write(async (tx) => {
        if (dice.chance(0.5)) {
          const startsAt = dice.chance(0.2) ? tx.now + 3_600_000 * dice.below(5) : undefined
          const expiresAt = dice.chance(0.5) ? tx.now + 3_600_000 * (6 + dice.below(40)) : null
          const { id } = await grantPoints(tx, { ...doing, points, expiresAt, ...(startsAt && { startsAt }) })
          done.push({ id, kind: 'grant' })
        } else if (dice.chance(0.6) || !undone) {
          done.push({ id: (await spendPoints(tx, { ...doing, points })).id, kind: 'spend' })
        } else {
          await (undone.kind === 'grant' ? reversePoints : returnPoints)(tx, { ...doing, undoes: undone.id })
        }
      })
    } catch (error) {
      const { why, message } = error as { why?: string; message: string }
      if (!why && !/somebody else's/.test(message)) throw error
    }
  }
  const some = async (count: number, who: string[]) => {
    for (let i = 0; i < count; i++) {
      await act(dice.pick(who))
      if (dice.chance(0.3)) story.clock.advance(3_600_000 * dice.below(8))
    }
  }
  await some(14, [a, b])
  const sum = async (ids: string[]) => (await Promise.all(ids.map(addsUp))).reduce((x, y) => x + y, 0)
  await story.settle()
  const apart = await sum([a, b])
  const merge = await join(a, b)
  assert.equal(await sum([a]), apart, `seed ${seed}: nothing is lost or won by the merge`)
  assert.equal(await holdings(b), 0)
  await some(14, [a])
  await story.settle()
  const together = await sum([a])
  await part(merge.id)
  assert.equal(await sum([a, b]), together, `seed ${seed}: nor by the undo`)
  await some(10, [a, b])
  await story.settle()
  await sum([a, b])
}

/** How much is in a customer's lots, which must be what their moves say and what each lot's lines say. */
async function addsUp(customerId: string): Promise<number> {
  return story.db.read(async (tx) => {
    const of = { customerId }
    const lots = await tx.query<{ id: string; remaining: number; state: string; lines: number }>(
      `SELECT l.id, l.remaining, l.state,
         (SELECT COALESCE(SUM(e.points), 0) FROM points_entries e WHERE e.lotId = l.id AND e.customerId = l.customerId) AS sums
       FROM points_lots l WHERE l.customerId = ?`.replace('AS sums', 'AS `lines`'),
      [customerId],
    )
    for (const lot of lots) assert.equal(Number(lot.lines), lot.remaining, `the lines of ${lot.id}`)
    const balance = lots.reduce((sum, { state, remaining }) => sum + (state === 'active' ? remaining : 0), 0)
    const moves = await tx.query<{ seq: number; balance: number; id: string }>(
      'SELECT id, seq, balance FROM points_moves WHERE customerId = ? ORDER BY seq',
      [customerId],
    )
    assert.deepEqual(
      moves.map(({ seq }) => seq),
      moves.map((_, i) => i + 1),
    )
    assert.equal(moves.at(-1)?.balance ?? 0, balance, `the moves of ${JSON.stringify(of)}`)
    const strays = await tx.query(
      `SELECT e.id FROM points_entries e JOIN points_moves m ON m.id = e.moveId JOIN points_lots l ON l.id = e.lotId
       WHERE e.customerId = ? AND (m.customerId <> e.customerId OR l.customerId <> e.customerId)`,
      [customerId],
    )
    assert.deepEqual(strays, [])
    return balance
  })
}

async function holdings(customerId: string): Promise<number> {
  const [row] = await story.db.read((tx) =>
    tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM points_lots WHERE customerId = ?', [customerId]),
  )
  return Number(row?.n)
}
