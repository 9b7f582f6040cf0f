import assert from 'node:assert/strict'
import type { Fleet, Zone } from '../../server/domain/assets/fleet.ts'
import { endingAt, mayStart } from '../../server/domain/rides/zones.ts'
import { test } from '../suite.ts'

const ALL = { ride_start_allowed: true, ride_end_allowed: true, ride_through_allowed: true }
const square = (west: number, south: number, size: number) => [
  [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ],
]
const zone = (name: string, west: number, size: number, rules?: object[], more: object = {}): Zone =>
  ({
    type: 'Feature',
    properties: { zone: name, ...(rules && { rules: rules.map((rule) => ({ ...ALL, ...rule })) }), ...more },
    geometry: { type: 'Polygon', coordinates: square(west, 31, size) },
  }) as unknown as Zone
const fleetOf = (zones: Zone[], rule: object = {}): Fleet => ({ kinds: {}, rules: [{ ...ALL, ...rule }], zones })
const at = (lng: number, stationId?: string) => ({ lat: 31.001, lng, stationId })
const NOW = Date.parse('2026-11-23T10:00:00+08:00')

test('the first zone that says something of the kind wins; one that says nothing lets the next one speak', () => {
  const rules = fleetOf([
    zone('只说助力车', 121, 0.01, [{ vehicle_type_ids: ['ebike'], ride_end_allowed: false }]),
    zone('没有规则', 121, 0.01),
    zone('禁停', 121, 0.01, [{ ride_end_allowed: false, ride_start_allowed: false }]),
    zone('可停', 121, 0.05, [{}]),
  ])
  assert.deepEqual(endingAt('bike', at(121.001), NOW, rules), { zone: '禁停', result: 'no_parking' })
  assert.deepEqual(endingAt('ebike', at(121.001), NOW, rules), { zone: '只说助力车', result: 'no_parking' })
  assert.deepEqual(endingAt('bike', at(121.02), NOW, rules), { zone: '可停', result: 'fine' })
  assert.equal(mayStart('bike', at(121.001), NOW, rules), false)
  assert.equal(mayStart('bike', at(121.02), NOW, rules), true)
})

test('where no zone says anything the global rules hold: out of the area', () => {
  const rules = fleetOf([zone('城区', 121, 0.01, [{}])], { ride_end_allowed: false })
  assert.deepEqual(endingAt('bike', at(121.5), NOW, rules), { zone: null, result: 'out_of_area' })
  assert.deepEqual(endingAt('bike', at(121.005), NOW, rules), { zone: '城区', result: 'fine' })
  assert.deepEqual(endingAt('bike', undefined, NOW, rules), { zone: null, result: 'fine' }, 'no place, no fee')
})

test('where only stations are for parking, a station it must be', () => {
  const rules = fleetOf([zone('站点', 121, 0.01, [{ station_parking: true }])])
  assert.equal(endingAt('bike', at(121.005), NOW, rules).result, 'no_parking')
  assert.equal(endingAt('bike', at(121.005, 'S1'), NOW, rules).result, 'fine')
})

test('a zone counts between its times only', () => {
  const times = { start: '2026-11-24T00:00:00+08:00', end: '2026-11-25T00:00:00+08:00' }
  const rules = fleetOf([zone('马拉松', 121, 0.01, [{ ride_end_allowed: false }], times)])
  assert.equal(endingAt('bike', at(121.005), NOW, rules).result, 'fine')
  assert.equal(endingAt('bike', at(121.005), NOW + 86_400_000, rules).result, 'no_parking')
})
