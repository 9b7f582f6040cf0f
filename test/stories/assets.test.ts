import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AssetEvent } from '../../server/domain/assets/asset.ts'
import { assetByCode, historyOf, recordAssetEvent, registerAssets } from '../../server/domain/assets/assets.ts'
import { EVENT_TYPES, type EventType } from '../../server/domain/assets/states.ts'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { ASSETS, openFleetStory, operate, writeFleet } from '../fleet.ts'
import { checkFeed } from '../gbfs.ts'
import { MONDAY_10, type Story } from '../harness.ts'
import { after, before, test } from '../suite.ts'

interface Seen {
  title: string
  state: string
  stateText: string
  reportable: boolean
  forms: string[]
}

let story: Story
before(async () => {
  story = await openFleetStory()
  await story.wang.signIn()
})
after(() => story.close())

const scan = async (code: string) => (await story.wang.call<Seen>('GET', `/api/assets/${code}`)).body
const PLACE = { lat: 31.2304, lng: 121.4737 }

async function register(...codes: string[]): Promise<void> {
  const assets = codes.map((code) => ({ code, kind: 'bike', place: PLACE }))
  assert.equal((await operate(story, 'assets', { assets })).status, 200)
}

/** Things happen to a bike, each so many minutes after ten. */
function tell(code: string, ...events: [id: string, minute: number, ...types: EventType[]][]) {
  return operate<{ recorded: number; unknown: string[] }>(story, 'asset-events', {
    events: events.map(([id, minute, ...types]) => ({ id, code, types, at: MONDAY_10 + minute * 60_000 })),
  })
}

const row = (code: string) =>
  story.db.read(async (tx) => {
    const asset = await assetByCode(tx, code)
    assert.ok(asset, code)
    return asset
  })

function report(customer: Story['wang'], code: string) {
  return customer.call<{ id: string }>('POST', '/api/tickets', {
    form: 'bike_fault',
    answers: { bike: code, where: PLACE, note: `坏了 ${code}` },
  })
}

test('who scans a bike reads what it is and whether a fault can be reported', async () => {
  await register('SC1')
  assert.deepEqual(await scan('sc1'), {
    code: 'SC1',
    kind: 'bike',
    title: '共享单车',
    state: 'available',
    stateText: '可以使用',
    reportable: true,
    forms: ['bike_fault'],
  })
  assert.equal((await story.wang.call('GET', '/api/assets/NOBODY')).status, 404)
  assert.equal((await fetch(`${story.running.url}/api/assets/SC1`)).status, 401)
  const opened = await fetch(`${story.running.url}/a/sc1`, { redirect: 'manual' })
  assert.equal(opened.headers.get('location'), '/app/#/pages/asset/asset?scene=a%3DSC1')

  await tell('SC1', ['sc1-gone', 1, 'decommissioned'])
  const scrapped = await scan('SC1')
  assert.deepEqual([scrapped.stateText, scrapped.reportable, scrapped.forms], ['已停用', false, []])
})

test('registered twice a bike stands in the books once; only the operator registers', async () => {
  const assets = [
    { code: 'RG1', kind: 'bike' },
    { code: 'RG2', kind: 'bike' },
    { code: 'RG1', kind: 'bike' },
  ]
  assert.deepEqual((await operate(story, 'assets', { assets })).body, { registered: 2 })
  assert.deepEqual((await operate(story, 'assets', { assets })).body, { registered: 0 })
  assert.equal((await scan('RG1')).stateText, '已收回，暂不投放', 'not set down yet')
  assert.equal((await operate(story, 'assets', { assets }, 'x'.repeat(43))).status, 401)
  assert.equal((await operate(story, 'assets', { assets: [{ code: 'RG3', kind: 'boat' }] })).status, 422)
  assert.equal((await operate(story, 'assets', { assets: [{ code: 'A B', kind: 'bike' }] })).status, 422)
})

