import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agendaWith } from '../../server/domain/appointments/agenda.ts'
import { type Appointment, AppointmentCell } from '../../server/domain/appointments/appointment.ts'
import {
  appointmentById,
  cancelAppointment,
  finishAppointment,
  makeAppointment,
  moveAppointment,
} from '../../server/domain/appointments/appointments.ts'
import { auditAppointments } from '../../server/domain/appointments/sweep.ts'
import { Event } from '../../server/engines/events/event.ts'
import { HOUR, MINUTE } from '../../server/lib/clock.ts'
import { AppError } from '../../server/lib/errors.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const TUESDAY_11 = Date.parse('2026-11-24T11:00:00+08:00')

interface Look {
  id: string
  number: string
  state: string
  stateText: string
  from: number
  resource: { resource: string; title: string }
  changeable: boolean
}
interface Refusal {
  error: { field?: string; message: string }
}

let story: Story
beforeEach(async () => {
  story = await openStory({ env: { PACKS: 'service-desk,mall' } })
  await story.settle()
  await story.wang.signIn()
  await story.li.signIn()
})
afterEach(async () => {
  assert.deepEqual(await auditAppointments(story.db), [])
  await story.close()
})

const make = (who = story.wang, more: Record<string, unknown> = {}) =>
  who.call<{ appointment: Look } & Refusal>('POST', '/api/appointments', {
    service: 'alteration',
    at: TUESDAY_11,
    ...more,
  })
const does = ({ id }: { id: string }, what: string, body: unknown = {}, who = story.wang) =>
  who.call<{ appointment: Look } & Refusal>('POST', `/api/appointments/${id}/${what}`, body)
const slots = async (service = 'alteration', day = '2026-11-24', more = '') => {
  const path = `/api/appointments/slots?service=${service}&day=${day}${more}`
  const { body } = await story.wang.call<{ slots: { at: number; left: number }[] }>('GET', path)
  return body.slots.map(({ at, left }) => `${new Date(at + 8 * HOUR).toISOString().slice(11, 16)} ${left}`)
}
const told = async ({ id }: { id: string }) => {
  const events = await story.db.read((tx) => tx.find(Event, 'WHERE subjectId = ? ORDER BY id', [id]))
  return events.map(({ name }) => name)
}
const row = ({ id }: { id: string }) => story.db.read((tx) => appointmentById(tx, id))

test('times are offered where somebody works and is free, with the time between two customers', async () => {
  const free = await slots()
  assert.deepEqual(free.slice(0, 7), ['11:00 2', '11:30 2', '12:00 2', '12:30 2', '13:00 2', '13:30 2', '15:00 2'])
  assert.equal(free.at(-1), '19:30 2')
  assert.deepEqual(await slots('alteration', '2026-11-23'), [])
  await make(story.wang, { resource: 'tailor_wu', at: TUESDAY_11 + 30 * MINUTE })
  // Half an hour and ten minutes: the one before would run into it, the one behind would begin too early.
  assert.deepEqual((await slots()).slice(0, 4), ['11:00 1', '11:30 1', '12:00 1', '12:30 2'])
  assert.deepEqual((await slots('alteration', '2026-11-24', '&resource=tailor_wu')).slice(0, 2), ['12:30 1', '13:00 1'])
  assert.deepEqual((await slots('leather_care')).slice(0, 2), ['10:00 2', '10:30 2'])
  const { body } = await story.wang.call<{ services: { service: string }[] }>('GET', '/api/appointments/services')
  assert.deepEqual(
    body.services.map(({ service }) => service),
    ['alteration', 'leather_care', 'styling'],
  )
})

test('an appointment is made, reminded of, and the customer says that they are there', async () => {
  const { status, body } = await make(story.wang, { note: '两条裤子', resource: 'tailor_shen' })
  const { appointment } = body
  assert.deepEqual([status, appointment.state, appointment.resource.title], [201, 'booked', '沈师傅'])
  await story.later('1 h')
  assert.match(story.wang.inbox().join(), /改衣量身预约成功/)
  assert.equal((await does(appointment, 'arrive')).body.error.message, '还没有到预约的时间。')
  await story.later('22 h')
  assert.equal(story.wang.inbox().filter((one) => one.includes('快到时间了')).length, 2)
  await story.later('1 h')
  assert.equal((await does(appointment, 'arrive')).body.appointment.stateText, '已到')
  assert.equal((await does(appointment, 'arrive')).status, 200)
  await story.later('1 h')
  await story.db.write(async (tx) =>
    finishAppointment(tx, await appointmentById(tx, appointment.id), { type: 'system' }),
  )
  assert.deepEqual(await told(appointment), ['appointment.booked', 'appointment.arrived', 'appointment.done'])
})

test('it can be moved and called off in time, and the seat is free again', async () => {
  const { appointment } = (await make()).body
  const moved = await does(appointment, 'reschedule', { at: TUESDAY_11 + 5 * HOUR })
  assert.deepEqual([moved.status, moved.body.appointment.from], [200, TUESDAY_11 + 5 * HOUR])
  assert.equal((await slots())[0], '11:00 2')
  await story.settle()
  assert.match(story.wang.inbox().join(), /已改期/)
  await story.later('29 h')
  const late = await does(appointment, 'reschedule', { at: TUESDAY_11 + 8 * HOUR })
  assert.deepEqual([late.status, late.body.error.message], [409, '开始前 2 小时内不能再改，请直接联系我们。'])
  assert.equal((await does(appointment, 'cancel')).status, 409)
  await story.db.write(async (tx) =>
    cancelAppointment(tx, await appointmentById(tx, appointment.id), { type: 'staff', id: 'x' }),
  )
  assert.equal((await row(appointment)).state, 'cancelled')
  assert.equal((await does(appointment, 'cancel')).status, 200)
})

