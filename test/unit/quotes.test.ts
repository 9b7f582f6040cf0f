import assert from 'node:assert/strict'
import { chosenIn, mistakeIn } from '../../server/domain/quotes/items-text.ts'
import { foldOf, isBeyond, pricedLines, sumsOf } from '../../server/domain/quotes/quote.ts'
import { test } from '../suite.ts'

const item = (name: string, called: string, price: number, more: object = {}) => {
  return { item: name, name: called, unit: '席', price, least: 1, free: 50, most: 300, ...more }
}
const ITEMS = [
  item('standard', '标准版（年）', 120_000, { least: 5 }),
  item('pro', '专业版（年）', 240_000, { least: 5 }),
  item('setup', '实施服务', 800_000, { free: 0, most: 1000 }),
  item('pack2', '套餐 2', 33_333),
]
const LIST = { items: ITEMS }

const UNDERSTOOD: [text: string, chosen: [item: string, quantity: number, off?: number][]][] = [
  ['1 x 20 九五折', [['standard', 20, 50]]],
  [
    '1x20，3',
    [
      ['standard', 20],
      ['setup', 1],
    ],
  ],
  ['标准版 20 席 95折', [['standard', 20, 50]]],
  ['专业版（年）*8 8.8折', [['pro', 8, 120]]],
  [
    '专业版20席9折；实施 1 赠送',
    [
      ['pro', 20, 100],
      ['setup', 1, 1000],
    ],
  ],
  ['PRO × ２０', [['pro', 20]]],
  [
    '标准\n实施服务 2 次',
    [
      ['standard', 5],
      ['setup', 2],
    ],
  ],
  [
    '1 x 20; 2 x 5 九折; 九五折',
    [
      ['standard', 20, 50],
      ['pro', 5, 100],
    ],
  ],
  ['套餐 2', [['pack2', 1]]],
  ['套餐2 x 3 优惠5%', [['pack2', 3, 50]]],
  ['2 x 10 -2.5%', [['pro', 10, 25]]],
]

for (const [text, expected] of UNDERSTOOD) {
  test(`"${text.replace('\n', ' / ')}" is understood`, () => {
    const chosen = chosenIn(text, ITEMS)
    const wanted = expected.map(([name, quantity, off]) => ({
      item: name,
      quantity,
      ...(off !== undefined && { off }),
    }))
    assert.deepEqual(chosen, wanted)
  })
}

test('what cannot be told, or is not sold so, is refused with the reason', () => {
  const why = (text: string) => {
    const chosen = chosenIn(text, ITEMS)
    return 'why' in chosen ? chosen.why : mistakeIn(chosen, ITEMS)?.why
  }
  assert.deepEqual(['旗舰版 20', '版 20', '99', '九折', '1 x 3', '2 x 20 五折', '实施 1 三折', ''].map(why), [
    'items_unknown',
    'items_which',
    'items_unknown',
    'items_none',
    'items_least',
    'items_discount',
    undefined,
    'items_none',
  ])
})

test('a discount is rounded for one unit, so that what customers multiply comes out', () => {
  const lines = pricedLines(LIST, [
    { item: 'pack2', quantity: 3, off: 55 },
    { item: 'standard', quantity: 20 },
  ])
  assert.deepEqual(
    lines.map(({ price, net, amount }) => [price, net, amount]),
    [
      [33_333, 31_500, 94_500],
      [120_000, 120_000, 2_400_000],
    ],
  )
  const { listTotal, total, tax } = sumsOf(lines, 60)
  assert.deepEqual([listTotal, total], [2_499_999, 2_494_500])
  assert.equal(total - tax, Math.round(total / 1.06), 'the tax that is in it')
  assert.equal(sumsOf(lines, 0).tax, 0)
})

test('what one may take off alone is measured by each thing, not by the sum', () => {
  const beyond = (item: string, off: number) => isBeyond(LIST, pricedLines(LIST, [{ item, quantity: 5, off }]))
  assert.deepEqual(
    [beyond('pro', 50), beyond('pro', 51), beyond('setup', 0), beyond('setup', 1)],
    [false, true, false, true],
  )
})

test('discounts are said as Chinese says them', () => {
  assert.deepEqual([0, 50, 120, 200, 500].map(foldOf), ['', '9.5', '8.8', '8', '5'])
})