test('what is told late or twice changes nothing that came after it', async () => {
  await story.later('30 min')
  await register('EV1')
  await story.later('60 min')
  const first = await tell('EV1', ['start', 40, 'trip_start'], ['end', 50, 'trip_end', 'battery_low'])
  assert.deepEqual(first.body, { recorded: 2, unknown: [] })
  assert.equal((await row('EV1')).state, 'non_operational')

  assert.deepEqual((await tell('EV1', ['end', 50, 'trip_end', 'battery_low'])).body, { recorded: 0, unknown: [] })
  assert.deepEqual((await tell('EV1', ['reserved', 35, 'reservation_start'])).body, { recorded: 1, unknown: [] })
  const { state, id } = await row('EV1')
  assert.equal(state, 'non_operational')
  const history = await story.db.read((tx) => historyOf(tx, id))
  assert.deepEqual(
    history.map(({ type, fromState, toState, legal }) => [type, fromState, toState, legal]),
    [
      ['battery_low', 'on_trip', 'non_operational', true],
      ['trip_start', 'reserved', 'on_trip', true],
      ['reservation_start', 'available', 'reserved', true],
      ['provider_drop_off', 'removed', 'available', true],
    ],
  )
  assert.equal(history[2]?.receivedAt !== history[2]?.occurredAt, true)

  await tell('EV1', ['again', 55, 'trip_end'])
  const [illegal] = await story.db.read((tx) => historyOf(tx, id, 1))
  assert.deepEqual([illegal?.legal, illegal?.toState], [false, 'non_operational'], 'recorded, not rejected')
  assert.deepEqual((await tell('EV0', ['nobody', 1, 'trip_end'])).body, { recorded: 0, unknown: ['EV0'] })
})

test('in whichever order the events of a bike arrive, it and its history stand the same in the end', async () => {
  const random = generator(20261122)
  for (let round = 0; round < 12; round++) {
    const events = Array.from({ length: 14 }, (_, index) => ({
      id: `${round}-${index}`,
      types: [EVENT_TYPES[Math.floor(random() * EVENT_TYPES.length)] as EventType] as [EventType],
      // Several of them in one instant.
      occurredAt: MONDAY_10 + 200 * 60_000 + Math.floor(random() * 8),
      doneBy: 'test',
    }))
    const ends = []
    for (const turn of ['A', 'B', 'C']) {
      const code = `PM${round}${turn}`
      const order = turn === 'A' ? events : [...events].sort(() => random() - 0.5)
      await story.db.write(async (tx) => {
        await registerAssets(tx, [{ code, kind: 'bike', place: PLACE }])
        const asset = await assetByCode(tx, code)
        assert.ok(asset)
        for (const event of order) await recordAssetEvent(tx, asset, { ...event, id: `${turn}:${event.id}` })
      })
      ends.push(await standingOf(code))
    }
    assert.deepEqual(ends[1], ends[0], `round ${round}`)
    assert.deepEqual(ends[2], ends[0], `round ${round}`)
  }
})

/** How a bike stands and how it came there, without the names of the events. */
async function standingOf(code: string) {
  const { state, causes, lostFrom, id } = await row(code)
  const events = await story.db.read((tx) => tx.find(AssetEvent, 'WHERE assetId = ? ORDER BY occurredAt, id', [id]))
  return {
    state,
    causes,
    lostFrom,
    way: events.slice(1).map(({ type, fromState, toState, legal }) => [type, fromState, toState, legal].join(' ')),
  }
}

test('a reported bike is out of service at once and comes back when it is repaired', async () => {
  await register('FT1')
  const { wang, chen } = story
  assert.equal((await report(wang, 'FT1')).status, 201)
  await story.settle()
  const out = await row('FT1')
  assert.deepEqual([out.state, out.reason, out.causes], ['non_operational', '用户报修', ['maintenance']])
  assert.equal((await scan('FT1')).stateText, '维修中，暂停使用')

  await tell('FT1', ['ft1-late', 1, 'trip_end'])
  assert.equal((await row('FT1')).state, 'non_operational', 'a trip that ends meanwhile does not free it')
  await chen.press('坏了 FT1', 'finish', { to: 'available' })
  const back = await row('FT1')
  assert.deepEqual([back.state, back.reason, back.causes], ['available', null, []])
  const names = await story.db.read((tx) =>
    tx.query<{ name: string }>('SELECT name FROM events WHERE subjectId = ? ORDER BY id', [back.id]),
  )
  assert.deepEqual(
    names.map(({ name }) => name),
    ['asset.taken_out', 'asset.returned'],
  )
})

test('a repair can end in the workshop or with scrap', async () => {
  await register('FT2', 'FT3')
  const { wang, chen } = story
  for (const [code, to, text] of [
    ['FT2', 'workshop', '已收回，暂不投放'],
    ['FT3', 'scrap', '已停用'],
  ] as const) {
    await report(wang, code)
    await story.settle()
    await chen.press(`坏了 ${code}`, 'finish', { to })
    assert.equal((await scan(code)).stateText, text)
  }
})

