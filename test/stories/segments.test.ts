import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { factsAt, factsOf } from '../../server/domain/segments/facts.ts'
import { forgetCustomer } from '../../server/domain/segments/forget.ts'
import { setStage } from '../../server/domain/segments/stages.ts'
import { addTag, removeTag, tagsOf } from '../../server/domain/segments/tags.ts'
import { type Standing, standingOf } from '../../server/domain/segments/why.ts'
import { segmentWords } from '../../server/domain/segments/words.ts'
import { Event } from '../../server/engines/events/event.ts'
import { type Happening, recordAll, SYSTEM } from '../../server/engines/events/events.ts'
import { type Answer, MONDAY_10, openStory, type Story } from '../harness.ts'
import { after, before, test } from '../suite.ts'

let story: Story
let wang = ''
let li = ''
before(async () => {
  story = await openStory()
  for (const customer of [story.wang, story.li]) await customer.signIn()
  await story.settle()
  wang = await idOf(story.wang)
  li = await idOf(story.li)
})
after(() => story.close())

const idOf = async (customer: Story['wang']) =>
  (await customer.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id

/** A request to the operator's door. */
async function operate<T>(method: string, path: string, body?: unknown, key = operatorKey()): Promise<Answer<T>> {
  const response = await fetch(`${story.running.url}/api/operator/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T }
}

/** Orders that somebody has paid, each so many days ago, in yuan. */
async function pays(customerId: string, ...orders: [daysAgo: number, yuan: number, key?: string][]): Promise<void> {
  const happenings = orders.map(([daysAgo, yuan, key]): Happening & { name: string } => ({
    name: 'order.paid',
    by: SYSTEM,
    subject: { type: 'order', id: 'O1' },
    customerId,
    at: story.clock.now() - daysAgo * 86_400_000,
    data: { amount: yuan * 100 },
    ...(key && { dedupKey: key }),
  }))
  await story.db.write((tx) => recordAll(tx, happenings))
  await story.settle()
}

const standing = (id: string): Promise<Standing> => story.db.read((tx) => standingOf(tx, id))
const segmentsOf = async (id: string) => (await standing(id)).segments.map(({ segment }) => segment)

async function eventsOf(id: string, name: string) {
  const events = await story.db.read((tx) =>
    tx.find(Event, 'WHERE customerId = ? AND name = ? ORDER BY id', [id, name]),
  )
  return events.map(({ data }) => data)
}

test('who has just signed in is new and active, and the day after the week no longer new', async () => {
  assert.deepEqual(await segmentsOf(wang), ['active_customer', 'new_customer'])
  assert.equal((await standing(wang)).stage?.title, '已注册')
  assert.deepEqual(await eventsOf(wang, 'segment.entered'), [
    { segment: 'active_customer', because: 'facts' },
    { segment: 'new_customer', because: 'facts' },
  ])
  await story.wang.complain('车座坏了')
  assert.equal((await standing(wang)).stage?.title, '已激活')
  assert.deepEqual(await eventsOf(wang, 'stage.changed').then((all) => all.map(({ from, to }) => [from, to])), [
    [null, 'registered'],
    ['registered', 'activated'],
  ])
  await story.later('8 d')
  assert.deepEqual(await segmentsOf(wang), ['active_customer'])
  const left = await story.db.read((tx) => tx.find(Event, `WHERE customerId = ? AND name = 'segment.left'`, [wang]))
  // Not when the sweep got round to it: when it came about, to the second.
  const registered = await story.db.read((tx) =>
    tx.find(Event, `WHERE name = 'customer.registered' AND customerId = ?`, [wang]),
  )
  assert.equal(left[0]?.at, Number(registered[0]?.at) + 7 * 86_400_000)
})

test('facts are those of this very transaction, late and doubled reports in their place', async () => {
  await story.db.write(async (tx) => {
    const paid = { name: 'order.paid', by: SYSTEM, subject: { type: 'order', id: 'O9' }, customerId: li }
    await recordAll(tx, [{ ...paid, data: { amount: 12_300 }, dedupKey: 'shop:9' }])
    const facts = await factsOf(tx, li)
    assert.deepEqual([facts.orders, facts.spent_fen, facts.last_order_at], [1, 12_300, tx.now])
  })
  await pays(li, [40, 5000, 'shop:8'], [40, 5000, 'shop:8'], [0, 123, 'shop:9'])
  const { facts, rfm } = await standing(li)
  assert.deepEqual([facts.orders, facts.spent_fen], [2, 512_300])
  assert.equal(facts.order_gap_days, 40)
  assert.equal(rfm, '524')
})

test('somebody of value who stays away becomes dormant by time alone, and can be asked why', async () => {
  assert.ok((await segmentsOf(li)).includes('high_value'))
  assert.deepEqual(
    (await standing(li)).tags.map(({ tag, reasons }) => [tag, reasons.map(({ by }) => by)]),
    [['高价值', ['segment:high_value']]],
  )
  await story.later('61 d')
  const segments = await segmentsOf(li)
  for (const name of ['high_value', 'dormant_60_high_value', 'dormant_30']) assert.ok(segments.includes(name), name)

  const why = await operate<{ title: string; since: number; holds: boolean; lines: string[] }>(
    'GET',
    `segments/dormant_60_high_value/members/${li}`,
  )
  assert.equal(why.body.title, '高价值且 60 天没有下单')
  assert.equal(why.body.holds, true)
  assert.match(why.body.lines.join('\n'), /✓ 所在人群：.*高价值客户.*（要求：高价值客户）/)
  assert.match(why.body.lines.join('\n'), /✓ 最近下单：.*（61 天前）（要求：60 天以前）/)

  const not = await operate<{ since: null; holds: boolean; lines: string[] }>(
    'GET',
    `segments/高价值客户/members/${wang}`,
  )
  assert.deepEqual([not.body.since, not.body.holds], [null, false])
  assert.match(not.body.lines.join('\n'), /✗ 消费金额得分：没有记录（要求：不少于 4）/)

  await pays(li, [0, 100])
  assert.equal((await segmentsOf(li)).includes('dormant_60_high_value'), false)
})

test('a segment is previewed before it is saved, and what is wrong with it is told', async () => {
  interface Seen {
    count: number
    of: number
    sample: { id: string; name: string; phone: string }[]
  }
  const preview = (when: unknown, sample = 5) => operate<Seen>('POST', 'segments/preview', { when, sample })
  const found = await preview({ orders: { $gte: 3 }, $or: [{ tags: '高价值' }, { region: { $begins: '上海' } }] })
  assert.deepEqual([found.status, found.body.count, found.body.of], [200, 1, 2])
  assert.deepEqual(found.body.sample, [{ id: li, name: '李*', phone: '139****5678' }])
  assert.equal((await preview({ last_order_at: null })).body.count, 1)

  type Refused = { error: { field: string; message: string } }
  const wrong = async (when: unknown) => (await operate<Refused>('POST', 'segments/preview', { when })).body.error
  assert.match((await wrong({ oders: 1 })).message, /没有叫「oders」的客户信息/)
  assert.match((await wrong({ orders: { $gte: '3' } })).message, /「orders」是数字，不能和 "3" 比较/)
  assert.match((await wrong({ last_order_at: { $before: '60 天' } })).message, /例如 30 d 或 12 h/)
  assert.equal((await wrong({ $where: 'x' })).field, 'when.$where')
  assert.equal((await operate('POST', 'segments/preview', { when: 'all' })).status, 422)
})

test('members come page by page, masked; strangers do not come in', async () => {
  interface Page {
    members: { id: string; name: string; since: number }[]
    next?: string
  }
  const page = (query: string) => operate<Page>('GET', `segments/active_customer/members?${query}`)
  await story.wang.does((await story.wang.complain('再看看')).id, 'remarks', { text: '谢谢', photos: [] })
  const first = await page('limit=1')
  assert.equal(first.body.members.length, 1)
  const second = await page(`limit=1&after=${first.body.next}`)
  const ids = [...first.body.members, ...second.body.members].map(({ id }) => id)
  assert.deepEqual(ids, [wang, li].sort())
  assert.equal((await page(`limit=1&after=${second.body.next}`)).body.members.length, 0)
  assert.equal((await operate('GET', 'segments/nobody/members')).status, 404)
  for (const path of ['segments', `segments/high_value/members/${li}`, `customers/${li}/standing`])
    assert.equal((await operate('GET', path, undefined, 'x'.repeat(40))).status, 401)

  const all = await operate<{ segments: { segment: string; title: string; count: number }[]; progress: object }>(
    'GET',
    'segments',
  )
  assert.deepEqual(
    all.body.segments.filter(({ segment }) => segment === 'active_customer').map(({ title, count }) => [title, count]),
    [['活跃客户', 2]],
  )
  assert.deepEqual(all.body.progress, { customers: 2, judged: 2 })

  // Somebody has changed rows by hand: all is counted anew from what happened, and comes to the same.
  const before = await Promise.all([wang, li].map(standing))
  await story.db.write((tx) => tx.run(`UPDATE customer_tallies SET counts = '{}'`))
  const told = await operate<{ customers: number }>('POST', 'segments/recount')
  assert.deepEqual([told.status, told.body.customers], [202, 2])
  assert.equal((await operate<{ progress: { judged: number } }>('GET', 'segments')).body.progress.judged, 0)
  await story.settle()
  assert.deepEqual(await Promise.all([wang, li].map(standing)), before)
})

test('a supervisor asks for segments in the chat, others may not', async () => {
  const { zhou, lin } = story
  await zhou.says('人群')
  assert.match(zhou.lastLine(), /【人群】\n活跃客户：2 人[\s\S]*0 人\n看其中一个请发，例如：人群 活跃客户/)
  await zhou.says('人群 高价值客户')
  assert.match(zhou.lastLine(), /【高价值客户】1 人，占全部 2 位客户的 50 %[\s\S]*消费金额高[\s\S]*李\* 139\*{4}5678/)
  await zhou.says('segment dormant_30')
  assert.match(zhou.lastLine(), /【30 天没有互动】0 人/)
  await zhou.says('人群 大客户')
  assert.match(zhou.lastLine(), /没有叫「大客户」的人群。\n【人群】/)
  for (const said of ['人群 高价值', `人群 高价值 ${story.wang.user.phone.slice(-4)}`, '导出客户 高价值']) {
    await zhou.says(said)
    assert.match(zhou.lastLine(), /^有几个人群都含「高价值」：高价值客户、高价值且 60 天没有下单。请写完整名称。/, said)
  }
  await zhou.says('导出客户 高价值客户')
  assert.match(zhou.read(), /【导出客户】「高价值客户」的名单/)
  await zhou.says(`人群 高价值客户 ${story.wang.user.phone.slice(-4)}`)
  assert.match(zhou.lastLine(), /不在「高价值客户」里：\n✗ 以下都要满足\n　✗ 消费金额得分：没有记录（要求：不少于 4）/)
  await zhou.says(`人群 高价值客户 ${story.li.user.phone}`)
  assert.match(zhou.lastLine(), /^李\*从.+起在「高价值客户」里：\n✓ 以下都要满足/)
  await zhou.says('人群 高价值客户 13900000000')
  assert.match(zhou.lastLine(), /没有找到「13900000000」对应的客户.*例如：人群 高价值客户 1234$/)
  await lin.says('人群')
  assert.match(lin.lastLine(), /只有主管可以使用/)
})

test('a birthday is told, and for a week before it is in the segment', async () => {
  const profile = (body: unknown) => operate('PUT', `customers/${wang}/profile`, body)
  assert.equal((await profile({ birthday: '1990-02-30' })).status, 422)
  // The story has come to the end of January.
  assert.equal((await profile({ birthday: '1990-02-10', region: '上海市' })).status, 204)
  await story.settle()
  const { facts, segments } = await standing(wang)
  assert.deepEqual([facts.birthday, facts.region], [210, '上海市'])
  assert.equal(
    segments.some(({ segment }) => segment === 'birthday_soon'),
    false,
  )
  const [told] = await eventsOf(wang, 'customer.profiled')
  assert.deepEqual(told, { birthday: '02-10', region: '上海市' }, 'not the year')
  const days = Math.round((Date.parse('2027-02-03T00:00:00+08:00') - story.clock.now()) / 1000)
  await story.later(`${days} s`)
  assert.ok((await segmentsOf(wang)).includes('birthday_soon'))
})

test('tags are put on by hand with who did it, and are gone with the last reason', async () => {
  const { lin, zhou } = story
  const phone = story.li.user.phone
  await lin.says(`客户标签 ${phone} 喜欢SUV，老客户`)
  assert.match(lin.lastLine(), /李\*的标签：.*喜欢SUV/)
  await zhou.says(`客户标签 ${phone} -老客户`)
  assert.doesNotMatch(zhou.lastLine(), /老客户/)
  await lin.says('客户标签 1234')
  assert.match(lin.lastLine(), /例如：客户标签 1234 喜欢SUV/)
  await lin.says(`客户标签 ${phone} ${'长'.repeat(21)}`)
  assert.match(lin.lastLine(), /最多 20 个字/)

  await story.db.write(async (tx) => {
    await addTag(tx, li, '喜欢SUV', { by: SYSTEM, reason: '租过 3 次 SUV', key: 'rule:suv' })
  })
  const suv = (await standing(li)).tags.find(({ tag }) => tag === '喜欢SUV')
  assert.deepEqual(
    suv?.reasons.map(({ by, reason }) => [by.split(':')[0], reason]),
    [
      ['staff', '林小雨'],
      ['rule', '租过 3 次 SUV'],
    ],
  )
  await story.db.write((tx) => removeTag(tx, li, '喜欢SUV', { by: SYSTEM, key: 'rule:suv' }))
  assert.ok((await story.db.read((tx) => tagsOf(tx, li))).some(({ tag }) => tag === '喜欢SUV'))
  await lin.says(`客户标签 ${phone} -喜欢SUV`)
  assert.equal(
    (await story.db.read((tx) => tagsOf(tx, li))).some(({ tag }) => tag === '喜欢SUV'),
    false,
  )
  assert.deepEqual(
    (await eventsOf(li, 'tag.removed')).map(({ tag }) => tag),
    ['老客户', '喜欢SUV'],
  )

  const put = await operate<{ tags: string[] }>('PUT', `customers/${li}/tags/${encodeURIComponent('大客户')}`, {
    reason: 'ERP',
  })
  assert.ok(put.body.tags.includes('大客户'))
  assert.equal((await operate('DELETE', `customers/${li}/tags/${encodeURIComponent('大客户')}`)).status, 204)
  assert.equal((await operate('PUT', 'customers/nobody/tags/x', { reason: 'x' })).status, 404)
})

test('a stage that somebody sets holds until the facts speak for another one; the reason for a loss is kept', async () => {
  assert.equal((await standing(li)).stage?.stage, 'regular')
  const set = (stage: string, reason?: string) => operate<Standing>('PUT', `customers/${li}/stage`, { stage, reason })
  const lost = await set('lost', '去了别家，嫌贵')
  assert.equal(lost.body.stage?.title, '已流失')
  assert.deepEqual([lost.body.stages[0]?.reason, lost.body.stages[0]?.putBy], ['去了别家，嫌贵', 'operator'])
  assert.equal((await set('nowhere')).status, 422)
  await story.settle()
  await story.later('1 d')
  assert.equal((await standing(li)).stage?.stage, 'lost')
  // Two months later the facts would say that they are at risk: what was set is over.
  await story.later('61 d')
  assert.equal((await standing(li)).stage?.stage, 'at_risk')
  await story.later('120 d')
  const { stage, stages } = await standing(li)
  assert.equal(stage?.stage, 'lost')
  assert.equal(stages[0]?.reason, '超过 180 天没有任何互动')
  // The time spent in each stage is written down without a gap.
  for (const [i, one] of stages.entries()) assert.equal(one.leftAt, i === 0 ? null : stages[i - 1]?.enteredAt)
  assert.deepEqual(
    stages.map((one) => one.stage),
    ['lost', 'at_risk', 'lost', 'regular', 'at_risk', 'regular', 'registered'],
  )
  const changes = await eventsOf(li, 'stage.changed')
  assert.ok(Number(changes.at(-1)?.spentMs) > 119 * 86_400_000)
  // Whoever knows the reason better than the facts writes it over theirs.
  await story.db.write((tx) => setStage(tx, li, 'lost', { by: SYSTEM, reason: '搬走了' }))
  assert.equal((await standing(li)).stages[0]?.reason, '搬走了')
})

test('what was known of somebody at an earlier moment can be told', async () => {
  const then = (at: number) => story.db.read((tx) => factsAt(tx, li, at))
  const day = (count: number) => MONDAY_10 + count * 86_400_000
  const early = await then(day(7))
  // What was reported late is known as of when it happened.
  assert.deepEqual([early.orders, early.stage, early.rfm], [1, 'activated', '414'])
  const rich = await then(day(30))
  assert.deepEqual([rich.orders, rich.stage, rich.rfm], [2, 'regular', '524'])
  assert.deepEqual(rich.segments, ['active_customer', 'at_risk', 'high_value'])
  assert.deepEqual(rich.tags, ['高价值'])
  const dormant = (await then(day(8 + 61) - 1)).segments as string[]
  assert.ok(dormant.includes('dormant_60_high_value'))
  // Now is what is written down.
  assert.deepEqual(await then(story.clock.now()), await story.db.read((tx) => factsOf(tx, li)))
})

test('rules put tags on and take them off, and change the stage', async () => {
  const saying = { run: { rule: 'suv' }, rule: { title: '喜欢 SUV 的客户' }, customerId: li }
  const say = (name: string, args: Record<string, unknown>) =>
    story.db.write(async (tx) => {
      const word = segmentWords.find((one) => one.name === name)
      return word?.run(tx, saying, word.args.parse(args) as never)
    })
  assert.deepEqual(await say('add_tag', { tag: '喜欢SUV' }), { tag: '喜欢SUV', fresh: true })
  assert.deepEqual(await say('add_tag', { tag: '喜欢SUV' }), { tag: '喜欢SUV', fresh: false })
  assert.deepEqual(
    (await standing(li)).tags.find(({ tag }) => tag === '喜欢SUV')?.reasons.map(({ by, reason }) => [by, reason]),
    [['rule:suv', '喜欢 SUV 的客户']],
  )
  assert.deepEqual(await say('remove_tag', { tag: '喜欢SUV' }), { tag: '喜欢SUV', gone: true })
  await say('set_stage', { stage: 'won_back' })
  const { stage, stages } = await standing(li)
  assert.deepEqual([stage?.stage, stages[0]?.putBy], ['won_back', 'rule:suv'])
  await assert.rejects(say('set_stage', { stage: 'gone' }), /stage_unknown/)
})

test('a changed definition is taken into use without a restart, and nobody is left behind', async () => {
  const folder = join(story.templates, 'packs/service-desk')
  const path = join(folder, 'segments/high_value.yaml')
  const good = await readFile(path, 'utf8')
  const entered = async () =>
    (await eventsOf(wang, 'segment.entered')).filter(({ segment }) => segment === 'high_value')
  await pays(wang, [1, 50])
  assert.equal((await segmentsOf(wang)).includes('high_value'), false)
  await writeFile(
    path,
    good
      .replace('m_score: { $gte: 4 }', 'm_score: { $gte: 1 }')
      .replace('f_score: { $gte: 2 }', 'f_score: { $gte: 1 }'),
  )
  await story.settle()
  assert.ok((await segmentsOf(wang)).includes('high_value'))
  // Rules can tell it from somebody who has become of value.
  assert.deepEqual(await entered(), [{ segment: 'high_value', because: 'definition' }])

  // One with a mistake stays out, the one before stays in.
  await writeFile(path, good.replace('m_score', 'm_scores'))
  await story.settle()
  assert.ok((await segmentsOf(wang)).includes('high_value'))

  // One that is gone has no members; a new fact is counted from the events that are there.
  await rm(path)
  await rm(join(folder, 'segments/dormant_60_high_value.yaml'))
  const facts = await readFile(join(folder, 'facts.yaml'), 'utf8')
  const more =
    '\n  - { fact: small_orders, title: 小额订单, count: order.paid, when: { amount: { $lt: 10000 } } }\n\nrfm:'
  await writeFile(join(folder, 'facts.yaml'), facts.replace('\nrfm:', more))
  await writeFile(
    join(folder, 'segments/small.yaml'),
    'segment: small\ntitle: 小额\nwhen: { small_orders: { $gte: 1 } }\n',
  )
  await story.settle()
  const { segments, tags, facts: known } = await standing(wang)
  assert.equal(known.small_orders, 1)
  assert.ok(segments.some(({ segment }) => segment === 'small'))
  assert.equal(
    segments.some(({ segment }) => segment === 'high_value'),
    false,
  )
  assert.equal(
    tags.some(({ tag }) => tag === '高价值'),
    false,
  )
  assert.deepEqual((await eventsOf(wang, 'segment.left')).at(-1), { segment: 'high_value', because: 'definition' })
})

test('who is forgotten leaves nothing behind, and begins anew', async () => {
  await story.db.write((tx) => forgetCustomer(tx, wang))
  for (const table of ['customer_tags', 'customer_stages', 'segment_members']) {
    const rows = await story.db.read((tx) => tx.query(`SELECT id FROM ${table} WHERE customerId = ?`, [wang]))
    assert.deepEqual(rows, [], table)
  }
  assert.equal((await standing(wang)).stage, undefined)
  await pays(wang, [0, 10])
  assert.equal((await standing(wang)).facts.orders, 2)
})

test('after a restart, and twice over, nothing is told again', async () => {
  const count = () => story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM events'))
  const before = await count()
  await story.restart()
  await story.settle()
  await story.settle()
  assert.deepEqual(await count(), before)
  assert.ok(MONDAY_10 < story.clock.now())
})
