import assert from 'node:assert/strict'
import { CustomerDocument } from '../../server/domain/profile/document.ts'
import { type DriverPapers, judgePapers } from '../../server/domain/rentals/papers.ts'
import type { RentalRules } from '../../server/domain/rentals/rules.ts'
import { test } from '../suite.ts'

const NUMBER = '31010119900512122X'
const DRIVE = {
  model: 'corolla',
  fromAt: Date.parse('2026-11-24T10:00:00+08:00'),
  untilAt: Date.parse('2026-11-26T10:00:00+08:00'),
}
const RULES = {
  driver: {
    classes: ['C1', 'B1'],
    models: { coach: ['A1'] },
    ...{ min_age: 18, max_age: 70, min_years: 1, blocked: { segments: [], tags: [] } },
  },
} as unknown as RentalRules

const paper = (more: Partial<CustomerDocument>) =>
  Object.assign(new CustomerDocument(), {
    number: NUMBER,
    holder: '王晓梅',
    class: null,
    expiresOn: 20370105,
    issuedOn: null,
    ...more,
  })
const GOOD: DriverPapers = {
  idCard: paper({ kind: 'id_card' }),
  licence: paper({ kind: 'driving_licence', class: 'C1', expiresOn: 20310601, issuedOn: 20150601 }),
  blocked: false,
}
const why = (papers: Partial<DriverPapers>, drive = DRIVE, rules = RULES) =>
  judgePapers({ ...GOOD, ...papers }, rules, drive).flatMap((one) => (one.why ? [`${one.kind} ${one.why}`] : []))

test('papers that are good, and everything that may be wrong with them', () => {
  assert.deepEqual(why({}), [])
  assert.deepEqual(why({ idCard: undefined, licence: undefined }), ['id_card missing', 'driving_licence missing'])
  assert.deepEqual(why({ idCard: paper({ expiresOn: 20261125 }) }), ['id_card expired'], 'it ends while they drive')
  assert.deepEqual(why({ idCard: paper({ expiresOn: 20261126 }) }), [], 'the last day counts whole')
  assert.deepEqual(why({ idCard: paper({ expiresOn: null }) }), [], 'it does not end')
  const licence = (more: Partial<CustomerDocument>) => ({ licence: Object.assign(paper({}), GOOD.licence, more) })
  assert.deepEqual(why(licence({ expiresOn: 20261101 })), ['driving_licence expired'])
  assert.deepEqual(why(licence({ class: 'C5' })), ['driving_licence class'])
  assert.deepEqual(why({}, { ...DRIVE, model: 'coach' }), ['driving_licence class'], 'a model of its own')
  assert.deepEqual(why(licence({ issuedOn: 20251125 })), ['driving_licence years'], 'a year less a day')
  assert.deepEqual(why(licence({ issuedOn: 20251124 })), [])
  assert.deepEqual(why(licence({ issuedOn: null })), ['driving_licence years'])
  assert.deepEqual(why(licence({ number: '310101198501010014' })), ['driving_licence holder'])
  assert.deepEqual(why(licence({ holder: '王小梅' })), ['driving_licence holder'])
  assert.deepEqual(why({ blocked: true }), ['driver blocked'])
})

test('too young and too old', () => {
  const rules = (min_age: number, max_age: number) => ({ driver: { ...RULES.driver, min_age, max_age } }) as RentalRules
  assert.deepEqual(why({}, DRIVE, rules(37, 70)), ['id_card too_young'], 'thirty-six until May')
  assert.deepEqual(why({}, DRIVE, rules(36, 70)), [])
  assert.deepEqual(why({}, DRIVE, rules(18, 35)), ['id_card too_old'])
})
