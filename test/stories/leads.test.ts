import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sweepLeads } from '../../server/domain/leads/take-back.ts'
import { onEachChat } from '../harness.ts'
import { Sales } from '../sales.ts'
import { afterEach, test } from '../suite.ts'

onEachChat((open) => {
  let sales: Sales
  afterEach(() => sales.story.close())

  const holds = () =>
    sales.rows<{ state: string; n: number }>(
      'SELECT state, COUNT(*) AS n FROM lead_holds GROUP BY state ORDER BY state',
    )
  const ownerOf = async (id: string) => {
    const [row] = await sales.rows<{ name: string }>(
      `SELECT s.name FROM leads l JOIN staff s ON s.id = l.ownerId WHERE l.id = '${id}'`,
    )
    return row?.name
  }
  const events = async (name: string) => {
    const rows = await sales.rows<{ data: string }>(`SELECT data FROM events WHERE name = '${name}' ORDER BY id`)
    return rows.map(({ data }) => JSON.parse(data) as Record<string, unknown>)
  }

  test('a lead reaches who knows the region, is called, comes back on the day that was agreed, and is lost with its reason', async () => {
    sales = await Sales.open(open)
    const { shen, luo, story } = sales
    const lead = await sales.ask()
    assert.match(sales.face(shen, '首次联系'), /138\*\*\*\*1234.*杭州云帆智能制造有限公司/)
    assert.equal(luo.cards().length, 0)
    await shen.pressMenu('首次联系', 'contact')
    assert.match(shen.lastLine(), /手机：13800001234/)
    assert.equal((await events('customer.viewed')).length, 1, 'each look at a number is recorded')

    await shen.press('首次联系', 'finish', { outcome: 'interested' })
    await shen.says('想先试用，下周开会定')
    assert.match(shen.lastLine(), /1\. 明天上午（11月24日 周二）/)
    await shen.says('上周五')
    assert.match(shen.lastLine(), /请填写日期和时间/)
    await shen.says('明年五月一日')
    assert.match(shen.lastLine(), /日期和时间/)
    await shen.says('周五下午3点')
    assert.match(shen.lastLine(), /完成，谢谢。下次跟进 2026年11月27日 15:00/)
    assert.match(shen.lastLine(), /已提交/)
    assert.equal((await story.wang.ticket(lead.id)).stepTitle, '约定跟进')
    assert.equal(await ownerOf(lead.id), '沈佳')

    await story.later('4 d')
    assert.equal((await story.wang.ticket(lead.id)).stepTitle, '约定跟进', 'Friday 10:00')
    await story.later('5 h')
    const card = sales.face(shen, '【跟进】')
    assert.match(card, /跟进记录/)
    assert.match(card, /11月23日 10:00 沈佳：有意向；想先试用，下周开会定；下次跟进 2026年11月27日 15:00/)
    assert.equal(story.wang.inbox().length, 1, 'the customer is not told of each turn inside the house')

    await sales.record(shen, '【跟进】', 'lost', '2', '选了本地的供应商')
    assert.equal((await story.wang.ticket(lead.id)).status, 'closed')
    const [lost] = await events('lead.lost')
    assert.deepEqual([lost?.reason, lost?.contacts, lost?.amount], ['competitor', 2, null])
    await shen.says(`工单 ${lead.number}`)
    assert.match(shen.read(), /沈佳完成「跟进」：未成交；选了别家；选了本地的供应商/)
    assert.match(shen.read(), /未成交/)
    const [row] = await sales.rows('SELECT state, reason, source, region, industry FROM leads')
    assert.deepEqual(
      { ...(row as object) },
      {
        state: 'lost',
        reason: 'competitor',
        source: 'expo',
        region: 'east',
        industry: 'manufacturing',
      },
    )
  })

  test('after downtime the day that passed brings one card; a follow-up that nobody does climbs the chain', async () => {
    sales = await Sales.open(open)
    const { shen, gao, story } = sales
    await sales.ask()
    await sales.record(shen, '首次联系', 'missed', '3天后')
    await story.running.close()
    // Thursday was agreed; nobody was there before Monday.
    story.clock.advance(7 * 24 * 3_600_000)
    await story.open()
    await story.settle()
    await story.settle()
    const asked = shen.cards().filter((item) => JSON.stringify(item.card).includes('【跟进】'))
    assert.equal(asked.length, 1)
    await story.later('6 h')
    assert.match(shen.read(), /已超时|已超过时限/)
    await story.later('1 h')
    assert.match(sales.face(gao, '【跟进】'), /升级提醒/)
  })

  test('who lets a lead lie loses it to the next, who is told why; a word to the customer counts as following up', async () => {
    sales = await Sales.open(open)
    const { shen, luo, story } = sales
    const lead = await sales.ask()
    await shen.press('首次联系', 'accept')
    await story.later('1 h')
    await shen.says(`回复客户 ${lead.number} 您好，我下午给您打电话`)
    await story.later('90 min')
    assert.equal(await ownerOf(lead.id), '沈佳', 'two hours from the reply')
    await story.later('125 min')
    assert.equal(await ownerOf(lead.id), undefined)
    assert.match(sales.face(luo, '首次联系'), /改派给您.*沈佳超期未跟进/s)
    assert.match(shen.read(), /没有跟进记录，已收回/)
    const [taken] = await events('lead.recycled')
    assert.deepEqual([taken?.step, taken?.fromName], ['contact', '沈佳'])
    await luo.press('首次联系', 'accept')
    assert.equal(await ownerOf(lead.id), '罗毅')
    await shen.pressCard(shen.card('首次联系').taskId, 'finish', { outcome: 'missed' }, true)
    assert.match(shen.lastLine(), /由罗毅负责/)

    // While nobody was there the time passed once more: it is taken back once, on Monday, not in a night or at the weekend.
    await story.running.close()
    story.clock.advance(4 * 24 * 3_600_000 + 12 * 3_600_000)
    await story.open()
    await story.settle()
    assert.equal(await ownerOf(lead.id), '罗毅', 'Saturday 02:35')
    story.clock.advance(55 * 3_600_000)
    await Promise.all([sweepLeads(story.db), sweepLeads(story.db)])
    await story.settle()
    assert.equal(await ownerOf(lead.id), undefined)
    assert.equal((await events('lead.recycled')).length, 2)
    assert.equal(
      (await holds()).find(({ state }) => state === 'waiting'),
      undefined,
    )
    await story.later('1 d')
    assert.equal((await events('lead.recycled')).length, 2)
  })

  test('nobody takes more leads than they may, from the pool neither; a lead that ends makes room for one that waits', async () => {
    sales = await Sales.open(open)
    const { shen, luo, story } = sales
    const rule = join(story.templates, 'packs/b2b/dispatch/sales.yaml')
    const limits = async (claims: string) => {
      const text = await readFile(rule, 'utf8')
      await writeFile(rule, text.replace(/claims: .*/, `claims: ${claims}`))
      await story.restart()
    }
    await limits('{ in_stock: 1 }')
    const first = await sales.ask()
    const second = await sales.ask({ phone: '13811112222' }, story.li)
    await sales.ask({ phone: '13811113333' }, story.li)
    await shen.press('首次联系', 'accept')
    await luo.press('首次联系', 'accept')
    assert.deepEqual([await ownerOf(first.id), await ownerOf(second.id)], ['沈佳', '罗毅'])
    const third = (await sales.rows<{ number: string }>('SELECT number FROM tickets ORDER BY id'))[2]?.number ?? ''
    const has = (number: string) => shen.read().includes(number) || luo.read().includes(number)
    assert.equal(has(third), false, 'it waits in the pool')
    await shen.says(`受理 ${third}`)
    assert.match(shen.lastLine(), /手上的线索已达 1 条/)
    await story.later('46 min')
    assert.match(
      sales.face(sales.gao, third),
      /升级提醒.*首次联系/,
      'whom nobody calls in half an hour, the lead hears of',
    )
    await sales.record(shen, first.number, 'lost', '6', '空号')
    assert.match(sales.face(shen, third), /首次联系/)

    await limits('{ per_day: 2 }')
    await shen.press(third, 'accept')
    await sales.ask({ phone: '13811114444' }, story.li)
    await sales.ask({ phone: '13811115555' }, story.li)
    const fifth = (await sales.rows<{ number: string }>('SELECT number FROM tickets ORDER BY id'))[4]?.number ?? ''
    assert.equal(has(fifth), false)
    await shen.says(`受理 ${fifth}`)
    assert.match(shen.lastLine(), /今天领取的线索已达 2 条/)
  })

  test('who asks twice is one lead: from the page, from another phone, and by a customer who only knows the number', async () => {
    sales = await Sales.open(open)
    const { shen, story } = sales
    const { wang, li } = story
    const { page, answer } = await sales.askOnWeb({ description: '想看看价格' }, '?source=expo&want=hacked')
    assert.match(page, /<option value="expo" selected>/)
    assert.doesNotMatch(page, /hacked/)
    const [, number = ''] = /(T\d{6}-[0-9A-Z]{5})/.exec(answer) ?? []
    assert.match(sales.face(shen, number), /顾明喆/)
    await sales.record(shen, '首次联系', 'interested', '下周定', '3天后')

    const own = await sales.ask({ plan: 'standard' }, wang)
    assert.equal(own.number, number, 'the number is proved to be theirs')
    assert.match(sales.face(shen, '客户有补充'), /意向产品：standard|意向产品：标准版/)
    assert.match(sales.face(shen, '【跟进】'), /记录跟进/)
    const stranger = await sales.ask({ description: '别人的号码' }, li)
    assert.equal(stranger.number, number)
    await sales.askOnWeb({ description: '又来问一次' })
    assert.equal((await sales.rows('SELECT id FROM tickets')).length, 1)
    assert.equal((await sales.rows('SELECT id FROM leads')).length, 1)

    await shen.says(`回复客户 ${number} 给您八五折`)
    const said = async (customer: typeof wang) => JSON.stringify((await customer.ticket(own.id)).timeline)
    assert.match(await said(wang), /八五折/)
    assert.doesNotMatch(await said(li), /八五折/)
    assert.equal(li.inbox().join().includes('八五折'), false, 'who only knows a number is told nothing')
    await sales.record(shen, '【跟进】', 'quote', '标准版 5')
    const papers = async (customer: typeof wang) =>
      (await customer.call<{ documents: unknown[] }>('GET', `/api/tickets/${own.id}`)).body.documents.length
    assert.deepEqual([await papers(wang), await papers(li)], [1, 0])

    await story.later('3 d')
    await sales.record(shen, '【跟进】', 'lost', '1', '太贵')
    assert.notEqual((await sales.ask({}, wang)).number, number, 'what is over is not joined')
  })

  test('a lead that comes at night is offered once, and goes on in the morning', async () => {
    sales = await Sales.open(open, { at: '2026-11-23T20:00:00+08:00' })
    const { shen, luo, story } = sales
    await sales.ask()
    await story.later('12 h')
    assert.match(sales.face(shen, '首次联系'), /11月24日 09:30/)
    assert.equal(luo.cards().length, 0)
    await story.later('70 min')
    assert.match(sales.face(luo, '首次联系'), /改派给您.*沈佳未在时限内受理/s)
    await luo.press('首次联系', 'decline')
    assert.match(sales.face(sales.gao, '首次联系'), /罗毅转给您.*罗毅不便跟进/s)
  })
})
