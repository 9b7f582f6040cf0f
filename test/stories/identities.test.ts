import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contactByPhone } from '../../server/domain/customers/contact.ts'
import { CustomerIdentity } from '../../server/domain/customers/customer.ts'
import { customerById } from '../../server/domain/customers/customers.ts'
import { type GivenIdentity, identify } from '../../server/domain/customers/identify.ts'
import { lastMerge, mergeCustomers, undoMerge } from '../../server/domain/customers/merge.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { happened } from '../letters.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const ABOUT = { by: SYSTEM, source: 'test' }
/** `openid:o1` is an account, `phone!13800000001` a number that was proved, `phone:…` one that was only said. */
function given(text: string): GivenIdentity {
  const [, kind = '', mark, value = ''] = /^(\w+)([:!])(.*)$/s.exec(text) ?? []
  return { kind: kind as GivenIdentity['kind'], value, ...(mark === '!' && { proved: true }) }
}
const comes = async (...texts: string[]) => (await story.db.write((tx) => identify(tx, texts.map(given), ABOUT))).id
const known = (id: string) => story.db.read((tx) => customerById(tx, id))

/** Who is known by what: the values of each customer, sorted. Things of several people are nobody's. */
async function partition(): Promise<string[]> {
  const rows = await story.db.read((tx) => tx.find(CustomerIdentity, 'ORDER BY id'))
  const groups = new Map<string, string[]>()
  for (const { id, customerId, kind, value } of rows) {
    const owner = customerId || `nobody ${id}`
    groups.set(owner, [...(groups.get(owner) ?? []), `${kind} ${value}`])
  }
  return [...groups.values()].map((values) => values.sort().join(', ')).sort()
}

test('the same value in any writing is one customer; junk and what the pack blocks identify nobody', async () => {
  story = await openStory({
    prepare: ({ templates }) =>
      appendFile(
        join(templates, 'packs/service-desk/pack.yaml'),
        'identities:\n  phone: { blocked: ["13900000000", "/^170/"] }\n  device: { blocked: ["/^emulator-/"] }\n',
      ),
  })
  const id = await comes('phone!13800001234', 'email!Li@Example.com')
  for (const same of [
    'phone!+86 138 0000 1234',
    'phone!0086-138-0000-1234',
    'phone!１３８００００１２３４',
    'email!li@example.COM',
  ])
    assert.equal(await comes(same), id, same)
  assert.equal((await known(id)).phone, '13800001234')

  const refused = [
    ['member:', 'junk'],
    ['device:null', 'junk'],
    ['device:Undefined', 'junk'],
    ['openid:0', 'junk'],
    ['openid:anonymous', 'junk'],
    ['device:00000000', 'junk'],
    ['phone!12', 'wrong_value'],
    ['email!nobody', 'wrong_value'],
    ['phone!13900000000', 'blocked'],
    ['phone:17012345678', 'blocked'],
    ['device:EMULATOR-5554', 'blocked'],
  ] as const
  for (const [text, why] of refused)
    await assert.rejects(comes(text), { kind: 'invalid', why, field: given(text).kind }, text)
  await assert.rejects(comes(), { field: 'identities', why: 'identity_missing' })

  // With something else beside it the event is not lost: what counts, counts.
  assert.equal(await comes('phone!13800001234', 'device:null', 'phone!13900000000'), id)
  assert.deepEqual(
    (await happened(story, 'identity.dropped')).map(({ customerId, kind, why }) => [customerId, kind, why]),
    [
      [id, 'device', 'junk'],
      [id, 'phone', 'blocked'],
    ],
  )
  assert.equal((await partition()).length, 1)
})

test('an anonymous one becomes whom it is found to be; two who are known never do so by themselves', async () => {
  story = await openStory()
  const visitor = await comes('device:d-1')
  const account = await comes('openid:o-1', 'device:d-1')
  assert.equal(account, visitor, 'what was done on the device before is theirs')
  const member = await comes('member!M-7', 'phone!13800000001')
  const now = await comes('openid:o-1', 'phone!13800000001')
  assert.equal(now, member)
  assert.equal((await known(visitor)).id, member, 'the old id leads on')
  assert.deepEqual(await partition(), ['device d-1, member M-7, openid o-1, phone 13800000001'])

  const other = await comes('phone!13800000002', 'openid:o-2')
  for (let i = 0; i < 2; i++) assert.equal(await comes('member!M-7', 'openid:o-2'), member, 'the stronger one names it')
  assert.equal((await partition()).length, 2)
  const [alike, ...more] = await happened(story, 'customers.look_alike')
  assert.deepEqual(more, [], 'noted once for the pair')
  assert.deepEqual([alike?.customerId, alike?.other].sort(), [member, other].sort())

  // A number that was only typed leads to nobody who has proved it.
  const typed = await comes('phone:13800000001', 'device:d-9')
  assert.notEqual(typed, member)
  assert.equal(await story.db.write(async (tx) => (await contactByPhone(tx, '138 0000 0001')).id), typed)
  await assert.rejects(comes('member:M-7'), { why: 'unproved', field: 'member' })
  // Also not after people have joined the two: the next one who types it may be anybody.
  await story.db.write((tx) => mergeCustomers(tx, member, typed, { by: SYSTEM, why: 'the same person' }))
  const again = await story.db.write(async (tx) => (await contactByPhone(tx, '13800000001')).id)
  assert.ok(again !== member && again !== typed)
  assert.equal(await comes('phone:13800000001'), again)
})

