import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onEachChat, openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const reads = () =>
  story.db.read((tx) =>
    tx.query<{ readerId: string; fields: string; times: number; why: string }>(
      'SELECT readerId, fields, times, why FROM access_reads ORDER BY at, id',
    ),
  )

onEachChat((open) => {
  test('whoever is to call sees the whole number, by the card’s menu or by the case’s number; each look is noted', async () => {
    story = await (open as typeof openStory)()
    const { wang, lin, zhou } = story
    const { number } = await wang.complain('无法还车')
    assert.doesNotMatch(JSON.stringify(lin.card('登记核实').card), /13800001234/)
    await lin.pressMenu('登记核实', 'contact')
    assert.match(lin.lastLine(), /13800001234/)
    await lin.says(`看电话 ${number.slice(-5)}`)
    assert.equal(lin.lines().filter((line) => line.includes('13800001234')).length, 2)
    const [read] = await reads()
    assert.deepEqual([Number(read?.times), read?.why], [2, 'step'])
    await zhou.says('谁看过 1234')
    assert.match(zhou.lastLine(), /林小雨/)
    const rows = await story.db.read((tx) => tx.query(`SELECT data, wire FROM messages WHERE kind = 'contact'`))
    assert.doesNotMatch(JSON.stringify(rows), /13800001234/, 'it stands in no row')
  })

  test('nobody else gets it: neither who has given the step away nor who never had it', async () => {
    story = await (open as typeof openStory)()
    const { wang, lin, zhou, chen } = story
    const { number } = await wang.complain('无法还车')
    await lin.press('登记核实', 'finish', { type: 'quality' })
    await lin.says(`看电话 ${number.slice(-5)}`)
    assert.match(lin.lastLine(), /周敏/)
    assert.doesNotMatch(lin.lines().join(), /13800001234/)
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await zhou.says(`看电话 ${number.slice(-5)}`)
    assert.doesNotMatch(zhou.lines().join(), /13800001234/)
    assert.equal(
      chen.card('制定方案').menu?.some(({ key }) => key === 'contact'),
      false,
      'who does not call is not offered it',
    )
    assert.deepEqual(await reads(), [])
  })
})

test('where the matrix masks numbers even for who works for the customer they stay masked, and nothing was read', async () => {
  story = await openStory()
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  const masked = text.replace('front_line: { rows: all,', 'front_line: { rows: all, own: { phone: masked },')
  assert.notEqual(masked, text)
  await writeFile(file, masked)
  assert.deepEqual(await story.running.house.shelf.load(story.db), [])
  await story.wang.complain('无法还车')
  await story.lin.pressMenu('登记核实', 'contact')
  assert.match(story.lin.lastLine(), /138\*\*\*\*1234/)
  assert.equal(
    (await reads()).some(({ fields }) => fields.includes('phone')),
    false,
  )
})
