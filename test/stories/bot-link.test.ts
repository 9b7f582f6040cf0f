import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Assistant, makeAssistant } from '../../server/chats.ts'
import { entities, migrations } from '../../server/entities.ts'
import { SECOND } from '../../server/lib/clock.ts'
import { ROOT, readConfig } from '../../server/lib/config.ts'
import { Database } from '../../server/lib/db.ts'
import { LEASE_MS, MARGIN_MS, RENEW_MS } from '../../server/lib/only-one.ts'
import { loadWords } from '../../server/lib/render.ts'
import { wecomBotLink } from '../../server/platforms/wecom-bot-link.ts'
import { houseDatabase } from '../database.ts'
import { type TestContext, test } from '../suite.ts'
import { BOT, openBotHouse, until, WORDS } from '../unit/wecom-bot-house.ts'

/** One process's part of the bot, and its line to the database. */
interface Process {
  assistant: Assistant
  /** How often it has asked the database for the right to the connection and was answered, if there is an answer. */
  asked: number
  line: 'up' | 'refusing' | 'silent'
  /** Lets the database answer what it owes. */
  answer(): void
}

/** Two processes of one company before one stand-in, with one database and a clock that stands still. */
async function openHouses(t: TestContext) {
  const { bot, sandbox, clock, close } = await openBotHouse('link', async () => undefined)
  t.after(close)
  const folder = await mkdtemp(join(tmpdir(), 'yingke-link-'))
  const database = await houseDatabase(folder)
  t.after(async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  })
  const given = readConfig({ SANDBOX: 'on', DATA_DIR: folder })
  const config = { ...given, wecomBot: { botId: BOT.botId, secret: BOT.secret, wsUrl: sandbox.wecomBotUrl } }
  const words = loadWords(join(ROOT, 'templates'), { clock })
  const openDatabase = () => Database.open({ url: database.url, entities, migrations, clock })
  const shared = await openDatabase()

  async function begin(db: Database): Promise<Process> {
    let answer: () => void = () => undefined
    const owed = new Promise<void>((resolve) => {
      answer = resolve
    })
    const process: Process = { assistant: undefined as unknown as Assistant, asked: 0, line: 'up', answer }
    const write: Database['write'] = async (work) => {
      const { line } = process
      if (line === 'up') return db.write(work).finally(() => process.asked++)
      process.asked += 1
      if (line === 'refusing') throw new Error('the database is away')
      await owed
      return db.write(work)
    }
    process.assistant = makeAssistant({ config, db: Object.assign(Object.create(db), { write }), words, clock }, '')
    t.after(async () => {
      process.line = 'up'
      answer()
      await process.assistant.close()
    })
    await process.assistant.open()
    return process
  }

  // MySQL's processes have connections of their own; SQLite has one writer, which waits for nobody in its own process.
  const other = shared.dialect === 'mysql' ? await openDatabase() : shared
  const [first, second] = [await begin(shared), await begin(other)]
  t.after(async () => {
    await shared.close()
    if (other !== shared) await other.close()
  })
  await until(() => bot.connected(), 'the first connection')

  /** Lets so much time pass that each of them has to look again, and waits until these have. */
  async function pass(ms: number, ...who: Process[]): Promise<void> {
    const before = who.map(({ asked }) => asked)
    clock.advance(ms)
    await until(() => who.every(({ asked }, place) => asked > (before[place] ?? 0)), 'a look at the lease')
  }
  return { bot, sandbox, clock, first, second, pass }
}

test('one process has the connection, renews it, and hands it over when it is closed', async (t) => {
  const { bot, first, second, pass } = await openHouses(t)
  for (let round = 0; round < 6; round++) await pass(RENEW_MS, first, second)
  assert.deepEqual([bot.subscriptions(), bot.connected()], [1, true])
  await first.assistant.close()
  await until(() => !bot.connected(), 'the end of the first connection')
  await pass(RENEW_MS, second)
  await until(() => bot.connected(), 'the second connection')
  assert.match(JSON.stringify((await bot.ask('linxiaoyu', '帮助')).items), /不认识您/)
  assert.equal(bot.subscriptions(), 2)
})

for (const line of ['refusing', 'silent'] as const) {
  test(`a process whose database is ${line} leaves before the other one may begin`, async (t) => {
    const { bot, clock, first, second, pass } = await openHouses(t)
    first.line = line
    await pass(LEASE_MS - MARGIN_MS - SECOND, first, second)
    assert.ok(bot.connected(), 'there is time left to try again')
    clock.advance(SECOND)
    await until(() => !bot.connected(), 'the end of the first connection')
    await pass(RENEW_MS, second)
    assert.deepEqual([bot.subscriptions(), bot.connected()], [1, false], 'the lease has not run out yet')
    await pass(RENEW_MS, second)
    await until(() => bot.connected(), 'the second connection')

    first.line = 'up'
    first.answer()
    for (let round = 0; round < 3; round++) await pass(RENEW_MS, first, second)
    assert.deepEqual([bot.subscriptions(), bot.connected()], [2, true])
  })
}

test('pushed out by a process of another house, both rest and keep the others from joining the quarrel', async (t) => {
  const { bot, sandbox, clock, first, second, pass } = await openHouses(t)
  const settings = { botId: BOT.botId, secret: BOT.secret, wsUrl: sandbox.wecomBotUrl, words: WORDS, clock }
  const stranger = wecomBotLink(settings, async () => ({ stream: '另一家' }))
  t.after(() => stranger.stop())
  await stranger.live()
  for (let round = 0; round < 6; round++) await pass(RENEW_MS, first, second)
  assert.deepEqual((await bot.ask('linxiaoyu', '谁在')).frames, ['另一家'])
  assert.deepEqual([bot.subscriptions(), stranger.health().state], [2, 'live'])
})
