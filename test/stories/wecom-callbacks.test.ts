import assert from 'node:assert/strict'
import { callback, post, sealedCallback } from '../callback.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

test('who may not act is told so politely, and nothing happens', async () => {
  const { wang, lin, chen } = story
  await wang.complain('多扣了十元')
  const { taskId } = lin.card('多扣了十元')
  const before = await story.db.read((tx) => tx.query('SELECT version FROM flow_steps'))
  // An engineer presses a front-line card (their client was handed its id).
  const result = await callback(story, 'chenzhiyuan', taskId, 'accept')
  assert.equal(result.status, 200)
  await story.settle()
  assert.match(chen.lastLine(), /由林小雨负责，您不能代为操作/)
  assert.deepEqual(await story.db.read((tx) => tx.query('SELECT version FROM flow_steps')), before)
})

test('callbacks that are not WeCom’s are refused and change nothing', async () => {
  const { wang, lin } = story
  await wang.complain('不该被改动')
  const { taskId } = lin.card('不该被改动')
  const forged = await callback(story, 'linxiaoyu', taskId, 'accept', { signature: '0'.repeat(40) })
  assert.equal(forged.status, 401)
  const stale = await callback(story, 'linxiaoyu', taskId, 'accept', {
    timestamp: String(Math.floor(Date.now() / 1000) - 3600),
  })
  assert.equal(stale.status, 401)
  const foreign = await callback(story, 'linxiaoyu', taskId, 'accept', { receiveId: 'wwSomebodyElse' })
  assert.equal(foreign.status, 403)
  const huge = await fetch(`${story.running.url}/callbacks/wecom?msg_signature=x&timestamp=1&nonce=1`, {
    method: 'POST',
    body: 'x'.repeat(300_000),
  })
  assert.equal(huge.status, 413)
  const unknown = await callback(story, 'linxiaoyu', '01JUNKNOWN0000000000000000', 'accept')
  assert.equal(unknown.status, 200)
  assert.equal((await callback(story, 'stranger', taskId, 'accept')).status, 200)
  const [step] = await story.db.read((tx) => tx.query('SELECT acceptedAt FROM flow_steps'))
  assert.equal(step?.acceptedAt, null)
  const metrics = await (await fetch(`${story.running.url}/metrics`)).text()
  for (const reason of ['signature', 'stale', 'receiveid', 'unknown_card', 'unknown_user']) {
    assert.match(metrics, new RegExp(`yingke_callbacks_refused_total\\{platform="wecom",reason="${reason}"\\} [1-9]`))
  }
})

test('a replayed press, taken from the wire, does nothing the second time', async () => {
  const { wang, lin } = story
  await wang.complain('重放试验')
  const { taskId } = lin.card('重放试验')
  const sealed = sealedCallback(story, 'linxiaoyu', taskId, 'accept')
  assert.equal((await post(story, sealed)).status, 200)
  const [before] = await story.db.read((tx) => tx.query('SELECT version FROM flow_steps'))
  assert.equal((await post(story, sealed)).status, 200)
  const [after] = await story.db.read((tx) => tx.query('SELECT version FROM flow_steps'))
  assert.deepEqual(after, before)
})
