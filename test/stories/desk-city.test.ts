import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FixedClock } from '../../server/lib/clock.ts'
import { readConfig } from '../../server/lib/config.ts'
import { type Running, start } from '../../server/main.ts'
import type { DeskCity } from '../../server/sandbox/desk-city.ts'
import { houseDatabase } from '../database.ts'
import { MONDAY_10 } from '../harness.ts'
import { until } from '../processes.ts'
import { type TestContext, test } from '../suite.ts'

/** A house as somebody has it who starts it without any settings. */
async function openUnset(t: TestContext): Promise<{ running: Running; clock: FixedClock }> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-city-'))
  const database = await houseDatabase(folder)
  const clock = new FixedClock(MONDAY_10)
  const config = readConfig({ PORT: '0', DATA_DIR: folder, DATABASE_URL: database.url })
  const running = await start(config, { clock, jobs: false })
  t.after(async () => {
    await running.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  return { running, clock }
}

test('without any settings the desk has a small city, with riders who ride while somebody looks', async (t) => {
  const { running, clock } = await openUnset(t)
  const desk = async <T>(name: string) => (await (await fetch(`${running.url}/desk/api/${name}`)).json()) as T
  const { people } = await desk<{ people: { name: string; room?: string }[] }>('state')
  assert.deepEqual(
    people.filter(({ room }) => !room).map(({ name }) => name),
    ['林小雨', '周敏', '陈志远', '何建国'],
    'the first room is that of the service desk',
  )
  const look = async () => (await desk<{ city: DeskCity }>('city')).city
  await running.advance(60_000)
  const before = await look()
  assert.deepEqual([before.stations.length, before.vehicles.length], [6, 48])
  assert.ok(before.zones.some(({ name, closed }) => name === '人民公园' && closed))
  assert.deepEqual(
    before.workers.map(({ name, userids, jobs }) => [name, userids.length, jobs.length]),
    [
      ['刘洋', 2, 0],
      ['孙浩', 2, 0],
      ['赵磊', 2, 0],
      ['马丽', 2, 0],
    ],
    'each is one person with an account in either chat',
  )

  const states = ({ vehicles }: DeskCity) => vehicles.map(({ code, state }) => `${code} ${state}`).join()
  const moved = await until(
    'a ride begins or ends',
    async () => (states(await look()) !== states(before) ? look() : false),
    5_000,
  )
  assert.equal(moved.vehicles.length, 48)

  await running.advance(3 * 3_600_000)
  const seen = await running.house.db.read((tx) => tx.query<{ seenAt: number }>('SELECT seenAt FROM workers'))
  for (const { seenAt } of seen)
    assert.ok(clock.now() - Number(seenAt) < 15 * 60_000, 'their phones go on telling where they are')
})
