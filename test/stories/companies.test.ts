import assert from 'node:assert/strict'
import { companyNamed, setCompany } from '../../server/domain/companies/companies.ts'
import { contactsOf, setContact } from '../../server/domain/companies/contacts.ts'
import { mergeCustomers, undoMerge } from '../../server/domain/customers/merge.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import { onEachChat, openStory, type Story } from '../harness.ts'
import { happened } from '../letters.ts'
import { idOf } from '../rules.ts'
import { Sales, WISH } from '../sales.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

onEachChat((open) => {
  test('a company with its people and who decides, told and shown in the chat', async () => {
    story = await open()
    const { lin } = story
    const wang = await idOf(story, story.wang)
    await lin.says('公司 华信')
    assert.match(lin.lastLine(), /没有找到「华信」这家公司/)
    await lin.says('公司 华信科技有限公司，行业：制造，规模：200 人，背景：做自行车锁起家，后来也做电池')
    assert.match(
      lin.lastLine(),
      /华信科技有限公司[\s\S]*行业：制造[\s\S]*规模：200 人[\s\S]*自行车锁起家，后来也做电池\n还没有联系人/,
    )
    await lin.says('公司 华信科技（有限公司），颜色：红')
    assert.match(lin.lastLine(), /请写明公司，例如/)
    await lin.says('联系人 华信，李建国，总经理，决策人')
    await lin.says(`联系人 华信，王晓梅，${story.wang.user.phone}，采购经理，上级李建国`)
    const shown = lin.lastLine()
    assert.match(
      shown,
      /李\*+（总经理，决策人）\n　王\*+（采购经理） \d{3}\*{4}\d{4}/,
      'who is above whom, numbers masked',
    )
    await lin.says('联系人 华信，赵六，上级：钱七')
    assert.match(lin.lastLine(), /还没有联系人「钱七」/)
    await lin.says('联系人 没有这家，赵六')
    assert.match(lin.lastLine(), /没有找到「没有这家」这家公司/)

    // A number that is proved makes the contact that customer.
    await lin.says(`客户 ${story.wang.user.phone}`)
    await lin.press('找到 1 位', 'view_0')
    assert.match(JSON.stringify(lin.card('采购经理').card), /华信科技有限公司（采购经理）/)
    const company = await story.db.read((tx) => companyNamed(tx, '华信科技 (有限公司)'))
    const contacts = await story.db.read((tx) => contactsOf(tx, company?.id ?? ''))
    assert.deepEqual(
      contacts.map(({ name, customerId, decides }) => [name, customerId, decides]),
      [
        ['李建国', null, true],
        ['王晓梅', wang, false],
      ],
    )
    const [row] = await story.db.read((tx) => tx.query('SELECT * FROM company_contacts WHERE customerId IS NOT NULL'))
    assert.doesNotMatch(JSON.stringify(row), /王晓梅|13800/, 'people are sealed')
    assert.deepEqual((await happened(story, 'company.changed')).length, 0)
  })
})

test('what is told wrongly is refused with its field; nobody stands above themselves', async () => {
  story = await openStory()
  const by = SYSTEM
  const { id } = await story.db.write((tx) => setCompany(tx, { name: '华信', size: '50 人' }, by))
  const tell = (given: Parameters<typeof setCompany>[1]) => story.db.write((tx) => setCompany(tx, given, by))
  const contact = (given: Omit<Parameters<typeof setContact>[1], 'companyId'>) =>
    story.db.write((tx) => setContact(tx, { companyId: id, ...given }, by))
  await assert.rejects(tell({ name: ' ' }), { field: 'name', why: 'company_name' })
  await assert.rejects(tell({ industry: '制造' }), { field: 'name', why: 'company_name' })
  await assert.rejects(tell({ name: '华信', background: '长'.repeat(2001) }), {
    field: 'background',
    why: 'text_too_long',
  })
  await tell({ name: '云帆' })
  await assert.rejects(tell({ id, name: '云 帆' }), { field: 'name', why: 'company_taken' })
  assert.equal((await tell({ name: ' 华 信 ', industry: '制造' })).id, id)
  const renamed = await tell({ id, name: '华信科技', size: null })
  assert.deepEqual([renamed.name, renamed.size, renamed.industry], ['华信科技', null, '制造'])

  const boss = await contact({ name: '总经理李', decides: true })
  const buyer = await contact({ name: '采购王', reportsTo: boss.id })
  await assert.rejects(contact({ id: boss.id, reportsTo: buyer.id }), { field: 'reportsTo', why: 'contact_circle' })
  await assert.rejects(contact({ id: boss.id, reportsTo: boss.id }), { field: 'reportsTo', why: 'contact_circle' })
  await assert.rejects(contact({ role: '经理' }), { field: 'name', why: 'contact_name' })
  await assert.rejects(contact({ id: boss.id, name: '采购王' }), { field: 'name', why: 'contact_taken' })
  await assert.rejects(contact({ name: '某人', reportsTo: 'nobody' }), { why: 'contact' })
  assert.equal((await contact({ name: '采购 王', role: '采购经理' })).id, buyer.id)
})

test('a lead and its quote belong to the company; who asked is its contact, also after a merge and apart again', async () => {
  const sales = await Sales.open(openStory)
  story = sales.story
  const lead = await sales.ask()
  const company = await story.db.read((tx) => companyNamed(tx, WISH.company))
  const rows = await sales.rows<{ id: string; companyId: string }>('SELECT id, companyId FROM leads')
  assert.deepEqual(
    rows.map((row) => [row.id, row.companyId]),
    [[lead.id, company?.id]],
  )
  const [wang, li] = [await idOf(story, story.wang), await idOf(story, story.li)]
  const contact = async () => (await story.db.read((tx) => contactsOf(tx, company?.id ?? '')))[0]
  assert.deepEqual([(await contact())?.name, (await contact())?.customerId], [WISH.name, wang])
  await sales.record(sales.shen, '首次联系', 'quote', '好')
  const [quote] = await sales.rows<{ companyId: string }>(`SELECT companyId FROM quotes WHERE state = 'sent'`)
  assert.equal(quote?.companyId, company?.id)
  await sales.shen.says(`公司 ${WISH.company}`)
  assert.match(sales.shen.lastLine(), /顾\*+[\s\S]*进行中的线索 1 条[\s\S]*已发报价 1 份/)

  const merge = await story.db.write((tx) => mergeCustomers(tx, li, wang, { by: SYSTEM, why: '同一个人' }))
  assert.equal((await contact())?.customerId, li)
  await story.db.write((tx) => undoMerge(tx, merge.id, SYSTEM))
  assert.equal((await contact())?.customerId, wang)
})