test('sheets of codes are for the operator', async () => {
  await register('QR1', 'QR2', 'QR3')
  const url = `${story.running.url}/api/operator/assets/qr.pdf?from=QR1&to=QR3`
  assert.equal((await fetch(url)).status, 401)
  const sheet = await fetch(url, { headers: { authorization: `Bearer ${operatorKey()}` } })
  assert.equal(sheet.headers.get('content-type'), 'application/pdf')
  assert.match(Buffer.from(await sheet.arrayBuffer()).toString('latin1'), /^%PDF-[\s\S]*\/Count 1\b/)
})

const feed = async (name: string) => {
  const response = await fetch(`${story.running.url}/gbfs/${name}.json`)
  assert.equal(response.status, 200, name)
  return (await response.json()) as { data: Record<string, never> }
}

test('the public feed holds to GBFS 3.0, every file of it', async () => {
  const { data } = (await feed('gbfs')) as unknown as { data: { feeds: { name: string; url: string }[] } }
  assert.equal(data.feeds.length, 8)
  for (const { name, url } of data.feeds) {
    assert.equal(url, `${story.running.url}/gbfs/${name}.json`)
    await checkFeed(name, await feed(name))
  }
  await assert.rejects(checkFeed('vehicle_status', { ...(await feed('vehicle_types')), ttl: 'soon' }), /ttl/)
  assert.equal((await fetch(`${story.running.url}/gbfs/nothing.json`)).status, 404)
  const status = await fetch(`${story.running.url}/gbfs/vehicle_status.json`)
  const again = await fetch(`${story.running.url}/gbfs/vehicle_status.json`, {
    headers: { 'if-none-match': status.headers.get('etag') ?? '', 'cache-control': 'max-age=0' },
  })
  assert.equal(again.status, 304)
})

interface Vehicle {
  vehicle_id: string
  lat: number
  lon: number
  is_disabled: boolean
  is_reserved: boolean
  station_id?: string
}

async function vehicle(code: string): Promise<Vehicle | undefined> {
  const { publicId } = await row(code)
  const { data } = (await feed('vehicle_status')) as unknown as { data: { vehicles: Vehicle[] } }
  return data.vehicles.find(({ vehicle_id }) => vehicle_id === publicId)
}

test('a vehicle has another name in the feed after each trip, and none while it is ridden', async () => {
  await register('GB1')
  const start = MONDAY_10 + 400 * 60_000
  story.clock.set(start)
  const before = await vehicle('GB1')
  assert.ok(before)
  assert.ok(Math.abs(before.lat - 31.2323) < 0.001 && Math.abs(before.lon - 121.4692) < 0.001, 'WGS-84')
  await tell('GB1', ['gb1-reserve', 395, 'reservation_start'])
  assert.equal((await vehicle('GB1'))?.is_reserved, true)
  await tell('GB1', ['gb1-start', 396, 'trip_start'])
  assert.equal(await vehicle('GB1'), undefined)
  await tell('GB1', ['gb1-end', 398, 'trip_end', 'battery_low'])
  const again = await vehicle('GB1')
  assert.equal(again?.is_disabled, true)
  assert.notEqual(again?.vehicle_id, before.vehicle_id)
})

test('the sandbox has a small city, once', async () => {
  const counts = async () => {
    const rows = await story.db.read((tx) =>
      tx.query<{ n: number }>(
        `SELECT COUNT(*) AS n FROM assets WHERE code LIKE 'YK1%' OR code LIKE 'ST0%' GROUP BY kind, state ORDER BY kind, state`,
      ),
    )
    return rows.map(({ n }) => Number(n))
  }
  assert.deepEqual(await counts(), [37, 2, 5, 1, 3, 6])
  const parked = (await row('YK1001')).stationId
  assert.ok(parked)
  assert.equal((await row('YK1009')).stationId, null, 'ridden away')
  const stations = (await feed('station_status')) as unknown as {
    data: { stations: { num_vehicles_available: number; num_docks_available: number }[] }
  }
  assert.equal(stations.data.stations.length, 6)
  for (const { num_vehicles_available, num_docks_available } of stations.data.stations) {
    assert.ok(num_vehicles_available > 0 && num_docks_available > 0)
  }
  await story.restart()
  await story.wang.signIn()
  assert.deepEqual(await counts(), [37, 2, 5, 1, 3, 6])
})

