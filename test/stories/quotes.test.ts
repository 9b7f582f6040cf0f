import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Customer } from '../harness.ts'
import { onEachChat } from '../harness.ts'
import { Sales } from '../sales.ts'
import { afterEach, test } from '../suite.ts'

interface Paper {
  title: string
  number: string
  url: string
  superseded: boolean
}

onEachChat((open) => {
  let sales: Sales
  afterEach(() => sales.story.close())

  const papers = async (customer: Customer, id: string) =>
    (await customer.call<{ documents: Paper[] }>('GET', `/api/tickets/${id}`)).body.documents
  const download = async (path: string) => {
    const response = await fetch(sales.story.running.url + path)
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  const quotes = () =>
    sales.rows<{ version: number; state: string; total: number }>(
      'SELECT version, state, total FROM quotes ORDER BY id',
    )

  test('one word makes the quote that the customer asked for: a PDF in the mini-program and in the chat; then it is won', async () => {
    sales = await Sales.open(open)
    const { shen, story } = sales
    const { wang, li } = story
    const lead = await sales.ask()
    await shen.press('首次联系', 'finish', { outcome: 'quote' })
    assert.match(shen.lastLine(), /2\. 专业版（年） ￥2,400\.00\/席，5 席起/)
    assert.match(shen.lastLine(), /回复「好」按客户需求：专业版（年） × 20/)
    await shen.says('好')
    await story.later('5 s')

    const [paper] = await papers(wang, lead.id)
    assert.equal(paper?.title, '报价单（第 1 版）')
    const pdf = await download(paper?.url ?? '')
    assert.deepEqual([pdf.status, pdf.headers.get('content-type')], [200, 'application/pdf'])
    assert.match(
      decodeURIComponent(pdf.headers.get('content-disposition') ?? ''),
      /报价单-杭州云帆智能制造有限公司-Q261123/,
    )
    assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-')
    assert.ok(pdf.bytes.length > 20_000 && pdf.bytes.length < 200_000, String(pdf.bytes.length))
    assert.equal((await download((paper?.url ?? '').replace(/sig=./, 'sig=x'))).status, 404)
    await li.signIn()
    assert.equal((await li.call('GET', `/api/tickets/${lead.id}`)).status, 404)
    assert.match(wang.inbox().at(-1) ?? '', /报价单已生成（第 1 版）/)

    const file = shen.chat().find((item) => item.kind === 'file')
    assert.match(JSON.stringify(file), /报价单-杭州云帆/)
    const link = shen.link()
    assert.deepEqual((await download(new URL(link).pathname + new URL(link).search)).bytes, pdf.bytes)
    await story.restart()
    await story.settle()
    assert.equal(shen.chat().filter((item) => item.kind === 'file').length, 1, 'made and sent once')

    await story.later('3 d')
    assert.match(sales.face(shen, '【跟进】'), /第 1 版 ￥48,000\.00，至 12月8日/)
    await shen.says(`报价单 ${lead.number}`)
    assert.equal(shen.chat().filter((item) => item.kind === 'file').length, 2)
    await shen.press('【跟进】', 'finish', { outcome: 'won' })
    assert.match(shen.lastLine(), /成交金额.*回复「好」即 ￥48,000\.00/s)
    await sales.shen.says('好')
    assert.equal((await wang.ticket(lead.id)).status, 'resolved')
    const [row] = await sales.rows<{ state: string; amount: number }>('SELECT state, amount FROM leads')
    assert.deepEqual([row?.state, Number(row?.amount)], ['won', 4_800_000])
    assert.match(wang.inbox().at(-1) ?? '', /感谢您选择我们/)
    await story.later('5 min')
    await shen.says('客户 1234')
    await shen.press('找到 1 位客户', 'view_0')
    const look = sales.face(shen, '可以聊')
    assert.match(look, /最近刚成交，问问交付和使用是否顺利/)
    assert.doesNotMatch(look, /还有什么顾虑/)
  })

  test('a document that cannot be made is tried again and told of; once it can, it goes out once', async () => {
    sales = await Sales.open(open)
    const { shen, story } = sales
    const lead = await sales.ask()
    const files = join(story.folder, 'files')
    await rm(files, { recursive: true, force: true })
    await writeFile(files, 'in the way')
    await sales.record(shen, '首次联系', 'quote', '好')
    await story.later('20 min')
    assert.deepEqual(await papers(story.wang, lead.id), [])
    await story.running.duties.find(({ name }) => name === 'audit')?.run()
    await story.settle()
    assert.match(story.he.read(), /报价单没有做出来：1 处/)
    await rm(files)
    await story.later('1 h')
    assert.equal((await papers(story.wang, lead.id)).length, 1)
    assert.equal(shen.chat().filter((item) => item.kind === 'file').length, 1)
  })

  test('a discount beyond one’s own goes to the lead, a large one to the director too; a refusal comes back with its reason', async () => {
    sales = await Sales.open(open)
    const { shen, gao, story } = sales
    const { he, wang } = story
    const lead = await sales.ask()
    await shen.press('首次联系', 'finish', { outcome: 'quote' })
    await shen.says('旗舰 20')
    await shen.says('x')
    assert.doesNotMatch(shen.lastLine(), /已提交/)
    await story.later('5 s')
    // The first answer was enough: within the prices, no approval.
    assert.deepEqual(
      (await quotes()).map(({ version, state }) => [version, state]),
      [[1, 'sent']],
    )
    await wang.does(lead.id, 'remarks', { text: '能便宜些吗？我们要专业版' })
    assert.match(sales.face(shen, '客户有补充'), /能便宜些吗/)

    await shen.press('【跟进】', 'finish', { outcome: 'quote' })
    for (const [wrong, sentence] of [
      ['至尊版 20', /「至尊版 20」价目表上没有/],
      ['专业版 3', /「专业版（年）」至少 5 席/],
      ['2x20 五折', /「专业版（年）」最低 7 折/],
      ['版 20', /可能是标准版（年）、专业版（年）、旗舰版（年）/],
    ] as const) {
      await shen.says(wrong)
      assert.match(shen.lastLine(), sentence)
    }
    await shen.says('2 x 20 七五折；实施 1')
    assert.match(
      shen.lastLine(),
      /完成，待【报价审核】（高岚）通过。.*专业版（年） × 20 席（7\.5 折）、实施服务 × 1 次；报价 ￥44,000\.00/,
    )
    await story.later('5 s')
    assert.match(
      sales.face(gao, '报价审核'),
      /专业版（年） 20 席 × ￥1,800\.00（7\.5 折）.*合计 ￥44,000\.00，比原价让利 ￥12,000\.00/,
    )
    const face = sales.face(gao, '报价审核')
    for (const once of [/44,000\.00/g, /12,000\.00/g, /专业版（年）/g])
      assert.equal(face.match(once)?.length, 1, `${once} stands once\n${face}`)
    await gao.press('报价审核', 'reject')
    await gao.says('毛利太低，最多八五折')
    await story.later('5 s')
    assert.match(sales.face(shen, '【跟进】'), /驳回：毛利太低，最多八五折/)
    assert.equal((await papers(wang, lead.id)).length, 1)

    await sales.record(shen, '【跟进】', 'quote', '2 x 20 85折；实施 1 赠送')
    await gao.press('报价审核', 'approve')
    assert.equal((await quotes()).at(-1)?.state, 'draft', 'above the lead’s limit')
    await he.press('报价审核', 'approve')
    await story.later('5 s')
    assert.deepEqual(
      (await quotes()).map(({ version, state, total }) => [version, state, Number(total)]),
      [
        [1, 'superseded', 7_200_000],
        [0, 'rejected', 4_400_000],
        [2, 'sent', 4_080_000],
      ],
    )
    const all = await papers(wang, lead.id)
    assert.deepEqual(
      all.map(({ title, superseded }) => [title, superseded]),
      [
        ['报价单（第 2 版）', false],
        ['报价单（第 1 版）', true],
      ],
    )
    assert.equal(new Set(all.map(({ number }) => number)).size, 1, 'one number')
    for (const { url } of all) assert.equal((await download(url)).status, 200, 'both stay readable')
    await gao.says(`工单 ${lead.number}`)
    assert.match(gao.read(), /第 2 版已发出：￥40,800\.00/)
  })
})
