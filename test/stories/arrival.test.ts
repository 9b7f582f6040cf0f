import assert from 'node:assert/strict'
import { registerAssets } from '../../server/domain/assets/assets.ts'
import { type Detail, openStory, type Story, Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** 赵磊 begins here; nine hundred metres north are four and a half minutes at 12 km/h. */
const HERE = { lat: 31.23, lng: 121.47 }
const WAY = 0.9 / 111.195
const AWAY = { lat: HERE.lat + WAY, lng: HERE.lng, address: '九百米外' }
const FURTHER = { lat: HERE.lat + 2 * WAY, lng: HERE.lng, address: '再九百米' }

let story: Story
let zhao: Worker
beforeEach(async () => {
  story = await openStory({ env: { PACKS: 'service-desk,bike-share' } })
  story.hire('zhaolei', '赵磊')
  Object.assign(story.people.at(-1) as object, { position: '外勤维修员', departments: [3] })
  await story.restart()
  await story.settle()
  zhao = new Worker(story, 'zhaolei')
  await story.db.write((tx) =>
    registerAssets(tx, [
      { code: 'YK9001', kind: 'bike', place: AWAY },
      { code: 'YK9002', kind: 'bike', place: FURTHER },
    ]),
  )
  await zhao.says(`我在 ${HERE.lat},${HERE.lng}`)
})
afterEach(() => story.close())

async function report(bike: string, place: object): Promise<Detail> {
  if (!story.wang.token) await story.wang.signIn()
  const answers = { bike, fault: 'lock', danger: 'no', place }
  const { status, body } = await story.wang.call<Detail>('POST', '/api/tickets', { form: 'fault', answers })
  assert.equal(status, 201, JSON.stringify(body))
  await story.settle()
  return body
}

const workerOf = async ({ id }: Detail) => (await story.wang.ticket(id)).worker
const at = (time: string) => Date.parse(`2026-11-23T${time}:00+08:00`)

test('the customer sees who comes and by when, then that they are there', async () => {
  const ticket = await report('YK9001', AWAY)
  assert.equal(await workerOf(ticket), null, 'nobody has said yes')
  assert.equal((await story.wang.ticket(ticket.id)).steps[0]?.by, undefined)
  assert.ok(
    !zhao.card('上门维修').buttons.some(({ key }) => key === 'arrive'),
    'who has not said yes is not on the way',
  )

  await zhao.press('上门维修', 'accept')
  assert.deepEqual(await workerOf(ticket), { name: '赵磊', expectedAt: at('10:05') })
  await story.later('3 min')
  assert.deepEqual(await workerOf(ticket), { name: '赵磊', expectedAt: at('10:05') }, 'a word is kept')
  await story.later('10 min')
  assert.deepEqual(await workerOf(ticket), { name: '赵磊' }, 'what has gone by is no promise')

  await zhao.press('上门维修', 'arrive')
  const { worker, timeline } = await story.wang.ticket(ticket.id)
  assert.deepEqual(worker, { name: '赵磊', arrivedAt: story.clock.now() })
  assert.ok(timeline.some(({ text }) => text === '赵磊 已到现场'))
  assert.ok(!zhao.card('上门维修').buttons.some(({ key, alive }) => alive && key === 'arrive'), 'said once')
  await zhao.pressMenu('上门维修', 'history')
  assert.match(zhao.lastLine(), /赵磊到达现场/)
})

test('what was taken on before counts, and so does where somebody says they are now', async () => {
  const first = await report('YK9001', AWAY)
  await zhao.press('YK9001', 'accept')
  const second = await report('YK9002', FURTHER)
  await zhao.press('YK9002', 'accept')
  // On the way to the first, twenty minutes for it, on the way to the second: 29 minutes, rounded up to five.
  assert.deepEqual(await workerOf(second), { name: '赵磊', expectedAt: at('10:30') })

  await story.later('2 min')
  await zhao.says(`我在 ${AWAY.lat},${AWAY.lng}`)
  assert.match(zhao.lastLine(), new RegExp(`您已到达 ${first.number} 的现场`))
  assert.equal((await workerOf(first))?.arrivedAt, story.clock.now())
  assert.deepEqual(await workerOf(second), { name: '赵磊', expectedAt: at('10:30') }, 'there at 10:02, on at 10:22')

  await story.later('5 min')
  await zhao.press('YK9001', 'finish', { outcome: 'available' })
  await zhao.sends(await jpeg())
  await zhao.says('完成')
  assert.equal((await story.wang.ticket(first.id)).status, 'resolved', zhao.read())
  assert.deepEqual(await workerOf(second), { name: '赵磊', expectedAt: at('10:15') }, 'from where the first was')
})

test('nothing is promised when nobody knows where they are', async () => {
  await story.later('2 h')
  const ticket = await report('YK9001', AWAY)
  await zhao.press('上门维修', 'accept')
  assert.deepEqual(await workerOf(ticket), { name: '赵磊' }, 'two hours ago says nothing')
  await zhao.says(`我在 ${HERE.lat},${HERE.lng}`)
  assert.deepEqual(await workerOf(ticket), { name: '赵磊', expectedAt: at('12:05') }, 'now it does')
})

test('what comes only in some cases is not announced, and who comes is called by their name', async () => {
  const ticket = await report('YK9001', AWAY)
  const steps = async () => (await story.wang.ticket(ticket.id)).steps.map(({ title, state }) => `${title} ${state}`)
  assert.deepEqual(await steps(), ['上门维修 current'], 'most bikes never see the workshop')
  await zhao.press('上门维修', 'accept')
  await zhao.press('上门维修', 'ask')
  await zhao.says('车在几号口？')
  const asked = await story.wang.ticket(ticket.id)
  assert.equal(asked.timeline.find(({ text }) => text === '车在几号口？')?.name, '赵磊')
  assert.equal(asked.worker?.name, '赵磊')
  await story.wang.does(ticket.id, 'remarks', { text: '2 号口' })
  await zhao.press('上门维修', 'finish', { outcome: 'workshop' })
  await zhao.sends(await jpeg())
  await zhao.says('完成')
  assert.deepEqual(await steps(), ['上门维修 done', '车间维修 current'], zhao.read())
})

test('what was under way when it was withdrawn has stopped, and nothing is to come', async () => {
  const { wang } = story
  const ticket = await wang.complain('门店态度不好')
  assert.equal(ticket.steps.filter(({ state }) => state === 'upcoming').length, 5)
  await wang.does(ticket.id, 'withdraw', { reason: '' })
  const { steps } = await wang.ticket(ticket.id)
  assert.deepEqual(
    steps.map(({ title, state }) => `${title} ${state}`),
    ['登记核实 stopped'],
  )
})
