import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { grantPoints } from '../../server/domain/loyalty/points.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import type { Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { DAY, Renting, TUESDAY_10 } from '../renting.ts'
import { locksOf, pays, ride, setDown, unlock } from '../rides.ts'
import { idOf } from '../rules.ts'
import { reopened } from './scene.ts'

/** A page and what is to be seen of it. */
export interface Moment {
  name: string
  path: string
}

export const PACKS = 'service-desk,bike-share,car-rental,mall'

const pathOf = (page: string, query = '') => `pages/${page}/${page}${query && `?${query}`}`
const span = `store=hongqiao&from=${TUESDAY_10}&until=${TUESDAY_10 + 2 * DAY}`

/** Every page, by an address at which it can be asked for before anything has happened. */
export const LISTS: Moment[] = [
  ...['home', 'tickets', 'me', 'coupons', 'points', 'profile', 'papers', 'consents', 'privacy'],
  ...['rides', 'rent', 'bookings', 'appointments'],
]
  .map((page) => ({ name: page, path: pathOf(page) }))
  .concat([
    { name: 'form', path: pathOf('form', 'name=complaint') },
    { name: 'ticket', path: pathOf('ticket', 'id=01KNOBODYKNOWSTHISTICKET01') },
    { name: 'asset', path: pathOf('asset', 'code=YK0000') },
    { name: 'ride', path: pathOf('ride', 'id=01KNOBODYKNOWSTHISRIDE0001') },
    { name: 'car', path: pathOf('car', `${span}&model=corolla`) },
    { name: 'booking', path: pathOf('booking', 'id=01KNOBODYKNOWSTHISBOOKING1') },
    { name: 'contract', path: pathOf('contract', 'id=01KNOBODYKNOWSTHISBOOKING1') },
    { name: 'slots', path: pathOf('slots', 'service=leather_care') },
  ])

type Show = (moment: Moment) => Promise<void>

/** 王晓梅 does what there is to do, and each page is shown when it has something to show. */
export async function fill(story: Story, show: Show): Promise<void> {
  const renting = await Renting.open(reopened(story))
  await services(story, show)
  await rides(story, show)
  await rental(renting, show)
  await herself(story, show)
}

/** Complaints in every state, the forms of all services, an appointment. */
async function services(story: Story, show: Show): Promise<void> {
  const { wang, lin, zhou, chen } = story
  const photo = (await wang.upload(await jpeg())).body
  const first = await wang.complain('早上八点在人民广场站 2 号口扫码，车锁打不开，连续三次都失败，还扣了押金。', {
    photos: [photo.id],
    order: 'R20261123001',
  })
  await story.wechat.finishMediaChecks()
  await lin.press('车锁打不开', 'finish', { type: 'quality' })
  const ticket = (id: string) => pathOf('ticket', `id=${id}`)
  await show({ name: 'ticket-under-way', path: ticket(first.id) })
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  await chen.press('制定方案', 'ask')
  await chen.says('请问车辆编号是多少？能拍一张车锁的照片吗？')
  await show({ name: 'ticket-asked', path: ticket(first.id) })
  await wang.does(first.id, 'remarks', { text: '编号是 88012' })
  await chen.press('制定方案', 'finish')
  await chen.says('锁芯老化。今天 18:00 前更换车锁，押金原路退回。')
  await lin.press('与客户沟通', 'finish', { agreed: 'yes' })
  await lin.says('客户接受')
  await chen.press('落实解决', 'finish')
  await chen.says('车锁已更换，押金 199 元已原路退回，另赠骑行券一张。')
  await show({ name: 'ticket-resolved', path: ticket(first.id) })
  await wang.does(first.id, 'rating', { csat: 5, nps: 9, words: '处理得很快，谢谢' })
  await show({ name: 'ticket-rated', path: ticket(first.id) })
  const gone = await wang.complain('车筐丢了')
  await wang.does(gone.id, 'withdraw', { reason: '找到了' })
  await show({ name: 'ticket-withdrawn', path: ticket(gone.id) })
  await wang.complain('充值没有到账', { type: 'fee' })
  await show({ name: 'tickets-filled', path: pathOf('tickets') })
  await story.later('1 min')
  const forms = (await wang.call<{ services: { form: string }[] }>('GET', '/api/services')).body.services
  for (const { form } of forms) await show({ name: `form-${form}`, path: pathOf('form', `name=${form}`) })
  const day = '2026-11-24'
  const { slots } = (
    await wang.call<{ slots: { at: number }[] }>('GET', `/api/appointments/slots?service=leather_care&day=${day}`)
  ).body
  await wang.call('POST', '/api/appointments', { service: 'leather_care', at: slots[0]?.at, note: '皮包开线' })
  await show({ name: 'appointments-filled', path: pathOf('appointments') })
}