test('whom people have parted is not joined again by itself', async () => {
  story = await openStory()
  const member = await comes('phone!13800000001')
  const account = await comes('openid:o-1', 'device:d-1')
  assert.equal(await comes('openid:o-1', 'phone!13800000001'), member)
  await story.db.write(async (tx) => undoMerge(tx, (await lastMerge(tx, member))?.id ?? '', SYSTEM))
  assert.deepEqual(await partition(), ['device d-1, openid o-1', 'phone 13800000001'])
  assert.equal(await comes('openid:o-1', 'phone!13800000001'), member, 'the event goes on')
  assert.equal((await known(account)).id, account)
  assert.deepEqual(
    (await happened(story, 'identity.dropped')).map(({ kind, why }) => [kind, why]),
    [['openid', 'apart']],
  )
})

test('limits: the least telling identity gives way and the event goes on', async () => {
  story = await openStory({
    prepare: ({ templates }) =>
      appendFile(
        join(templates, 'packs/service-desk/pack.yaml'),
        'identities:\n  device: { limit: 2, per: week }\n  openid: { limit: 1 }\n',
      ),
  })
  const li = await comes('unionid:u-1', 'openid:o-1')
  const other = await comes('unionid:u-2', 'openid:o-1')
  assert.notEqual(other, li, 'another union id is another person, whatever account it came with')
  assert.deepEqual(await partition(), ['openid o-1, unionid u-1', 'unionid u-2'])
  assert.deepEqual(
    (await happened(story, 'identity.dropped')).map(({ customerId, kind, of, why }) => [customerId, kind, of, why]),
    [[other, 'openid', 'unionid', 'limit']],
  )
  for (const device of ['d-1', 'd-2', 'd-3']) assert.equal(await comes('openid:o-1', `device:${device}`), li)
  assert.equal((await partition())[0], 'device d-1, device d-2, openid o-1, unionid u-1', 'two devices a week')
  await story.later('8 d')
  assert.equal(await comes('openid:o-1', 'device:d-4'), li)
  assert.match((await partition())[0] ?? '', /d-4/, 'and the next week others')

  // A merge that would break a limit is none.
  const wang = await comes('phone!13800000001', 'openid:o-2')
  const third = await comes('openid:o-3')
  assert.equal(await comes('phone!13800000001', 'openid:o-3'), wang)
  assert.notEqual((await known(third)).id, wang)
})

test('a tablet that several people use is nobody’s, and again somebody’s when they turn out to be one', async () => {
  story = await openStory()
  const father = await comes('device:tablet', 'phone!13800000001')
  assert.equal(await comes('device:tablet'), father)
  const son = await comes('device:tablet', 'phone!13800000002')
  assert.notEqual(son, father)
  assert.equal((await known(father)).phone, '13800000001')
  const guest = await comes('device:tablet')
  assert.ok(guest !== father && guest !== son, 'who comes without a name is neither')
  assert.deepEqual(await partition(), ['device tablet', 'phone 13800000001', 'phone 13800000002'])
  await story.db.write((tx) => mergeCustomers(tx, father, son, { by: SYSTEM, why: 'one person, two numbers' }))
  assert.equal(await comes('device:tablet'), father)
})

