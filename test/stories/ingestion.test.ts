import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CustomerFacts } from '../../server/domain/segments/known.ts'
import { Event } from '../../server/engines/events/event.ts'
import { keys } from '../../server/keys.ts'
import { DAY, MINUTE } from '../../server/lib/clock.ts'
import { type Refusal, System } from '../api.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

let story: Story
let mall: System
beforeEach(async () => {
  story = await openStory()
  mall = await System.of(story, '商城', ['events:write', 'customers:read', 'customers:write'])
})
afterEach(() => story.close())

interface Taken {
  accepted: number
  duplicate: number
  refused: number
  results: { id?: string; status: string; customer?: string; field?: string; reason?: string; message?: string }[]
}
interface Look {
  id: string
  name: string | null
  phone: string | null
  tags: string[]
  facts: Record<string, unknown>
}

const viewed = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  name: 'page.viewed',
  customer: { member: 'M-1' },
  data: { page: 'home' },
  ...more,
})
const events = (name: string) => story.db.read((tx) => tx.find(Event, 'WHERE name = ? ORDER BY at, id', [name]))
const counted = async () => {
  const [row] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM events'))
  return Number(row?.n)
}

describe('keys', () => {
  test('a key is shown once, may what it was given, and ends at once', async () => {
    const said: string[] = []
    const desk = { db: story.db, words: story.running.house.words, say: (line: string) => void said.push(line) }
    assert.equal(await keys(['add', '收银', 'events:write'], desk), 0)
    const secret = said.at(-1) ?? ''
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`${story.running.url}/api/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      })
    const sent = await call('/events', { method: 'POST', body: JSON.stringify(viewed('a')) })
    assert.equal(sent.status, 200)
    const read = await call('/customers')
    assert.equal(read.status, 403)
    assert.match(((await read.json()) as Refusal).error.message, /customers:read/)

    said.length = 0
    await keys(['list'], desk)
    const line = said.find((one) => one.includes('收银')) ?? ''
    assert.match(line, /最近使用 20261123/)
    assert.ok(!said.join().includes(secret.slice(-20)), 'nobody can read the secret again')
    const stored = JSON.stringify(await story.db.read((tx) => tx.query('SELECT * FROM api_keys')))
    assert.ok(!stored.includes(secret.slice(-43)), 'only a hash is kept')

    assert.equal(await keys(['revoke', line.slice(0, 26)], desk), 0)
    assert.equal((await call('/events', { method: 'POST', body: JSON.stringify(viewed('b')) })).status, 401)
    assert.equal(await keys(['add', '收银', 'events:all'], desk), 1)
    assert.match(said.at(-1) ?? '', /没有「events:all」这种权限，可选：events:write/)
  })

  test('nobody comes in without a key, and a key no more often than it may', async () => {
    const url = `${story.running.url}/api/v1/customers`
    const without = await fetch(url)
    assert.equal(without.status, 401)
    const wrong = await fetch(url, { headers: { authorization: `Bearer ${mall.secret.slice(0, -1)}!` } })
    assert.equal(wrong.status, 401)
    const other = mall.secret.slice(0, -1) + (mall.secret.endsWith('A') ? 'B' : 'A')
    assert.equal((await fetch(url, { headers: { authorization: `Bearer ${other}` } })).status, 401)
    const seldom = await System.of(story, '少', ['customers:read'], 2)
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await seldom.get('/customers')).status)
    assert.deepEqual(statuses, [200, 200, 429])
    assert.equal((await mall.get('/customers')).status, 200, 'others are not held up')
    assert.equal((await mall.get('/nothing')).status, 404)
  })
})

describe('events', () => {
  test('an event counts once, whoever repeats it, and makes its customer known', async () => {
    const first = await mall.post<Taken>('/events', viewed('e1', { at: '2026-11-23T09:00:00+08:00' }))
    assert.deepEqual([first.status, first.body.accepted], [200, 1])
    const again = await mall.post<Taken>('/events', viewed('e1'))
    assert.deepEqual([again.status, again.body.duplicate], [200, 1])
    const [event, ...more] = await events('page.viewed')
    assert.equal(more.length, 0)
    assert.deepEqual(
      [event?.at, event?.actorType, event?.customerId, event?.data],
      [Date.parse('2026-11-23T09:00:00+08:00'), 'customer', first.body.results[0]?.customer, { page: 'home' }],
    )
    const shop = await System.of(story, '门店', ['events:write'])
    assert.equal((await shop.post<Taken>('/events', viewed('e1'))).body.accepted, 1, 'ids of others are others')
    assert.equal((await events('customer.registered')).length, 1, 'but the customer is the same')
  })

  test('in a batch what is wrong is named and spoils no other', async () => {
    const late = story.clock.now() - 6 * 365 * DAY
    const { status, body } = await mall.post<Taken>('/events', {
      events: [
        viewed('1'),
        viewed('2', { name: 'ticket.opened' }),
        viewed('3', { name: 'order.paid' }),
        viewed('4', { name: 'made.up' }),
        viewed('5', { at: story.clock.now() + 11 * MINUTE }),
        viewed('6', { at: late }),
        viewed('7', { customer: {} }),
        viewed('8', { customer: { phone: 'abc' } }),
        viewed('9', { customer: undefined }),
        viewed('10', { data: { a: { b: { c: { d: { e: { f: 1 } } } } } } }),
        viewed('11', { data: { $sealed: 'x' } }),
        viewed('12', { extra: 1 }),
        viewed('13', { customer: { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } }),
        'no event',
        viewed('1'),
        viewed('14', { data: { rule_run: 'x' } }),
        viewed('15', { at: story.clock.now() + 9 * MINUTE }),
      ],
    })
    assert.equal(status, 200)
    assert.deepEqual(
      body.results.map(({ id, status, field, reason }) => [id, status, field, reason].filter(Boolean).join(' ')),
      [
        '1 accepted',
        '2 refused name event_reserved',
        '3 refused name event_elsewhere',
        '4 refused name event_unknown',
        '5 refused at event_future',
        '6 refused at event_old',
        '7 refused customer customer_nobody',
        '8 refused customer.phone value_format',
        '9 refused customer value_missing',
        '10 refused data.a data_deep',
        '11 refused data.$sealed data_key',
        '12 refused extra value_unknown',
        '13 refused customer.id customer',
        'refused body value_type',
        '1 duplicate',
        '14 refused data.rule_run value_unknown',
        '15 accepted',
      ],
    )
    assert.deepEqual([body.accepted, body.duplicate, body.refused], [2, 1, 14])
    for (const { message } of body.results.filter((one) => one.status === 'refused')) assert.match(message ?? '', /。$/)
    assert.equal((await events('page.viewed')).length, 2)
    const [last] = (await events('page.viewed')).slice(-1)
    assert.equal(last?.at, story.clock.now(), 'a time that has not come yet is now')
  })

  test('a single event that is refused is refused by field and reason, and nothing is stored', async () => {
    const before = await counted()
    const { status, body } = await mall.post<Refusal>('/events', viewed('1', { name: 'staff.linked' }))
    assert.equal(status, 422)
    assert.deepEqual(
      [body.error.field, body.error.message],
      ['name', '「staff.linked」只能由系统自己记录，不能从外部报送。'],
    )
    const nameless = await mall.post<Refusal>('/events', { id: 'x', customer: { member: 'M-2' } })
    assert.deepEqual([nameless.status, nameless.body.error.message], [422, '「name」必填。'])
    assert.equal((await mall.post('/events', { events: [] })).status, 422)
    assert.equal((await mall.post('/events', { events: Array(1001).fill(viewed('1')) })).status, 422)
    assert.equal(await counted(), before)
  })

  test('what a pack declares may come in, by its schema', async () => {
    const pack = join(story.templates, 'packs/service-desk/pack.yaml')
    const declared = `
events:
  - { event: scooter.parked, title: 停车, data: { place: text, minutes: number, helmet: 'yesno?' } }
`
    await writeFile(pack, (await readFile(pack, 'utf8')) + declared)
    await story.settle()
    assert.deepEqual(story.running.house.shelf.problems, [])
    const parked = (id: string, data: unknown) => viewed(id, { name: 'scooter.parked', data })
    const { body } = await mall.post<Taken>('/events', {
      events: [
        parked('1', { place: '南门', minutes: 3 }),
        parked('2', { place: '南门', minutes: '3' }),
        parked('3', { place: '南门' }),
        parked('4', { place: '南门', minutes: 3, helmet: true, colour: 'red' }),
      ],
    })
    assert.deepEqual(
      body.results.map(({ status, field, reason }) => [status, field, reason].filter(Boolean).join(' ')),
      [
        'accepted',
        'refused data.minutes value_type',
        'refused data.minutes value_missing',
        'refused data.colour value_unknown',
      ],
    )
  })

  test('the order in which events arrive makes no difference to what is known', async () => {
    const dice = new Dice(7)
    const rides = Array.from({ length: 30 }, (_, i) => ({
      name: i % 3 === 0 ? 'page.viewed' : 'ride.ended',
      at: story.clock.now() - dice.below(60 * 24 * 60) * MINUTE,
      data: { place: `P${dice.below(5)}` },
    }))
    const known: unknown[] = []
    for (const member of ['A', 'B']) {
      const shuffled = rides.map((ride, i) => ({ ...ride, id: `${member}${i}`, customer: { member: `M-${member}` } }))
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = dice.below(i + 1)
        const [a, b] = [shuffled[i], shuffled[j]]
        if (a && b) [shuffled[i], shuffled[j]] = [b, a]
      }
      for (let from = 0; from < shuffled.length; from += 7)
        assert.equal((await mall.post<Taken>('/events', { events: shuffled.slice(from, from + 7) })).body.refused, 0)
      await story.settle()
      const { body } = await mall.get<{ customers: Look[] }>(`/customers?member=M-${member}`)
      known.push(body.customers[0]?.facts)
    }
    assert.equal((known[0] as { rides: number }).rides, 20)
    assert.deepEqual(known[0], known[1])
  })
})

describe('idempotency', () => {
  const header = (key: string) => ({ 'idempotency-key': key })

  test('the same request again gets the same answer, another body under its key is refused', async () => {
    const body = { customer: { member: 'M-9' }, name: '钱多多' }
    const first = await mall.post('/customers', body, header('k1'))
    const again = await mall.post('/customers', body, header('k1'))
    assert.deepEqual([first.status, again.status], [200, 200])
    assert.equal((first.body as { outcome: string }).outcome, 'created')
    assert.deepEqual(again.body, first.body, 'also the outcome is the one of the first time')
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(first.headers.get('idempotency-replayed'), null)
    const other = await mall.post<Refusal>('/customers', { ...body, name: '钱少少' }, header('k1'))
    assert.deepEqual([other.status, other.body.error.field], [422, 'Idempotency-Key'])
    const stored = JSON.stringify(await story.db.read((tx) => tx.query('SELECT * FROM api_requests')))
    assert.ok(!stored.includes('钱'), 'what was answered is sealed')
    await story.later('25 h')
    await story.running.duties.find(({ name }) => name === 'forget api requests')?.run()
    const [row] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM api_requests'))
    assert.equal(Number(row?.n), 0)
  })

  test('of many at once one is done, the others wait or get its answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => mall.post<Taken>('/events', viewed('once'), header('k2'))),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    for (const status of statuses) assert.ok([200, 409].includes(status), String(status))
    for (const { status, body } of answers) if (status === 200) assert.equal(body.accepted, 1)
    assert.equal((await events('page.viewed')).length, 1)
    const later = await mall.post<Taken>('/events', viewed('once'), header('k2'))
    assert.deepEqual([later.status, later.body.accepted], [200, 1])
  })

  test('a refused request leaves its key free', async () => {
    const wrong = await mall.post('/events', viewed('x', { name: 'nope.nope' }), header('k3'))
    assert.equal(wrong.status, 422)
    const right = await mall.post('/events', viewed('x'), header('k3'))
    assert.equal(right.status, 200)
  })
})

describe('customers', () => {
  test('are told by identities, found by them, masked, and listed page by page', async () => {
    const { status, body } = await mall.post<{ outcome: string; customer: Look }>('/customers', {
      customer: { phone: '13912345678', member: 'M-1001', email: 'Wang@Example.com' },
      name: '王晓梅',
      birthday: '1990-11-23',
      region: '上海',
      tags: ['老客户'],
    })
    assert.deepEqual([status, body.outcome], [200, 'created'])
    const { id } = body.customer
    assert.deepEqual([body.customer.name, body.customer.phone], ['王**', '139****5678'])
    const reveals = await System.of(story, 'CRM', ['customers:read', 'customers:reveal'])
    await story.settle()
    for (const query of ['phone=13912345678', 'member=M-1001', 'email=wang@example.com']) {
      const { body } = await reveals.get<{ customers: Look[] }>(`/customers?${query}`)
      assert.deepEqual(
        body.customers.map((one) => [one.id, one.name, one.phone, one.tags, one.facts.region, one.facts.birthday]),
        [[id, '王晓梅', '13912345678', ['老客户'], '上海', 1123]],
        query,
      )
    }
    const known = await mall.post<{ outcome: string; customer: Look }>('/customers', {
      customer: { member: 'M-1001' },
      name: '王晓梅',
      region: '上海',
    })
    assert.deepEqual([known.body.outcome, known.body.customer.id], ['known', id])
    assert.equal((await mall.get<{ customers: Look[] }>('/customers?member=M-7')).body.customers.length, 0)

    for (let n = 0; n < 5; n++) await mall.post('/customers', { customer: { member: `L-${n}` } })
    const ids: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page: { customers: Look[]; next?: string } = (
        await mall.get<{ customers: Look[]; next?: string }>(`/customers?limit=2${next && `&after=${next}`}`)
      ).body
      ids.push(...page.customers.map((one) => one.id))
      next = page.next
    }
    assert.equal(new Set(ids).size, 6)
  })

  test('a change joins identities and facts; somebody else’s are refused', async () => {
    const make = async (member: string) =>
      (await mall.post<{ customer: Look }>('/customers', { customer: { member } })).body.customer.id
    const [one, other] = [await make('C-1'), await make('C-2')]
    const change = (id: string, body: unknown) =>
      mall.call<{ customer: Look } & Refusal>('PATCH', `/customers/${id}`, body)
    assert.equal((await change(one, { customer: { phone: '13812340001' }, region: '杭州' })).status, 200)
    await story.settle()
    const found = await mall.get<{ customers: Look[] }>('/customers?phone=13812340001')
    assert.deepEqual([found.body.customers[0]?.id, found.body.customers[0]?.facts.region], [one, '杭州'])
    const taken = await change(other, { customer: { phone: '13812340001' } })
    assert.equal(taken.status, 409)
    assert.equal((await change('01ARZ3NDEKTSV4RRFFQ69G5FAV', { region: '杭州' })).status, 404)
    assert.equal((await change(one, { birthday: '02-30' })).status, 422)
    const facts = await story.db.read((tx) => tx.get(CustomerFacts, other))
    assert.equal(facts?.region ?? null, null)
  })
})
