import assert from 'node:assert/strict'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

test('45009: we wait as the platform asks and then deliver', async () => {
  const { wang, lin } = story
  await wang.signIn()
  story.wecom.faults.errcodes.push(45009)
  await wang.complain('限频')
  assert.equal(lin.cards().length, 0)
  await story.later('59 s')
  assert.equal(lin.cards().length, 0)
  await story.later('5 s')
  assert.equal(lin.cards().length, 1)
})

test('after 72 hours a card can no longer be changed: a line names it', async () => {
  const { wang, lin } = story
  const ticket = await wang.complain('三天之后')
  await lin.press('三天之后', 'accept')
  await story.later('4 d')
  await wang.does(ticket.id, 'withdraw', {})
  assert.ok(
    lin.lines().some((line) => line.includes(ticket.number)),
    lin.read(),
  )
})

test('a line whose answer got lost is told once, also when the next try is put off or comes after a long outage', async () => {
  const { wang, lin } = story
  const told = () => lin.lines().filter((line) => line.includes('不必再处理')).length
  for (const between of ['the platform is busy', 'the platform is down']) {
    const ticket = await wang.complain(between)
    const before = told()
    const unseen = story.wecom.suppressed.length
    story.wecom.faults.loseAnswers = 1
    await wang.does(ticket.id, 'withdraw', {})
    assert.equal(told(), before + 1, lin.read())
    if (between === 'the platform is busy') story.wecom.faults.errcodes.push(45009)
    else story.wecom.faults.down = '503'
    await story.later('40 min')
    story.wecom.faults.down = false
    await story.later('40 min')
    assert.equal(told(), before + 1, `${between}: ${lin.read()}`)
    assert.equal(story.wecom.suppressed.length, unseen + 1, 'it was tried again')
  }
})