test('work on the fleet is no service of the customers', async () => {
  const { services } = (await (await fetch(`${story.running.url}/api/services`)).json()) as {
    services: { form: string; title: string }[]
  }
  assert.deepEqual(services.map(({ form }) => form).sort(), ['bike_fault', 'complaint'])
  assert.ok(story.running.house.shelf.flows.has('bike_checkup'))
  const asked = await story.wang.call('GET', '/api/forms/bike_repair')
  assert.equal(asked.status, 422, 'nor is the form of a step')
})

test('a checkup is opened once, when its date has come or its distance is covered', async () => {
  await register('MT1', 'MT2')
  const runs = async (code: string) => {
    const { id } = await row(code)
    const found = await story.db.read((tx) =>
      tx.query<{ id: string; state: string }>('SELECT id, state FROM flow_runs WHERE subjectId = ? ORDER BY id', [id]),
    )
    return found.map(({ state }) => state)
  }
  await story.settle()
  assert.deepEqual(await runs('MT1'), [])
  await operate(story, 'asset-events', {
    events: [{ id: 'mt1-far', code: 'MT1', types: ['trip_end'], at: story.clock.now(), meters: 500_000 }],
  })
  await story.settle()
  await story.settle()
  assert.deepEqual([await runs('MT1'), await runs('MT2')], [['running'], []])
  assert.equal((await row('MT1')).state, 'non_operational')
  assert.match(story.chen.card('MT1').card ? JSON.stringify(story.chen.card('MT1').card) : '', /定期保养/)

  // Somebody reports it meanwhile: it comes back when both are done with it.
  await report(story.wang, 'MT1')
  await story.settle()
  await story.chen.press('坏了 MT1', 'finish', { to: 'available' })
  assert.equal((await row('MT1')).state, 'non_operational')
  await story.chen.press('定期保养', 'finish')
  assert.equal((await row('MT1')).state, 'available')
  await story.settle()
  assert.deepEqual(await runs('MT1'), ['ended'])
  await story.later('200 h')
  assert.deepEqual([await runs('MT1'), await runs('MT2')], [['ended'], []], 'not again before it is due again')
  // MT2 has not gone far: its date comes first.
  const { id } = await row('MT2')
  const [service] = await story.db.read((tx) =>
    tx.query<{ dueAt: number }>('SELECT dueAt FROM asset_services WHERE assetId = ?', [id]),
  )
  story.clock.set(Number(service?.dueAt))
  await story.settle()
  await story.settle()
  assert.deepEqual(await runs('MT2'), ['running'])
})

test('a fleet with mistakes is told with file, line and reason, and stops a first start', async () => {
  const wrong = ASSETS.replace('forms: [bike_fault]', 'forms: [bike_falut]').replace(
    'form_factor: bicycle',
    'form_factor: bike',
  )
  await writeFleet(story, wrong)
  await story.settle()
  assert.equal((await scan('GB1')).title, '共享单车', 'the one in force stays')
  await story.running.close()
  await assert.rejects(story.open(), /assets\.yaml:6 kinds\.bike\.form_factor/)
  await writeFleet(story, ASSETS.replace('flow: bike_checkup', 'flow: checkups'))
  await assert.rejects(story.open(), /assets\.yaml:11 kinds\.bike\.maintenance\.0\.flow: there is no flow "checkups"/)
  await writeFleet(story, ASSETS.replace('flow: bike_checkup', 'flow: bike_fault'))
  await assert.rejects(
    story.open(),
    /maintenance\.0\.flow: customers are offered "bike_fault": it needs "opened_by: system"/,
  )
  await writeFleet(story)
  await writeFile(
    join(story.templates, 'packs/service-desk/zones/city.geojson'),
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"zone":"湖","rules":[{"vehicle_type_ids":["boat"]}]},\n"geometry":{"type":"Polygon","coordinates":[[[1,2],[2,3],[3,4],[1,2]]]}}]}',
  )
  await assert.rejects(story.open(), /zones\/city\.geojson:1 features\.0\..*: there is no kind of vehicle "boat"/)
  await writeFleet(story)
  await story.open()
})

/** A small repeatable source of chance. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}
