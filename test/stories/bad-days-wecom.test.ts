import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { openStory, type Story } from '../harness.ts'

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
