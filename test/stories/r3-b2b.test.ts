import assert from 'node:assert/strict'
import { happened, laterWithRestart, mails, newest, openBusiness, openMail, outcomes } from '../automations.ts'
import { type HouseOptions, onEachChat, type Story, Worker } from '../harness.ts'
import { happens } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
let wang: string
let shen: Worker
let gao: Worker
afterEach(() => story.close())

/** Sales with a consultant and her lead; the consultant has spoken with the customer. */
async function openSales(open: (options?: HouseOptions) => Promise<Story>): Promise<void> {
  ;({ story, wang } = await openBusiness(
    'b2b',
    {
      prepare(opening) {
        const leads = { position: '销售主管', departments: [1], directLeaders: ['hejianguo'] }
        opening.hire('gaolan', '高岚', leads)
        opening.hire('shenjia', '沈佳', { position: '客户经理', departments: [1], directLeaders: ['gaolan'] })
      },
    },
    open,
  ))
  shen = new Worker(story, 'shenjia')
  gao = new Worker(story, 'gaolan')
  await shen.says('打电话给 王晓梅，看过演示')
  await shen.press('看过演示', 'yes')
}

onEachChat((open) => {
  test('a new contract: a welcome mail with guide and account manager; not opened in three days, a call', async () => {
    await openSales(open)
    await happens(story, wang, 'contract.signed', { contract: 'C1' })
    assert.deepEqual(mails(story), ['王晓梅，欢迎来到迎客企业服务'])
    assert.match(newest(story).html, /您的专属客户经理[\s\S]*沈佳[\s\S]*直接回复本邮件/)
    assert.match(newest(story).text, /三步开始/)
    assert.match(shen.lastLine(), /【新签合同】欢迎邮件已发给客户[\s\S]*王\*\* 138\*\*\*\*1234/)
    await laterWithRestart(story, '2 d', '20 h')
    assert.doesNotMatch(shen.read(), /欢迎邮件还没有打开/)
    await story.later('6 h')
    const card = JSON.stringify(shen.card('欢迎邮件还没有打开'))
    assert.match(card, /看过演示/)
    await shen.press('欢迎邮件还没有打开', 'reached')
    assert.deepEqual(await outcomes(story, 'welcome'), ['completed'])
    assert.deepEqual(gao.cards(), [], 'nobody else is asked')
  })

  test('a cooperation anniversary: a mail and a card for the account manager; a loss is told to the lead', async () => {
    await openSales(open)
    await happened(story, wang, 362, 'contract.signed', { contract: 'C0' })
    assert.deepEqual(mails(story), [], 'a contract that is told of so late is welcomed no more')
    await laterWithRestart(story, '1 d', '1 d')
    assert.deepEqual(mails(story), [])
    await laterWithRestart(story, '10 h', '20 h')
    assert.deepEqual(mails(story), ['王晓梅，合作 1 年，谢谢您'])
    const card = JSON.stringify(shen.card('合作满 1 年'))
    assert.match(card, /感谢一年来的合作/)
    assert.match(card, /起合作，谈谈续约/)
    await story.restart()
    await shen.press('合作满 1 年', 'lost')
    await shen.says('换了供应商')
    assert.match(gao.lastLine(), /【周年回访：客户要走】沈佳记录/)
    assert.deepEqual(await outcomes(story, 'anniversary'), ['completed'])
    await story.later('5 d')
    assert.equal(mails(story).length, 1, 'once a year')
  })
})

test('a mail that was opened, or a contract that came to nothing, ends the welcome', async () => {
  await openSales((await import('../harness.ts')).openStory)
  await happens(story, wang, 'contract.signed', { contract: 'C1' })
  await openMail(story)
  assert.deepEqual(await outcomes(story, 'welcome'), ['ended'])
  await story.later('31 d')
  await happens(story, wang, 'contract.signed', { contract: 'C2' })
  assert.equal(mails(story).length, 2)
  await story.later('1 d')
  await story.restart()
  await happens(story, wang, 'contract.cancelled', { contract: 'C2' })
  await story.later('5 d')
  assert.deepEqual(await outcomes(story, 'welcome'), ['ended', 'stopped'])
  assert.doesNotMatch(shen.read(), /欢迎邮件还没有打开/)
})
