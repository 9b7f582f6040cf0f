import assert from 'node:assert/strict'
import { join } from 'node:path'
import { CORE_FACTS } from '../../server/domain/segments/fact.ts'
import { COLUMNS } from '../../server/domain/segments/known.ts'
import { type Tellable, toldLines } from '../../server/lib/condition-words.ts'
import { ROOT } from '../../server/lib/config.ts'
import { loadWords } from '../../server/lib/render.ts'
import { TIME_WORDS } from '../../server/lib/time-words.ts'
import { test } from '../suite.ts'

const words = loadWords(join(ROOT, 'templates'))
const NOW = Date.parse('2026-11-23T10:00:00+08:00')
const at = (text: string) => Date.parse(`${text}+08:00`)

function told(fact: string, kind: string, word: string, wanted: unknown, found: unknown, holds = true): string {
  return toldLines(words, { holds, fact, kind, word, wanted, found }, NOW).join('\n')
}

test('conditions are told in the words of people', () => {
  const table: [string, string][] = [
    [told('orders', 'number', '$gte', 5, 3, false), '✗ 订单数：3（要求：不少于 5）'],
    [told('spent_fen', 'number', '$lt', 20_000, 12_345), '✓ 累计消费：￥123.45（要求：小于 ￥200.00）'],
    [told('tier', 'text', '$in', ['gold', 'black'], undefined, false), '✗ 会员等级：没有记录（要求：gold 或 black）'],
    [told('tags', 'list', '$all', ['a', 'b'], ['a', 'c'], false), '✗ 标签：a、c（要求：同时有 a、b）'],
    [told('tags', 'list', '$ne', 'a', []), '✓ 标签：无（要求：不是 a）'],
    [
      told('last_order_at', 'time', '$before', '60 d', at('2026-09-12T08:00')),
      '✓ 最近下单：9月12日 周六（72 天 2 小时前）（要求：60 天以前）',
    ],
    [told('last_order_at', 'time', '$exists', false, undefined), '✓ 最近下单：没有记录（要求：没有记录）'],
    [
      told('registered_at', 'time', '$since', '2026-11-01', at('2026-11-02T10:00')),
      '✓ 注册时间：11月2日 周一（21 天前）（要求：2026-11-01 起）',
    ],
    [told('birthday', 'month_day', '$yearly', 'next 7 d', 1128), '✓ 生日：11月28日（要求：今天起 7 天内（每年））'],
    [
      told('expires_at', 'time', '$on', 'in 30 d', at('2026-12-23T10:00')),
      '✓ expires_at：12月23日 周三（还有 30 天）（要求：30 天后的那一天）',
    ],
    [told('vip', 'any', '$eq', true, false, false), '✗ vip：否（要求：是）'],
  ]
  for (const [found, expected] of table) assert.equal(found, expected)
})

test('groups stand above their parts', () => {
  const part = (holds: boolean): Tellable => ({
    holds,
    fact: 'orders',
    kind: 'number',
    word: '$gt',
    wanted: 1,
    found: 2,
  })
  const tree: Tellable = {
    holds: true,
    group: 'all',
    parts: [part(true), { holds: true, group: 'none', parts: [part(false)] }],
  }
  assert.deepEqual(toldLines(words, tree, NOW), [
    '✓ 以下都要满足',
    '　✓ 订单数：2（要求：大于 1）',
    '　✓ 以下都不能满足',
    '　　✗ 订单数：2（要求：大于 1）',
  ])
})

test('there are words for everything that a condition can say, and a name for every fact of ours', () => {
  const plain = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$all', '$size', '$begins', '$exists']
  for (const word of plain) for (const wanted of [1, 'a', true, ['a', 'b']]) told('orders', 'any', word, wanted, 1)
  for (const word of ['$eq', '$ne']) told('orders', 'number', word, null, 1)
  const operands = ['today', 'in 7 d', '7 d ago', 'next 7 d', 'last 7 d', '30 d', '12 h', '2026-11-23']
  for (const [word, { check }] of Object.entries(TIME_WORDS))
    for (const operand of operands.filter((one) => !check(one))) told('last_order_at', 'time', word, operand, NOW)
  for (const fact of [...CORE_FACTS.map((one) => one.fact), ...Object.keys(COLUMNS), 'tags', 'segments'])
    assert.ok(words.has(`messages/facts.${fact}`), fact)
})
