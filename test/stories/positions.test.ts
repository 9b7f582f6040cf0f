import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { registerAssets } from '../../server/domain/assets/assets.ts'
import { Ride } from '../../server/domain/rides/ride.ts'
import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { Story } from '../harness.ts'
import { openStory } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { openRides, STREET, setDown, unlock } from '../rides.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const HERE = { lat: 31.2291, lng: 121.4799 }

const say = (consents: Record<string, boolean>) => story.wang.call('PUT', '/api/me/consents', { consents })

/** Reports a fault and returns what is kept of where it is, or what was refused. */
async function report(form: string, answers: Record<string, unknown>, place: object): Promise<unknown> {
  const { status, body } = await story.wang.call<{ id: string; error?: { message: string } }>('POST', '/api/tickets', {
    form,
    answers: { ...answers, place },
  })
  await story.settle()
  if (status !== 201) return `${status} ${body.error?.message}`
  const ticket = await story.db.read((tx) => tx.get(Ticket, body.id))
  await story.wang.does(body.id, 'withdraw', { reason: '测试' })
  return ticket?.answers.place
}

/** Where the newest work is. */
async function sentTo(): Promise<unknown> {
  const [run] = await story.db.read((tx) => tx.find(FlowRun, 'ORDER BY id DESC LIMIT 1'))
  return (run?.facts as { place?: unknown } | undefined)?.place
}

test('the phone’s position is kept with a yes and not without; what was written or chosen on the map is kept anyway', async () => {
  story = await openRides()
  await setDown(story, 'YK7001')
  await story.wang.signIn()
  const fault = (place: object) => report('fault', { bike: 'YK7001', fault: 'lock', danger: 'no' }, place)
  const standing = async () => {
    const { body } = await story.wang.call<{
      consents: { purpose: string; granted: boolean; status: string | null }[]
    }>('GET', '/api/me/consents')
    const line = body.consents.find(({ purpose }) => purpose === 'location')
    return [line?.granted, line?.status]
  }
  await story.db.write((tx) => tx.run(`DELETE FROM consents WHERE purpose = 'location'`))
  assert.deepEqual(await standing(), [false, null], 'never asked: the app asks at its first use')
  assert.deepEqual(await fault({ ...HERE, address: '2 号口' }), { address: '2 号口' })
  assert.deepEqual(
    await sentTo(),
    { ...STREET, address: '2 号口' },
    'whoever is sent goes to where the bike was last seen',
  )
  assert.match(String(await fault(HERE)), /^422 .*您没有同意.*可以写地址或在地图上选择/)
  assert.deepEqual(await fault({ ...HERE, address: '2 号口', by: 'map' }), { ...HERE, address: '2 号口' })
  assert.deepEqual(await sentTo(), { ...HERE, address: '2 号口' })
  await say({ location: true })
  assert.deepEqual(await fault(HERE), HERE)
  await say({ location: false })
  assert.deepEqual(await standing(), [false, 'revoked'])
  assert.deepEqual(await fault({ ...HERE, address: '2 号口' }), { address: '2 号口' })
})

test('what is on its way is not looked for where it began', async () => {
  story = await openRides()
  await setDown(story, 'YK7001')
  await story.wang.signIn()
  await say({ location: false })
  await unlock(story, story.wang, 'YK7001')
  const answers = { bike: 'YK7001', fault: 'brake', danger: 'no' }
  assert.deepEqual(await report('fault', answers, { address: '2 号口' }), { address: '2 号口' })
  assert.equal(await sentTo(), undefined)
})

test('what cannot be done without the position says why, and keeps it', async () => {
  story = await openStory({ env: { PACKS: 'service-desk,car-rental' } })
  await story.db.write((tx) => registerAssets(tx, [{ code: '沪A12345', kind: 'car' }]))
  await story.wang.signIn()
  await say({ location: false })
  const { body } = await story.wang.call<{ fields: { name: string; needs?: string }[] }>('GET', '/api/forms/car_fault')
  assert.match(body.fields.find(({ name }) => name === 'place')?.needs ?? '', /只用于这次救援/)
  const answers = { car: '沪A12345', fault: 'tire', danger: 'none', drivable: 'no' }
  assert.deepEqual(await report('car_fault', answers, HERE), HERE)
})

test('a ride that cannot be locked keeps where the phone is because its terms say why; without that, where the bike is', async () => {
  story = await openRides()
  const { wang } = story
  await wang.signIn()
  await say({ location: false })
  const end = async (code: string) => {
    await setDown(story, code)
    const { body } = await unlock(story, wang, code)
    const photo = (await wang.upload(await jpeg())).body.id
    await story.later('10 min')
    const ended = await wang.call('POST', `/api/rides/${body.id}/end`, { photo, place: HERE })
    assert.equal(ended.status, 200, JSON.stringify(ended.body))
    const ride = await story.db.read((tx) => tx.get(Ride, body.id))
    return { lat: ride?.lat, lng: ride?.lng }
  }
  assert.deepEqual(await end('YK7001'), HERE)
  const file = join(story.templates, 'packs/bike-share/rides.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/\n {2}needs: .*/, ''))
  await story.settle()
  assert.deepEqual(story.running.house.shelf.problems, [])
  assert.deepEqual(await end('YK7002'), STREET)
})