/** A bike that stands there, is ridden, is to be paid for. */
async function rides(story: Story, show: Show): Promise<void> {
  const { wang } = story
  await setDown(story, 'YK8801')
  await show({ name: 'asset-bike', path: pathOf('asset', 'code=YK8801') })
  await show({ name: 'asset-car', path: pathOf('asset', `code=${encodeURIComponent('沪A12301')}`) })
  const first = await unlock(story, wang, 'YK8801')
  await story.later('12 min')
  await show({ name: 'ride-riding', path: pathOf('ride', `id=${first.body.id}`) })
  await show({ name: 'home-riding', path: pathOf('home') })
  await show({ name: 'asset-riding', path: pathOf('asset', 'code=YK8801') })
  await locksOf(story).close('YK8801', { place: { lat: 31.225, lng: 121.475 }, meters: 1500 })
  await story.settle()
  await show({ name: 'ride-free', path: pathOf('ride', `id=${first.body.id}`) })
  const due = await ride(story, wang, 'YK8801', '80 min')
  await show({ name: 'ride-due', path: pathOf('ride', `id=${due.id}`) })
  await pays(story, { type: 'ride', id: due.id })
  await story.settle()
  await show({ name: 'ride-paid', path: pathOf('ride', `id=${due.id}`) })
  const card = await wang.call<{ id: string }>('POST', '/api/ride-cards', { card: 'month' })
  await pays(story, { type: 'ride_card', id: card.body.id })
  await story.settle()
  await show({ name: 'rides-filled', path: pathOf('rides') })
}

/** A car from the search to the bill. */
async function rental(renting: Renting, show: Show): Promise<void> {
  const { story, wu } = renting
  const { wang } = story
  const wish = { store: 'hongqiao', model: 'corolla', from: TUESDAY_10, until: TUESDAY_10 + 2 * DAY }
  const { body } = await wang.call<{ booking: { id: string; payments: { id: string }[] } }>(
    'POST',
    '/api/bookings',
    wish,
  )
  const { id, payments } = body.booking
  const booking = pathOf('booking', `id=${id}`)
  await show({ name: 'booking-held', path: booking })
  await renting.pays(payments[0]?.id ?? '')
  await show({ name: 'booking-booked', path: booking })
  await show({ name: 'contract-not-yet', path: pathOf('contract', `id=${id}`) })
  await renting.giveBothPapers()
  await show({ name: 'contract-to-sign', path: pathOf('contract', `id=${id}`) })
  await renting.signs(id)
  await renting.paysDeposit(id)
  await show({ name: 'booking-ready', path: booking })
  await renting.until(TUESDAY_10 - DAY / 8)
  await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
  await renting.until(TUESDAY_10)
  await renting.press(wu, '交车验车', 'finish', { fuel: '100' }, ...(await renting.shots()), '12000')
  await show({ name: 'booking-handover', path: booking })
  await renting.does(id, 'handover/sign', { signature: await renting.paper() })
  await show({ name: 'booking-running', path: booking })
  await show({ name: 'home-renting', path: pathOf('home') })
  await renting.until(TUESDAY_10 + 2 * DAY)
  await story.later('1 min')
  await renting.takesBack(12_300, '75', '2', '1')
  await show({ name: 'booking-bill', path: booking })
  await renting.view(id)
  const photo = (await wang.upload(await jpeg())).body.id
  await renting.does(id, 'bill/dispute', {
    fee: 'damage',
    amount: '400',
    description: '划痕取车时就有',
    photos: [photo],
  })
  await show({ name: 'booking-disputed', path: booking })
  await story.later('1 min')
  await renting.press(wu, '核实费用', 'finish', { finding: 'right' }, '取车照片里没有这处划痕')
  await renting.press(wu, '告知客户', 'finish', undefined, '对照取车照片，划痕是新增的，收费无误')
  await show({ name: 'booking-settled', path: booking })
  await story.later(`${31 * 24} h`)
  await renting.press(wu, '违章核查', 'finish', { outcome: 'none' })
  await story.later('2 min')
  await show({ name: 'booking-closed', path: booking })
  const from = story.clock.now() + 2 * DAY
  const late = await wang.call<{ booking: { id: string } }>('POST', '/api/bookings', {
    ...wish,
    from,
    until: from + DAY,
  })
  if (late.status === 201) {
    await story.later('31 min')
    await show({ name: 'booking-lapsed', path: pathOf('booking', `id=${late.body.booking.id}`) })
  }
  await show({ name: 'bookings-filled', path: pathOf('bookings') })
}

/** Who she is, what she holds, what she may ask for. */
async function herself(story: Story, show: Show): Promise<void> {
  const { wang } = story
  const id = await idOf(story, wang)
  await story.db.write(async (tx) => {
    for (const template of ['birthday', 'newcomer', 'cart'])
      await grantCoupon(tx, { customerId: id, template, key: `look:${template}`, by: SYSTEM }).catch(() => undefined)
    await grantPoints(tx, { customerId: id, points: 1250, key: 'look', why: 'gift' })
  })
  await story.settle()
  for (const page of ['home', 'me', 'coupons', 'points', 'profile', 'papers', 'consents', 'privacy'])
    await show({ name: `${page}-filled`, path: pathOf(page) })
  await wang.call('POST', '/api/me/export', {})
  await story.later('2 min')
  await show({ name: 'privacy-taken', path: pathOf('privacy') })
}
