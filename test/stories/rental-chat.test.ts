import assert from 'node:assert/strict'
import { RentalViolation } from '../../server/domain/rentals/violation.ts'
import { onEachChat } from '../harness.ts'
import { happened } from '../letters.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const HOUR = 3_600_000

onEachChat((open) => {
  let renting: Renting
  beforeEach(async () => {
    renting = await Renting.open(open)
  })
  afterEach(async () => {
    assert.deepEqual(await renting.findings(), [])
    await renting.story.close()
  })

  /** The car gets a plate such as people write. */
  const plates = async (id: string) => {
    const { plate } = await renting.view(id)
    await renting.story.db.write((tx) => tx.run('UPDATE assets SET code = ? WHERE code = ?', ['沪A12345', plate]))
    return renting.view(id)
  }
  const known = () => renting.story.db.read((tx) => tx.find(RentalViolation, 'ORDER BY id'))

  test('a violation is typed as it comes, looked at on a card, and stored once after a yes', async () => {
    const { story, wu, zheng } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 5 * HOUR)
    const { plate, number } = await plates(id)
    const [spoken, bare] = [`${plate.slice(0, 2)}·${plate.slice(2)}`, plate.toLowerCase()]

    await wu.says('违章')
    assert.match(wu.lastLine(), /请写明车牌.*例如：违章/)
    await wu.says(`违章 ${plate} 闯红灯`)
    assert.match(wu.lastLine(), /请写明车牌.*罚款/)
    await wu.says('违章 沪Z99999 200 闯红灯')
    assert.match(wu.lastLine(), /没有找到「沪Z99999」/)
    await wu.says(`违章 ${plate} 200 闯红灯 今天 23:00`)
    assert.match(wu.lastLine(), /还没有到/)
    await wu.says(`违章 ${plate} 2000000 闯红灯`)
    assert.match(wu.lastLine(), /太大/)

    await wu.says(`记违章：${spoken}，罚200元，闯红灯，记6分，今天 11:30`)
    const shown = JSON.stringify(wu.card('请确认后登记').card)
    for (const part of [plate, number, '200', '6 分', '闯红灯', '11:30']) assert.ok(shown.includes(part), shown)
    assert.deepEqual(await known(), [], 'nothing is stored before a yes')
    await wu.press('请确认后登记', 'yes')
    assert.match(JSON.stringify(wu.card('违章登记').card), /已登记/)
    const [row, ...more] = await known()
    assert.deepEqual([more.length, row?.rentalId, row?.fine, row?.points, row?.reason], [0, id, 20_000, 6, '闯红灯'])
    assert.equal(row?.happenedAt, TUESDAY_10 + 1.5 * HOUR)
    const [event] = await happened(story, 'rental.violation')
    assert.deepEqual([event?.number, event?.fine], [number, 20_000])

    // The manager hears of the same one by letter, sees that it may be known, and leaves it.
    await zheng.says(`违章 ${bare} 200 闯红灯 11:40`)
    assert.match(JSON.stringify(zheng.card('请确认后登记').card), /已有 1 条违章/)
    await zheng.press('请确认后登记', 'no')
    assert.equal((await known()).length, 1)

    // Without a time it is the last renter's, by the rental's number as well.
    await zheng.says(`违章 ${number} 100 压线`)
    assert.match(JSON.stringify(zheng.card('请确认后登记').card), /未写时间，按最近一次租用/)
    await zheng.press('请确认后登记', 'change')
    assert.match(zheng.lastLine(), /未记录.*压线/)
    assert.equal((await known()).length, 1)

    // Before the car was theirs, nobody had it.
    await wu.says(`违章 ${plate} 50 昨天 8:30 违停`)
    assert.match(JSON.stringify(wu.card('请确认后登记').card), /当时没有人租用/)
    await wu.press('请确认后登记', 'yes')
    assert.equal((await known()).filter(({ rentalId }) => rentalId === null).length, 1)
  })

  test('the store hurries a preparation and an inspection; others neither may nor are told how', async () => {
    const { story, wu, zheng } = renting
    const from = TUESDAY_10 + 3 * DAY
    const id = await renting.books({ from, until: from + DAY })
    const { plate, number } = await renting.view(id)
    await story.lin.says(`催办 ${plate}`)
    assert.match(story.lin.lastLine(), /不能|没有权限|只有/)
    await story.lin.says('帮助')
    assert.doesNotMatch(story.lin.lastLine(), /违章|催办/)
    for (const who of [wu, zheng]) {
      await who.says('帮助')
      assert.match(who.lastLine(), /违章 沪A12345[\s\S]*催办 沪A12345/)
      assert.ok(Buffer.byteLength(who.lastLine()) <= 2048, String(Buffer.byteLength(who.lastLine())))
    }

    await zheng.says('催办')
    assert.match(zheng.lastLine(), /例如：催办 沪A12345/)
    await zheng.says(`催办 ${plate}`)
    assert.match(zheng.lastLine(), new RegExp(`已催办 ${number}（备车）`))
    assert.match(JSON.stringify(wu.card('备车').card), /郑凯催办/)
    await zheng.says(`催一下 ${number}`)
    assert.match(zheng.lastLine(), /分钟/, 'not too often')
    await story.later('31 min')
    await zheng.says(`催办 ${number.slice(-5)}`)
    assert.match(zheng.lastLine(), /已催办/)
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    await zheng.says(`催办 ${plate}`)
    assert.match(zheng.lastLine(), /没有需要门店加快办理/, 'it is the customer who has something to do')
    const [first] = await happened(story, 'rental.hurry')
    assert.equal(first?.number, number)
  })
})
