import assert from 'node:assert/strict'
import { fromLines, fromWechatIdCard, fromWechatLicence } from '../../server/domain/profile/reading.ts'
import { test } from '../suite.ts'

const NUMBER = '31010119900512122X'
const lines = (...texts: string[]) => texts.map((text) => ({ text, sure: Array<number>(text.length).fill(0.9) }))
const values = (reading: { fields: object }) =>
  Object.fromEntries(Object.entries(reading.fields).map(([name, { value }]) => [name, value]))

test('the front of an identity card', () => {
  const read = fromLines(
    'id_card',
    lines(
      '姓名王晓梅',
      '性别女民族汉',
      '出生1990年5月12日',
      '住址上海市黄浦区人民大道120号',
      '3栋201室',
      `公民身份号码${NUMBER}`,
    ),
  )
  assert.equal(read.side, 'front')
  assert.deepEqual(values(read), {
    number: NUMBER,
    name: '王晓梅',
    sex: '女',
    nation: '汉',
    birth: '1990-05-12',
    address: '上海市黄浦区人民大道120号3栋201室',
  })
  assert.deepEqual(read.doubts, [])
  assert.equal(read.fields.number?.sure, 1, 'the check digit fits')
  assert.equal(read.fields.name?.sure, 0.9)
})

test('labels and digits that were read wrong by a character', () => {
  const read = fromLines(
    'id_card',
    lines('性名：王晓梅', '性剔女民旅汉', '出牛1990年5月12日', '公民身份号码3I0l0119900512122x'),
  )
  assert.equal(read.fields.name?.value, '王晓梅')
  assert.equal(read.fields.number?.value, NUMBER)
  assert.equal(read.fields.birth?.value, '1990-05-12')
})

test('a number whose check digit does not fit is doubted; so is a birthday that differs from it', () => {
  const wrong = fromLines('id_card', lines('姓名王晓梅', '公民身份号码310101199005121228'))
  assert.deepEqual(wrong.doubts, [{ field: 'number', why: 'check_digit' }])
  assert.ok((wrong.fields.number?.sure ?? 1) <= 0.3)
  const differs = fromLines('id_card', lines('姓名王晓梅', '性别男', '出生1990年6月12日', `公民身份号码${NUMBER}`))
  assert.deepEqual(
    differs.doubts.map(({ why }) => why),
    ['birth_differs', 'sex_differs'],
  )
  assert.equal(differs.fields.birth?.value, '1990-05-12', 'the number is right about it')
})

test('the back of an identity card, which may not end', () => {
  const back = fromLines(
    'id_card',
    lines('中华人民共和国', '居民身份证', '签发机关上海市公安局黄浦分局', '有效期限2017.01.05-2037.01.05'),
  )
  assert.equal(back.side, 'back')
  assert.deepEqual(values(back), {
    authority: '上海市公安局黄浦分局',
    valid_from: '2017-01-05',
    valid_to: '2037-01-05',
  })
  const old = fromLines('id_card', lines('签发机关上海市公安局黄浦分局', '有效期限2017.01.05-长期'))
  assert.equal(old.fields.valid_to?.value, 'forever')
})

test('a driving licence, with its labels in two languages or one', () => {
  const read = fromLines(
    'driving_licence',
    lines(
      '中华人民共和国机动车驾驶证',
      `证号${NUMBER}`,
      '姓名Name王晓梅性别Sex女国籍中国',
      '住址Address上海市黄浦区人民大道120号',
      '出生日期1990-05-12',
      '初次领证日期2015-06-01',
      '准驾车型ClassC1',
      '有效期限2021-06-01至2031-06-01',
    ),
  )
  assert.deepEqual(values(read), {
    number: NUMBER,
    name: '王晓梅',
    sex: '女',
    address: '上海市黄浦区人民大道120号',
    birth: '1990-05-12',
    issued_on: '2015-06-01',
    class: 'C1',
    valid_from: '2021-06-01',
    valid_to: '2031-06-01',
  })
  assert.equal(fromLines('driving_licence', lines('准驾车型Cl')).fields.class?.value, 'C1')
  assert.equal(fromLines('driving_licence', lines('准驾车型A2D')).fields.class?.value, 'A2D')
})

test('what WeChat reads says the same', () => {
  const card = fromWechatIdCard({ type: 'Back', valid_date: '20170105-长期' })
  assert.deepEqual(values(card), { valid_from: '2017-01-05', valid_to: 'forever' })
  const licence = fromWechatLicence({
    ...{ id_num: NUMBER, name: '王晓梅', sex: '女', nationality: '中国', address: '上海', birth_date: '19900512' },
    ...{ issue_date: '20150601', car_class: 'C1', valid_from: '20210601', valid_to: '20310601' },
  })
  assert.equal(licence.fields.valid_to?.value, '2031-06-01')
  assert.deepEqual(licence.doubts, [])
})

test('nothing that looks like a paper gives nothing', () => {
  assert.deepEqual(fromLines('id_card', lines('今天天气很好')).fields, {})
})
