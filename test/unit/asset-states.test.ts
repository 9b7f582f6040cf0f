import assert from 'node:assert/strict'
import {
  apply,
  applyAll,
  byTime,
  EVENT_TYPES,
  EVENTS,
  type EventType,
  REGISTERED,
  STATES,
  type Standing,
} from '../../server/domain/assets/states.ts'
import { test } from '../suite.ts'

function after(...types: EventType[]): Standing & { legal: boolean } {
  return applyAll(REGISTERED, types)
}

const READY: EventType = 'provider_drop_off'

test('an ordinary day: set down, reserved, ridden, free again', () => {
  const day: [EventType, string][] = [
    [READY, 'available'],
    ['reservation_start', 'reserved'],
    ['trip_start', 'on_trip'],
    ['trip_leave_jurisdiction', 'elsewhere'],
    ['trip_enter_jurisdiction', 'on_trip'],
    ['trip_end', 'available'],
    ['comms_lost', 'unknown'],
    ['comms_restored', 'available'],
    ['rebalance_pick_up', 'removed'],
    ['agency_drop_off', 'available'],
  ]
  let standing: Standing = REGISTERED
  for (const [type, state] of day) {
    const next = apply(standing, type)
    assert.deepEqual([type, next.state, next.legal], [type, state, true])
    standing = next
  }
})

test('every event is taken in every state, and marked where it may not happen', () => {
  for (const state of STATES) {
    for (const type of EVENT_TYPES) {
      const next = apply({ state, causes: [], lostFrom: null }, type)
      assert.ok(STATES.includes(next.state), `${type} in ${state}`)
      assert.equal(next.legal, (EVENTS[type].from as readonly string[]).includes(state), `${type} in ${state}`)
    }
  }
})

test('what is broken does not come back by a trip that ends, a charged battery or a found signal', () => {
  assert.equal(after(READY, 'trip_start', 'maintenance_start', 'trip_end').state, 'non_operational')
  assert.equal(after(READY, 'battery_low', 'maintenance_start', 'battery_charged').state, 'non_operational')
  assert.equal(after(READY, 'maintenance_start', 'comms_lost', 'comms_restored').state, 'non_operational')
  assert.equal(after(READY, 'maintenance_start', 'reservation_start').state, 'non_operational')
  assert.equal(after(READY, 'battery_low', 'maintenance_start', 'maintenance_end').state, 'non_operational')
  assert.equal(
    after(READY, 'battery_low', 'maintenance_start', 'maintenance_end', 'battery_charged').state,
    'available',
  )
})

test('a trip that ends with an empty battery never shows as available, in whichever order both are told', () => {
  assert.equal(after(READY, 'trip_start', 'trip_end', 'battery_low').state, 'non_operational')
  assert.equal(after(READY, 'trip_start', 'battery_low', 'trip_end').state, 'non_operational')
})

test('what is in the workshop stays there until it is set down; what is scrapped stays away', () => {
  assert.equal(after(READY, 'maintenance_pick_up', 'on_hours').state, 'removed')
  assert.equal(after(READY, 'maintenance_pick_up', 'maintenance_start').state, 'removed')
  assert.equal(after(READY, 'maintenance_pick_up', READY).state, 'available')
  const scrapped = after(READY, 'decommissioned')
  assert.equal(scrapped.state, 'removed')
  for (const type of EVENT_TYPES) assert.equal(apply(scrapped, type).state === 'available', false, type)
})

test('events of one instant have one order', () => {
  const list = ['b', 'a', 'c'].map((id) => ({ id, occurredAt: 5 }))
  assert.deepEqual([...list].sort(byTime), [...list.reverse()].sort(byTime))
})
