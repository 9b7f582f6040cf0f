import assert from 'node:assert/strict'
import { leastBusy } from '../../server/engines/flows/assign.ts'
import { membersOf } from '../../server/engines/staff/roster.ts'
import { openStory, type Story } from '../harness.ts'
import { after, test } from '../suite.ts'

let story: Story
after(() => story.close())

test('work goes to whoever has the least, and on a quiet day not always to the same one', async () => {
  story = await openStory({
    env: { PACKS: 'service-desk,mall' },
    prepare(opening) {
      opening.hire('helin', '何琳')
      opening.hire('tangyi', '唐怡')
    },
  })
  await story.settle()
  const { wang } = story
  await wang.signIn()
  const asked: string[] = []
  for (const n of [1, 2, 3, 4, 5, 6]) {
    asked.push((await wang.files('question', { topic: 'product', question: `第 ${n} 个问题` })).id)
    await story.settle()
  }
  const loads = await story.db.read((tx) =>
    tx.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM flow_steps WHERE state = 'open' GROUP BY assigneeId ORDER BY assigneeId`,
    ),
  )
  assert.deepEqual(
    loads.map(({ n }) => Number(n)),
    [2, 2, 2],
  )
  for (const id of asked) await wang.does(id, 'withdraw', { reason: '已自行解决' })
  await story.settle()

  const chosen = await story.db.read(async (tx) => {
    const people = await membersOf(tx, 'front_line')
    const names: string[] = []
    for (let n = 0; n < 300; n++) names.push((await leastBusy(tx, people, `matter ${n}`)).name)
    assert.equal((await leastBusy(tx, people, 'matter 0')).name, names[0], 'the same matter asks the same person again')
    return names
  })
  for (const name of ['林小雨', '何琳', '唐怡']) {
    const times = chosen.filter((one) => one === name).length
    assert.ok(times > 70 && times < 130, `${name}: ${times} of 300`)
  }
})
