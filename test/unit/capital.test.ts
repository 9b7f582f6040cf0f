import assert from 'node:assert/strict'
import { capitalAmount } from '../../server/lib/capital.ts'
import { test } from '../suite.ts'

const SIGNS = { digits: '零壹贰叁肆伍陆柒捌玖', tens: '拾佰仟', groups: '万亿', money: '元角分', whole: '整' }

/** The first are the examples of the People's Bank's rules for bills (支付结算办法, 附一). */
const WRITTEN: [yuan: string, text: string][] = [
  ['1409.50', '壹仟肆佰零玖元伍角整'],
  ['6007.14', '陆仟零柒元壹角肆分'],
  ['1680.32', '壹仟陆佰捌拾元叁角贰分'],
  ['107000.53', '壹拾万零柒仟元伍角叁分'],
  ['16409.02', '壹万陆仟肆佰零玖元零贰分'],
  ['325.04', '叁佰贰拾伍元零肆分'],
  ['0.00', '零元整'],
  ['0.05', '伍分'],
  ['0.50', '伍角整'],
  ['10.00', '壹拾元整'],
  ['100000000.00', '壹亿元整'],
  ['100010000.00', '壹亿零壹万元整'],
  ['100000001.00', '壹亿零壹元整'],
  ['10010.01', '壹万零壹拾元零壹分'],
  ['12345678.90', '壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整'],
  ['100000800000.00', '壹仟亿零捌拾万元整'],
  ['1010000000000.00', '壹万零壹佰亿元整'],
]

for (const [yuan, text] of WRITTEN) {
  test(`${yuan} is ${text}`, () => {
    assert.equal(capitalAmount(Math.round(Number(yuan) * 100), SIGNS), text)
  })
}

test('what is no amount is refused', () => {
  for (const fen of [-1, 0.5, Number.NaN]) assert.throws(() => capitalAmount(fen, SIGNS), RangeError)
})
