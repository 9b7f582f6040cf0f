import type { Asset } from '../../server/domain/assets/asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from '../../server/domain/assets/assets.ts'
import { openDifference } from '../../server/domain/payments/differences.ts'
import type { Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import type { Album } from './album.ts'
import { reopened, type Scene } from './scene.ts'

const HOUSE = { env: { PACKS: 'service-desk,car-rental', OCR: 'wechat' } }
const HIGHWAY = { lat: 31.2304, lng: 121.4737, address: '延安高架江苏路出口' }

/** A house that lets cars, with plates as cars have them. */
async function open(story: Story): Promise<Renting> {
  const renting = await Renting.open(reopened(story))
  await story.db.write((tx) => tx.run(`UPDATE assets SET code = REPLACE(code, 'ACORHO', '沪A8860')`))
  return renting
}

/** A rental from its preparation to the traffic violations, with what the chat asks on the way. */
const rental: Scene = {
  name: 'rental',
  house: HOUSE,
  async play(story, album) {
    const renting = await open(story)
    const { wu, zheng } = renting
    const id = await renting.books()
    await renting.until(TUESDAY_10 - DAY / 8)
    await album.news('prepare', wu)
    await wu.press('备车', 'finish', { outcome: 'other' })
    await album.news('another car, why', wu)
    await wu.says('右后轮漏气')
    await story.later('1 min')
    await album.news('the other car', wu)
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    await renting.until(TUESDAY_10 + 60_000)
    await album.news('call the customer', wu)
    await renting.press(wu, '联系客户', 'finish', { outcome: 'soon' })
    await renting.getsReady(id)
    await story.later('1 min')
    await album.news('hand over', wu)
    await wu.press('交车验车', 'finish', { fuel: '75' })
    const shots = await renting.shots()
    await wu.sends(shots[0] as Buffer)
    await album.news('one picture after the other', wu)
    for (const shot of shots.slice(1)) await wu.sends(shot)
    album.skip(wu)
    await album.last('mileage asked', wu)
    await wu.says('8000')
    await album.news('mileage', wu)
    await story.later('31 min')
    await album.news('to be signed in the store', wu)
    const page = await renting.page(wu, '当面签名')
    await page.send({}, ['signature'])
    await album.news('signed in the store', wu)
    await renting.until(TUESDAY_10 + 2 * DAY + 60_000)
    await album.news('look it over', wu)
    await wu.press('还车验车', 'finish', { fuel: '50' })
    for (const shot of await renting.shots()) await wu.sends(shot)
    album.skip(wu)
    await wu.says('9000')
    await album.news('back: damage', wu)
    await wu.says('3')
    await wu.says('发动机进水')
    await wu.says('8000')
    await story.later('1 min')
    await album.news('to be approved', wu, zheng)
    await zheng.press('结算审核', 'return')
    await zheng.says('请补拍发动机舱')
    await story.later('1 min')
    await album.news('sent back', wu)
    await renting.takesBack(9_000, '50', '3', '发动机进水', '8000')
    await zheng.press('结算审核', 'approve')
    await album.news('approved', zheng)
    await story.later('25 h')
    album.skip(wu)
    await story.wang.files('rental_survey', { overall: 'poor', car: 'dirty', words: '车里有烟味' })
    await album.news('how it was', wu)
    await violations(renting, album)
  },
}

/** A month later somebody asks after traffic violations. */
async function violations({ story, wu }: Renting, album: Album): Promise<void> {
  album.skip(wu)
  await story.later(`${30 * 24 - 1} h`)
  await album.card('violations', wu, '违章核查')
  album.skip(wu)
  await wu.press('违章核查', 'finish', { outcome: 'found' })
  await album.news('how many', wu)
  for (const said of ['2', '300', '3']) await wu.says(said)
  await story.later('1 min')
  await album.news('charged', wu)
}

/** A bill that nobody pays, an appeal to both of its ends, a deposit that is asked for by hand. */
const bills: Scene = {
  name: 'rental-money',
  house: HOUSE,
  async play(story, album) {
    const renting = await open(story)
    const { wu, zheng, qian } = renting
    const { he, wang } = story
    await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'gold'`))
    const id = await renting.books()
    await renting.giveBothPapers()
    await renting.signs(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(12_300, '100', '2', '1 2')
    await album.last('the price list, and the answer', wu, 4)
    album.skip(wu)
    await renting.view(id)
    const photo = (await wang.upload(await jpeg())).body.id
    const dispute = { fee: 'damage', amount: '1000', description: '划痕取车时就有，请看取车照片', photos: [photo] }
    await renting.does(id, 'bill/dispute', dispute)
    await story.later('1 min')
    await album.news('disputed', wu)
    await wu.press('核实费用', 'finish', { finding: 'partly' })
    await album.news('how much back', wu)
    await wu.says('400')
    await wu.says('取车照片里已有划痕')
    await story.later('1 min')
    await album.news('to be granted', zheng)
    await renting.press(zheng, '申诉审批', 'approve')
    album.skip(wu, zheng)
    await story.later('146 h')
    await album.card('not paid', wu, '催收')
    album.skip(wu)
    await wu.press('催收', 'finish', { outcome: 'paid' })
    await album.news('paid otherwise, a note', wu)
    await wu.says('客户到店刷卡付清')
    await story.later('1 min')

    const appeal = (amount: string) =>
      wang.files('rental_appeal', { order: 'C20261101', fee: 'overtime', amount, description: '提前还车了' })
    await appeal('1200')
    await renting.press(wu, '核实费用', 'finish', { finding: 'wrong' }, '1200', '系统多计一天')
    await album.news('above the limit', zheng)
    await renting.press(zheng, '申诉审批', 'approve')
    await album.card('the director as well', he, '申诉审批')
    await renting.press(he, '申诉审批', 'approve')
    await album.news('to be paid', qian)
    await renting.press(qian, '退款', 'finish', undefined, '1200 元已原路退回', 'B2')
    await album.news('paid', qian)
    await appeal('80')
    album.skip(wu)
    await renting.press(wu, '核实费用', 'finish', { finding: 'right' }, '还车记录 14:20，晚 2 小时')
    await album.news('right as charged', wu)
    await renting.press(wu, '告知客户', 'finish', undefined, '还车比约定晚 2 小时，收费无误')

    const bank = { payout: 'bank', holder: '11010519491231002X', account: '6222021234567890123' }
    await wang.files('rental_deposit', { order: 'C20261101', kind: 'car', amount: '5000', ...bank })
    await album.news('a deposit', wu)
    await renting.press(wu, '核对订单', 'finish', { finding: 'deduct' }, '4800', '右前轮毂划伤扣 200 元')
    await album.news('a deposit to approve', zheng)
    await renting.press(zheng, '退款审批', 'approve')
    await renting.press(he, '退款审批', 'approve')
    await album.news('a deposit to pay', qian)
    await renting.press(qian, '退款', 'finish', undefined, '4800 元已退到您的银行卡', 'B1')
    await wang.files('rental_deposit', { order: 'C20261008', kind: 'violation', amount: '2000' })
    await renting.press(wu, '核对订单', 'finish', { finding: 'open' }, '有一条违章未处理')
    await album.news('a deposit, not yet', wu)
  },
}

/** Help on the road, the workshop, the regular service, a difference in the books. */
const road: Scene = {
  name: 'road',
  house: HOUSE,
  async play(story, album) {
    const renting = await open(story)
    const { wu, zheng, qian, feng } = renting
    const { he, wang } = story
    await feng.says('我在 31.2310,121.4740')
    const photo = (await wang.upload(await jpeg())).body.id
    await story.db.write((tx) => registerAssets(tx, [{ code: '沪A10001', kind: 'car', place: HIGHWAY }]))
    await wang.files('car_fault', {
      ...{ car: '沪A·10001', fault: 'battery', drivable: 'no', place: HIGHWAY, danger: 'injury', photos: [photo] },
      ...{ contact: '13612345678', description: '追尾后打不着火' },
    })
    await album.news('help on the road', feng, zheng)
    await renting.press(feng, '现场救援', 'accept')
    await album.card('on the way', feng, '现场救援')
    await renting.press(feng, '现场救援', 'finish', { outcome: 'tow' }, await jpeg(), '完成')
    await album.news('towed', feng, wu)
    await wu.press('安排用车', 'finish', { choice: 'car' })
    await wu.says('换 沪A12302，江苏路店交车')
    await story.later('1 min')
    await album.news('another car', wu)
    await feng.press('修理厂维修', 'finish', { outcome: 'scrap' })
    for (const told of [await jpeg(), await jpeg(), await jpeg(), await jpeg(), '完成', '86000', '大梁变形'])
      await (typeof told === 'string' ? feng.says(told) : feng.sends(told))
    await story.later('1 min')
    await album.news('to be scrapped', feng, he)
    await he.press('车况审批', 'reject')
    await he.says('先请厂家定损')
    await story.later('1 min')
    await album.news('not yet', feng)
    await drive(story, '沪A12301', 10_000_000)
    await album.news('regular service', feng)
    await story.db.write((tx) =>
      openDifference(tx, { kind: 'amount', number: 'YK261122000001', day: 20261122, ours: 26_800, theirs: 26_801 }),
    )
    await story.later('1 min')
    await album.news('money that does not agree', qian)
  },
}

/** A car has been driven so far. */
async function drive(story: Story, code: string, meters: number): Promise<void> {
  await story.db.write(async (tx) => {
    const asset = (await assetByCode(tx, code)) as Asset
    const data = { meters: asset.meters + meters }
    await recordAssetEvent(tx, asset, { id: 'far', types: ['trip_end'], occurredAt: tx.now, doneBy: 'look', data })
  })
  await story.later('1 min')
}

/** What the store types: a violation that a letter told of, and that something hurries. */
const typed: Scene = {
  name: 'rental-typed',
  house: HOUSE,
  async play(story, album) {
    const renting = await open(story)
    const { wu, zheng } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    const later = { from: TUESDAY_10 + 5 * DAY, until: TUESDAY_10 + 6 * DAY }
    const { plate } = await renting.view(await renting.books(later))
    await renting.until(TUESDAY_10 + DAY / 4)
    album.skip(wu, zheng)
    const { number } = await renting.view(id)
    await zheng.says('帮助')
    await zheng.says(`违章 ${number} 200 闯红灯 记6分 今天 11:30`)
    await album.news('a violation, to be confirmed', zheng)
    await zheng.press('请确认后登记', 'yes')
    await zheng.says(`违章 ${number} 200 闯红灯 11:40`)
    await album.news('a violation that may be known', zheng)
    await zheng.press('请确认后登记', 'change')
    await zheng.says(`催办 ${plate}`)
    await album.news('hurried', zheng, wu)
  },
}

export const rentals = [rental, bills, road, typed]
