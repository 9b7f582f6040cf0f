import assert from 'node:assert/strict'
import { addressOf, type Card, clip } from '../../bot/card.ts'
import { alertOf, cardInWords, toDingtalk } from '../../bot/dingtalk.ts'
import { toWecom } from '../../bot/wecom.ts'
import { test } from '../suite.ts'

const card = (more: Partial<Card> = {}): Card => ({
  source: { text: '已超时', mood: 'urgent' },
  title: '【上门维修】车辆报修：车锁打不开',
  subtitle: 'T261123-7K2QD',
  facts: [],
  buttons: [{ key: 'finish', text: '完成', look: 'main' }],
  menu: [],
  ...more,
})

const ADDRESS = '上海市浦东新区陆家嘴街道世纪大道 100 号上海环球金融中心东侧非机动车停放区，距您约 350 米'

test('room is counted in Chinese characters, of which letters and digits take half', () => {
  assert.equal(clip('一二三四五', 5), '一二三四五')
  assert.equal(clip('一二三四五六', 5), '一二三四…')
  assert.equal(clip('abcdefghij', 5), 'abcdefghij')
  assert.equal(clip('abcdefghijk', 5), 'abcdefgh…')
  assert.equal(clip('  一二三 ', 5), '一二三')
  assert.equal(clip('一二三四五六', 5, 'end'), '…三四五六')
  assert.equal(clip('😀😀😀😀😀😀', 5), '😀😀😀😀…')
})

test('an e-mail address has room; of a long place WeCom keeps the end, with how far it is, and DingTalk all', () => {
  const facts: Card['facts'] = [
    { label: '邮箱', text: 'finance.invoice@yingke-example.com' },
    { label: '地点', text: ADDRESS, keep: 'end' },
  ]
  const [mail, place] = toWecom(card({ facts }), 'T1').horizontal_content_list ?? []
  assert.equal(mail?.value, 'finance.invoice@yingke-example.com')
  assert.match(place?.value ?? '', /^….*停放区，距您约 350 米$/)
  assert.ok(toDingtalk(card({ facts })).facts.includes(ADDRESS))
})

test('every variable of a DingTalk card has room in its kilobyte, however much there is', () => {
  const long = '说来话长的一件事情'.repeat(20)
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ value: `01M838GEDWWPXBS0RVDKTCAW${n}`, label: long }))
  const shown = toDingtalk(
    card({
      quote: { title: '客户描述', text: long.repeat(9) },
      line: long.repeat(9),
      facts: many(6).map(({ label }) => ({ label: '说明情况', text: label })),
      select: { name: 'outcome', title: '结果', options: many(10), unchosen: '请选择' },
      inputs: many(9).map(({ value }) => ({ name: value, label: '处理结果', hint: long })),
    }),
  )
  for (const [name, value] of Object.entries(shown)) assert.ok(Buffer.byteLength(value) <= 1024, name)
  assert.equal(JSON.parse(shown.select).options.length, 8)
  assert.ok(JSON.parse(shown.inputs).length >= 4)
})

test('a lock screen tells a reminder from the task itself', () => {
  assert.equal(alertOf(card()), '已超时：【上门维修】车辆报修：车锁打不开')
})

test('a card in words keeps within a work notification, whatever was said', () => {
  const long = '很长的话，'.repeat(300)
  const facts = Array.from({ length: 6 }, () => ({ label: '说明', text: long }))
  const words = cardInWords(
    card({ quote: { title: '客户描述', text: long }, line: long, facts }),
    '请回复「我的任务」办理。',
  )
  assert.ok(Buffer.byteLength(words) < 2048, String(Buffer.byteLength(words)))
  assert.match(words, /^### 【上门维修】[\s\S]*已超时 · T261123-7K2QD[\s\S]*\n> 客户描述：很长的话[\s\S]*办理。$/)
})

test('a card that is over when it is sent has no button that looks alive', () => {
  const [button] = toWecom(card({ closed: '已办结', buttons: [] }), 'T1').button_list
  assert.deepEqual([button?.text, button?.style], ['已办结', 3])
})

test('a link leads to a page of ours or wherever it says', () => {
  assert.equal(addressOf({ to: '/work/open/1', label: '' }, 'https://desk.example'), 'https://desk.example/work/open/1')
  assert.equal(addressOf({ to: 'https://map.example/a', label: '' }, 'https://desk.example'), 'https://map.example/a')
})
