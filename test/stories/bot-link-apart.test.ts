import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../processes.ts'
import { openApart } from './apart.ts'

const START_MS = 90_000
/** A process that closes in good order is followed as soon as the next one looks, a killed one when its lease has run out. */
const SOON_MS = 25_000
const LATE_MS = 60_000

test('of two processes one is linked; the other follows when it stops, and when it is killed', async (t) => {
  const { sandbox, products } = await openApart(t, 2)
  const { wecomBot: bot } = sandbox
  const [first, second] = products
  assert.ok(bot && first && second)
  await first.start()
  await until('the first is linked', () => bot.connected(), START_MS)
  await second.start()
  await second.ready()

  await first.stop()
  assert.equal(bot.connected(), false, 'nobody else was linked')
  await until('the second follows', () => bot.connected(), SOON_MS)
  await first.start()
  await first.ready()
  assert.match(JSON.stringify((await bot.ask('linxiaoyu', '帮助')).items), /我的任务/)

  await second.kill()
  await until('the link is gone', () => !bot.connected(), SOON_MS)
  await until('the first follows', () => bot.connected(), LATE_MS)
  assert.match(JSON.stringify((await bot.ask('linxiaoyu', '帮助')).items), /我的任务/)
  // Each came when there was no connection: nobody was pushed out.
  assert.equal(bot.subscriptions(), 3)
})