test('whoever is there receives the customer on a card, or says that they have not come', async () => {
  const first = (await make()).body.appointment
  await story.later('1 min')
  assert.match(story.lin.read(), /客户预约了改衣量身/)
  const second = (await make(story.li, { note: '改短' })).body.appointment
  await story.later('25 h')
  const card = (number: string) => JSON.stringify(story.lin.card(number).card)
  assert.match(card(second.number), /改短/)
  assert.match(card(second.number), /师傅/)
  await story.lin.press(first.number, 'accept')
  await story.lin.press(first.number, 'finish', { outcome: 'done' })
  await story.lin.press(second.number, 'accept')
  await story.lin.press(second.number, 'finish', { outcome: 'no_show' })
  await story.later('1 min')
  assert.deepEqual([(await row(first)).state, (await row(second)).state], ['done', 'no_show'])
  assert.match(story.li.inbox().join(), /您没有到/)
  assert.deepEqual(await story.db.read((tx) => tx.find(AppointmentCell, '')), [])
})

test('where a pack names no flow for it, who has not come by then does not come', async () => {
  const file = join(story.templates, 'packs/mall/appointments.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace('flow: store_reception\n', ''))
  await story.running.house.shelf.load(story.db)
  const { appointment } = (await make()).body
  await story.later('26 h')
  assert.equal((await row(appointment)).state, 'no_show')
})

test('what cannot be is refused with the reason', async () => {
  const why = async (more: Record<string, unknown>) => {
    const { status, body } = await make(story.wang, more)
    return `${status} ${body.error.field ?? ''} ${body.error.message}`
  }
  assert.equal(await why({ service: 'nothing' }), '404  没有这项服务。')
  assert.equal(await why({ at: TUESDAY_11 + MINUTE }), '422 at 请选页面上的时间。')
  assert.equal(await why({ at: story.clock.now() + HOUR }), '422 at 请至少提前 2 小时预订。')
  assert.equal(await why({ at: TUESDAY_11 + 3 * HOUR }), '409  这个时间已经约满，请换一个时间。')
  assert.equal(await why({ resource: 'styling_room' }), '409  这个时间已经约满，请换一个时间。')
  await make()
  await make(story.wang, { at: TUESDAY_11 + 5 * HOUR })
  assert.equal(await why({ at: TUESDAY_11 + 6 * HOUR }), '409  您有 2 个还没有到时间的预约，请先完成或取消。')
  const { appointment } = (await make(story.li)).body
  assert.equal((await does(appointment, 'cancel')).status, 404)
})

test('of two hundred who want two seats at once, two get them', async () => {
  const all = await Promise.allSettled(
    Array.from({ length: 200 }, (_, n) =>
      story.db.write((tx) => makeAppointment(tx, `customer-${n}`, { service: 'alteration', at: TUESDAY_11 }, 'x')),
    ),
  )
  const reasons = all.map((one) => (one.status === 'fulfilled' ? 'made' : one.reason.why))
  assert.deepEqual(
    [reasons.filter((one) => one === 'made').length, reasons.filter((one) => one === 'appointment_taken').length],
    [2, 198],
  )
})

test('however appointments are made, moved and called off at once, no seat is given twice', async () => {
  const dice = new Dice(7)
  const ids: string[] = []
  const at = () => TUESDAY_11 + dice.below(6) * 30 * MINUTE
  let people = 0
  for (let round = 0; round < 30; round++) {
    const work = Array.from({ length: 12 }, (): Promise<unknown> => {
      const id = ids.length > 0 && dice.chance(0.5) ? dice.pick(ids) : undefined
      const service = dice.pick(['alteration', 'leather_care', 'styling'])
      const [when, who] = [at(), `customer-${people++}`]
      if (!id)
        return story.db
          .write((tx) => makeAppointment(tx, who, { service, at: when }, 'x'))
          .then((one) => ids.push(one.id))
      const off = dice.chance(0.4)
      return story.db.write(async (tx) => {
        const one = await appointmentById(tx, id)
        return off
          ? cancelAppointment(tx, one, { type: 'system' })
          : moveAppointment(tx, one, { at: when }, { type: 'system' })
      })
    })
    for (const result of await Promise.allSettled(work))
      if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason
  }
  const rows = await story.db.read((tx) => tx.query<Appointment>("SELECT * FROM appointments WHERE state = 'booked'"))
  assert.ok(rows.length > 10)
  const end = (one: Appointment) =>
    Number(one.untilAt) + Number(agendaWith(one.service).body.services[one.service]?.buffer)
  for (const a of rows)
    for (const b of rows)
      if (a.id < b.id && a.resource === b.resource && a.seat === b.seat)
        assert.ok(Number(a.fromAt) >= end(b) || Number(b.fromAt) >= end(a), `${a.number} and ${b.number}`)
})