test('a proved number: who was anonymous is that customer, session and all; of two known ones it is refused and noted', async () => {
  story = await openStory()
  const { wang, li } = story
  delete (wang.user as { unionid?: string }).unionid
  const member = await comes('member!M-1', `phone!${wang.user.phone}`)
  const ticket = await (async () => {
    const session = await wang.call<{ token: string }>('POST', '/api/session', {
      code: story.wechat.login(wang.user.openid),
    })
    wang.token = session.body.token
    return wang.complain('还没有留电话')
  })()
  const { status, body } = await wang.call<{ customer: { id: string } }>('POST', '/api/me/phone', {
    code: story.wechat.phoneCode(wang.user.openid),
  })
  assert.deepEqual([status, body.customer.id], [200, member])
  assert.equal((await wang.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id, member, 'same token')
  assert.equal((await wang.ticket(ticket.id)).id, ticket.id)

  await li.signIn()
  const before = (await li.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id
  story.wechat.users[1] = { ...li.user, phone: wang.user.phone }
  const taken = await li.call<{ error: { message: string } }>('POST', '/api/me/phone', {
    code: story.wechat.phoneCode(li.user.openid),
  })
  assert.equal(taken.status, 409)
  assert.match(taken.body.error.message, /已绑定其他账号/)
  const [alike] = await happened(story, 'customers.look_alike')
  assert.deepEqual([alike?.customerId, alike?.other].sort(), [before, member].sort(), 'the note outlives the refusal')
})

test('a phone that gives its number once more, having heard no answer, is told the same, and nothing happens twice', async () => {
  story = await openStory()
  const { wang, li } = story
  const give = (who: typeof wang) =>
    who.call<{ customer: { id: string } }>('POST', '/api/me/phone', { code: story.wechat.phoneCode(who.user.openid) })
  await wang.signIn()
  const again = await give(wang)
  const me = await wang.call<{ customer: { id: string } }>('GET', '/api/me')
  assert.deepEqual([again.status, again.body.customer.id], [200, me.body.customer.id])
  assert.equal((await happened(story, 'customer.phone_set')).length, 1)
  li.token = (
    await li.call<{ token: string }>('POST', '/api/session', { code: story.wechat.login(li.user.openid) })
  ).body.token
  const answers = await Promise.all(Array.from({ length: 8 }, () => give(li)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]), 'nor at one moment')
  assert.equal((await happened(story, 'customer.phone_set')).length, 2)
})

test('what comes at the same moment makes one customer and one merge', async () => {
  story = await openStory()
  const many = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 8 }, work))
  const made = await many(() => comes('openid:o-1', 'device:d-1'))
  assert.equal(new Set(made).size, 1)
  const member = await comes('phone!13800000001')
  const now = await many(() => comes('openid:o-1', 'phone!13800000001'))
  assert.deepEqual([...new Set(now)], [member])
  assert.equal((await happened(story, 'customer.registered')).length, 2)
  assert.equal((await happened(story, 'customer.merged')).length, 1)
  assert.deepEqual(await partition(), ['device d-1, openid o-1, phone 13800000001'])
})

test('whichever order they come in, the same facts make the same customers', async () => {
  story = await openStory()
  for (let seed = 1; seed <= 12; seed++) {
    const facts = factsOf(new Dice(seed))
    let first: string[] | undefined
    for (let order = 0; order < 4; order++) {
      const dice = new Dice(seed * 100 + order)
      const left = [...facts]
      await story.db.write(async (tx) => {
        for (const table of TABLES) await tx.run(`DELETE FROM ${table}`)
        while (left.length > 0) {
          const [fact = []] = left.splice(dice.below(left.length), 1)
          await identify(tx, fact.map(given), ABOUT)
        }
      })
      const found = [...(await partition()), ...(await phones())]
      first ??= found
      assert.deepEqual(found, first, `seed ${seed}, order ${order}: ${JSON.stringify(facts)}`)
    }
    assert.equal((await happened(story, 'customers.look_alike')).length, 0)
  }
})

const TABLES = ['customer_identities', 'identity_claims', 'customers', 'customer_aliases', 'customer_look_alikes']

/** The number that each customer has, with the other things it is known by. */
async function phones(): Promise<string[]> {
  const rows = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM customers ORDER BY id'))
  const all = await Promise.all(rows.map(({ id }) => known(id)))
  return all.flatMap(({ phone }) => phone ?? []).sort()
}

/**
 * Things seen of some people: accounts, names and devices in any combination, one device at a time, some of which
 * several of them use. Whoever is known is seen with their number: facts that tie two known customers need a person, and
 * which of them came first decides whether there are two.
 */
function factsOf(dice: Dice): string[][] {
  const facts: string[][] = []
  for (let person = 1; person <= 3; person++) {
    const accounts = [`openid:o-${person}a`, `openid:o-${person}b`, `unionid:u-${person}`]
    const devices = [`device:d-${person}`, 'device:shared', 'device:kiosk']
    const phone = `phone!1380000000${person}`
    const names = [`member!M-${person}`, `licence!LIC${person}000`, `email!p${person}@example.com`]
    for (let n = 0; n < 7; n++) {
      const seen = new Set<string>()
      if (dice.chance(0.7)) seen.add(dice.pick(accounts))
      if (dice.chance(0.3)) seen.add(dice.pick(accounts))
      if (dice.chance(0.5)) seen.add(phone)
      if (seen.has(phone) && dice.chance(0.4)) seen.add(dice.pick(names))
      if (seen.size === 0 || dice.chance(0.6)) seen.add(dice.pick(devices))
      facts.push([...seen])
    }
  }
  return facts
}
