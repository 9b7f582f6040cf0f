import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contactByPhone } from '../../server/domain/customers/contact.ts'
import { customerById } from '../../server/domain/customers/customers.ts'
import { onEachChat, type Story } from '../harness.ts'
import { happened } from '../letters.ts'
import { idOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

onEachChat((open, chat) => {
  let story: Story
  afterEach(() => story.close())

  const look = (id: string) => story.db.read((tx) => customerById(tx, id))
  const end = (who: Story['wang']) => who.user.phone.slice(-4)

  test('a supervisor joins two customers with a reason and parts them again; nobody else may', async () => {
    story = await open()
    const { zhou, lin } = story
    const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
    const ticket = await story.li.complain('车座坏了')
    await lin.says(`合并客户 ${end(story.wang)} ${end(story.li)}`)
    assert.match(lin.lastLine(), /只有主管/)

    await zhou.says('合并客户 9999 8888')
    assert.match(zhou.lastLine(), /没有找到「9999」/)
    await zhou.says(`合并客户 ${end(story.wang)} ${story.wang.user.phone}`)
    assert.match(zhou.lastLine(), /同一位客户/)
    await zhou.says('合并客户 1')
    assert.match(zhou.lastLine(), /例如：合并客户/)

    // By phone, and by the number of a ticket.
    await zhou.says(`合并客户 ${end(story.wang)} ${ticket.number}`)
    const shown = JSON.stringify(zhou.card('确认是同一位客户吗').card)
    assert.match(shown, /微信账号 将有 2 个，上限 1 个/, 'what is protected is said before')
    for (const { user } of [story.wang, story.li]) assert.doesNotMatch(shown, new RegExp(user.phone), 'masked')
    await zhou.press('确认是同一位客户吗', 'swap')
    if (chat === 'dingtalk') {
      await zhou.press('确认是同一位客户吗', 'yes', undefined)
      await zhou.says('本人到店，核对了证件')
    } else {
      await zhou.press('确认是同一位客户吗', 'yes')
      assert.match(zhou.lastLine(), /请回复合并的依据/)
      assert.equal((await look(wang)).id, wang, 'not without a reason')
      await zhou.says('本人到店，核对了证件')
    }
    assert.match(zhou.lastLine(), /已合并/)
    assert.equal((await look(wang)).id, li, 'the other one remains, as was asked for')
    assert.match(JSON.stringify(zhou.card('撤销合并').card), /已合并，发「撤销合并 5678」可拆开/)
    const [merged] = await happened(story, 'customer.merged')
    assert.equal(merged?.from, wang)

    // Whoever was two is found by either number.
    await zhou.says(`撤销合并 ${end(story.wang)}`)
    const both = /李\* 139\*{4}5678[\s\S]*王\*\* 138\*{4}1234/
    assert.match(JSON.stringify(zhou.card('恢复为两位客户').card), /核对了证件/)
    assert.match(JSON.stringify(zhou.card('恢复为两位客户').card), both)
    await zhou.press('恢复为两位客户', 'yes')
    assert.deepEqual([(await look(wang)).id, (await look(li)).id], [wang, li])
    assert.match(JSON.stringify(zhou.card('已恢复为两位客户').card), both)
    await zhou.says(`撤销合并 ${end(story.li)}`)
    assert.match(zhou.lastLine(), /没有可以撤销的合并/)
  })

  test('customers who look alike are listed; they are joined, or told apart for good', async () => {
    story = await open({
      prepare: ({ templates }) =>
        appendFile(join(templates, 'packs/service-desk/pack.yaml'), 'customers: { merge: [front_line] }\n'),
    })
    const { lin, zhou } = story
    await lin.says('疑似重复')
    assert.match(lin.lastLine(), /没有疑似重复/)
    await zhou.says('疑似重复')
    assert.match(zhou.lastLine(), /只有主管/, 'the pack says who')
    const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
    const contacts: string[] = []
    for (const { user } of [story.wang, story.li])
      contacts.push(await story.db.write(async (tx) => (await contactByPhone(tx, user.phone, '小王')).id))
    await lin.says('疑似重复')
    const card = JSON.stringify(lin.card('对客户可能是同一人').card)
    assert.match(card, /2 对客户/)
    assert.match(card, /自填手机号相同/)
    await lin.press('对客户可能是同一人', 'pair_0')
    await lin.press('确认是同一位客户吗', 'apart')
    assert.match(JSON.stringify(lin.card('已记为两位客户').card), /已记为两位客户/)
    await lin.says('疑似重复')
    await lin.press('1 对客户可能是同一人', 'pair_0')
    await lin.press('确认是同一位客户吗', 'yes')
    await lin.says('网页登记的就是他')
    const now = await Promise.all(contacts.map(async (id) => (await look(id)).id))
    assert.equal(now.filter((id) => [wang, li].includes(id)).length, 1, 'one joined, one apart')
    await lin.says('疑似重复')
    assert.match(lin.lastLine(), /没有疑似重复/)
  })
})
