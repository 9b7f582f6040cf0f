import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assetByCode } from '../../server/domain/assets/assets.ts'
import { addTag } from '../../server/domain/segments/tags.ts'
import { onEachChat } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { DAY, NUMBER, Renting, TUESDAY_10 } from '../renting.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const HOUR = 3_600_000

onEachChat((open, chat) => {
  let renting: Renting
  beforeEach(async () => {
    renting = await Renting.open(open)
  })
  afterEach(async () => {
    assert.deepEqual(await renting.findings(), [])
    await renting.story.close()
  })

  const inbox = () => renting.story.wang.inbox().join('\n')

  test('the whole rental: papers, contract, deposit, handover, extension, return, bill, violations, deposit', async () => {
    const { story, wu } = renting
    const { wang } = story
    const id = await renting.books()
    const booked = await renting.view(id)
    assert.equal(booked.state, 'confirmed')
    assert.equal(booked.stage?.title, '已预订')
    assert.deepEqual(
      booked.papers.map(({ kind, ok }) => [kind, ok]),
      [
        ['id_card', false],
        ['driving_licence', false],
      ],
    )
    assert.deepEqual([booked.deposit?.state, booked.deposit?.amount], ['due', 500_000])

    const early = await wang.call<{ error: { message: string } }>('GET', `/api/bookings/${id}/contract`)
    assert.equal(early.status, 409)
    assert.match(early.body.error.message, /身份证还没有上传/)
    const photo = await renting.paper()
    const read = await wang.call<{ side: string; fields: Record<string, { value: string; sure: number }> }>(
      'POST',
      '/api/me/documents/read',
      { kind: 'id_card', photo },
    )
    assert.equal(read.status, 200, JSON.stringify(read.body))
    assert.deepEqual([read.body.fields.number?.value, read.body.fields.name?.value], [NUMBER, '王晓梅'])
    await renting.giveBothPapers()
    assert.ok((await renting.view(id)).can.sign)

    const { body: contract } = await wang.call<{
      hash: string
      customer: { name: string; idNumber: string }
      particulars: { label: string; text: string }[]
      price: { title: string; amount: number }[]
      total: number
      articles: { title: string; lines: string[] }[]
    }>('GET', `/api/bookings/${id}/contract`)
    assert.deepEqual([contract.customer.name, contract.customer.idNumber], ['王晓梅', '31010119******122X'])
    assert.equal(contract.total, 41_600)
    assert.match(JSON.stringify(contract.particulars), /丰田卡罗拉，5 座，车牌 ACORHO/)
    assert.match(JSON.stringify(contract.articles), /每小时收取 30.00 元/)
    const wrong = { signature: await renting.paper(), hash: '0'.repeat(64) }
    assert.equal((await wang.call('POST', `/api/bookings/${id}/contract/sign`, wrong)).status, 409, 'what was not read')
    const signed = await renting.signs(id)
    assert.deepEqual([signed.status, signed.body.kind, signed.body.state], [200, 'contract', 'signed'])
    assert.equal((await renting.signs(id)).body.id, signed.body.id, 'signed once')
    await renting.paysDeposit(id)
    assert.equal((await renting.view(id)).deposit?.state, 'held')

    // Four hours before it in which somebody works: half of Monday evening, and Tuesday from half past eight.
    await renting.until(TUESDAY_10 - 16 * HOUR - 60_000)
    assert.throws(() => wu.card('备车'), 'not before it is time')
    await renting.until(TUESDAY_10 - 16 * HOUR)
    assert.match(
      JSON.stringify(wu.card('备车').card),
      /时限：11月24日 09:00（工作时间 3 小时）/,
      'before the customer is there',
    )
    await renting.until(TUESDAY_10 - 3 * HOUR)
    assert.match(JSON.stringify(wu.card('备车').card), /ACORHO/)
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    assert.equal((await renting.view(id)).stage?.title, '交车验车', 'everything is signed and paid')
    await renting.until(TUESDAY_10)
    await wu.press('交车验车', 'finish', { fuel: '100' })
    assert.match(wu.lastLine(), /请拍「车头正面」发来（车牌要清楚）/)
    const shots = await renting.shots()
    await wu.sends(shots[0] as Buffer)
    assert.match(wu.lastLine(), /请拍「左前 45°」发来/, 'the next one is asked at once')
    await wu.says('完成')
    assert.match(wu.lastLine(), /还缺照片：「左前 45°」/)
    for (const shot of shots.slice(1)) await wu.sends(shot)
    await wu.says('12000')
    await story.later('1 min')
    const pending = await renting.view(id)
    assert.deepEqual(
      [pending.can.accept_car, pending.pickup?.shots.length, pending.pickup?.odometer],
      [true, 7, 12_000],
    )
    assert.equal(await renting.state(id), 'confirmed')
    assert.equal((await renting.does(id, 'handover/sign', { signature: await renting.paper() })).status, 200)
    assert.equal(await renting.state(id), 'running')

    const until = TUESDAY_10 + 3 * DAY
    const extended = await wang.call('POST', `/api/bookings/${id}/extend`, { until })
    assert.equal(extended.status, 200, JSON.stringify(extended.body))
    await story.settle()
    const supplement = await renting.signs(id)
    assert.deepEqual([supplement.status, supplement.body.kind], [200, 'supplement'])
    await renting.until(TUESDAY_10 + 2 * DAY + HOUR)
    assert.equal((await renting.view(id)).stage?.title, '用车中', 'the flow waits for the new end')

    await renting.until(until - HOUR)
    const asked = await renting.does(id, 'return')
    assert.equal(asked.body.stage?.title, '还车验车')
    await story.later('1 min')
    await renting.takesBack(12_650, '75', '2', '1')
    assert.equal(await renting.state(id), 'returned', wu.read())
    const { bill, plate } = await renting.view(id)
    assert.equal((await story.db.read((tx) => assetByCode(tx, plate)))?.meters, 12_650_000)
    // A quarter of 50 litres is missing, thirteen begun, and the extension is not paid.
    const fuel = 13 * 850 + 2000
    assert.deepEqual(
      bill?.lines.map(({ title, amount }) => [title, amount]),
      [
        ['续租费用（未付）', 20_800],
        ['补油 13 升（每升 ￥8.50，服务费 ￥20.00）', fuel],
        ['漆面划痕（每面）', 40_000],
      ],
    )
    assert.equal(bill?.state, 'asked')
    assert.match(inbox(), /还车账单/)
    assert.equal((await renting.does(id, 'bill/confirm')).status, 200)
    const paid = await renting.view(id)
    assert.deepEqual([paid.bill?.state, paid.bill?.due, paid.deposit?.left], ['paid', 0, 500_000 - 60_800 - fuel])
    assert.equal(await renting.state(id), 'settled')
    assert.equal(paid.stage?.title, '等待违章')

    await story.later(`${30 * 24 + 24} h`)
    assert.match(JSON.stringify(wu.card('违章核查').card), /补油 13 升 × ￥8\.50，服务费 ￥20\.00，共 ￥130\.50/)
    await renting.press(wu, '违章核查', 'finish', { outcome: 'none' })
    await story.later('2 min')
    const over = await renting.view(id)
    assert.deepEqual(
      [over.state, over.deposit?.state, over.deposit?.refunded],
      ['closed', 'settled', 500_000 - 60_800 - fuel],
    )
    assert.match(inbox(), /押金 ￥4,263.50 已退回|押金 .* 已退回/)
    await wang.files('rental_survey', { overall: 'poor', car: 'dirty', words: '车里有烟味' })
    assert.match(JSON.stringify(wu.card('看问卷').card), new RegExp(`${over.number}，${plate}`), 'which rental it was')
    const books = await renting.ledger()
    assert.equal(books['customers:owed'] ?? 0, 0, 'nobody owes anything')
    assert.equal(books['deposits:held'] ?? 0, 0)

    const sheet = await fetch(`${story.running.url}/api/bookings/${id}/inspection.pdf`, {
      headers: { authorization: `Bearer ${wang.token}` },
    })
    assert.equal(
      Buffer.from(await sheet.arrayBuffer())
        .subarray(0, 5)
        .toString(),
      '%PDF-',
    )
  })

  test('the contract is a sealed document that other programs verify', async () => {
    const { story } = renting
    const id = await renting.books()
    await renting.giveBothPapers()
    await renting.signs(id)
    const response = await fetch(`${story.running.url}/api/bookings/${id}/contract.pdf`, {
      headers: { authorization: `Bearer ${story.wang.token}` },
    })
    const pdf = Buffer.from(await response.arrayBuffer())
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
    const file = join(story.folder, `${chat}.pdf`)
    await writeFile(file, pdf)
    if (!hasPdfsig()) return
    const told = pdfsig(file)
    assert.match(told, /Signature Validation: Signature is Valid/)
    assert.match(told, /ETSI\.CAdES\.detached/)
    assert.match(told, /Total document signed/)
    pdf[pdf.indexOf('/Title')] = 0x2e
    await writeFile(file, pdf)
    assert.doesNotMatch(pdfsig(file), /Signature is Valid/, 'a byte was changed')
  })

  test('a dispute: the store grants a part, it comes off the bill before it is paid', async () => {
    const { story, wu, zheng } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(12_300, '100', '2', '1 2')
    const asked = await renting.view(id)
    assert.equal(asked.bill?.total, 100_000, 'a scratch and a dent')
    const dispute = {
      fee: 'damage',
      amount: '400',
      description: '划痕取车时就有',
      photos: [(await story.wang.upload(await jpeg())).body.id],
    }
    const disputed = await renting.does(id, 'bill/dispute', dispute)
    assert.equal(disputed.status, 200, JSON.stringify(disputed.body))
    assert.equal(disputed.body.bill?.state, 'disputed')
    assert.equal((await renting.does(id, 'bill/confirm')).status, 409)
    await story.later('1 min')
    await renting.press(wu, '核实费用', 'finish', { finding: 'partly' }, '400', '取车照片里已有')
    await renting.press(zheng, '申诉审批', 'approve')
    const after = await renting.view(id)
    assert.deepEqual([after.bill?.total, after.bill?.state], [60_000, 'paid'])
    const ticket = await story.wang.ticket(disputed.body.bill?.ticket ?? '')
    assert.equal(ticket.status, 'resolved')
    await story.later(`${31 * 24} h`)
    const card = JSON.stringify(wu.card('违章核查').card)
    assert.match(card, /共 ￥600\.00，押金抵扣 ￥600\.00/, 'cards show the bill as the appeal has left it')
  })

  test('an appeal that is taken back leaves the bill as it is', async () => {
    const { story } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(12_700, '100', '1')
    const dispute = { fee: 'mileage', amount: '80', description: '里程不对' }
    const { body } = await renting.does(id, 'bill/dispute', dispute)
    assert.equal((await story.wang.does(body.bill?.ticket ?? '', 'withdraw', { reason: '看错了' })).status, 200)
    const { bill } = await renting.view(id)
    assert.deepEqual([bill?.total, bill?.state], [100 * 80, 'paid'])
  })

  test('damage beyond the deposit is looked at by the manager and paid on the phone', async () => {
    const { story, zheng } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(12_100, '100', '3', '发动机进水', '8000')
    const before = await renting.view(id)
    assert.equal(before.stage?.title, '结算审核')
    assert.equal(before.bill?.state, 'none', 'nobody is asked for it yet')
    await renting.press(zheng, '结算审核', 'approve')
    const { bill } = await renting.view(id)
    assert.deepEqual([bill?.state, bill?.total], ['asked', 150_000], 'with the basic insurance no more than its excess')
    await story.later('25 h')
    const collected = await renting.view(id)
    assert.deepEqual([collected.bill?.state, collected.bill?.due], ['paid', 0], 'silence is consent')
  })

  test('without a deposit the bill is paid on the phone; unpaid, the store hears of it', async () => {
    const { story, wu } = renting
    await story.db.write((tx) => tx.run(`UPDATE customers SET tier = 'gold'`))
    const id = await renting.books()
    assert.equal((await renting.view(id)).deposit?.state, 'waived')
    await renting.giveBothPapers()
    await renting.signs(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(13_000, '100', '1')
    await renting.does(id, 'bill/confirm')
    const { bill } = await renting.view(id)
    assert.deepEqual([bill?.total, bill?.due, bill?.state], [400 * 80, 400 * 80, 'paying'])
    await renting.pays(bill?.payment ?? '')
    assert.equal((await renting.view(id)).bill?.state, 'paid')
    await story.later(`${31 * 24} h`)
    await renting.press(wu, '违章核查', 'finish', { outcome: 'found' }, '1', '200', '3')
    const over = await renting.view(id)
    assert.equal(over.bill?.due, 400 * 80 + 20_000 + 10_000 + 60_000)
    assert.match(inbox(), /租期内有 1 次违章/)
  })

  test('violations come off the deposit, the rest goes back', async () => {
    const { story, wu } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    await renting.handsOver(id)
    await renting.until(TUESDAY_10 + 2 * DAY)
    await story.later('1 min')
    await renting.takesBack(12_100, '100', '1')
    assert.equal((await renting.view(id)).stage?.title, '等待违章', 'nothing to pay')
    await story.later(`${31 * 24} h`)
    await renting.press(wu, '违章核查', 'finish', { outcome: 'found' }, '2', '300', '3')
    await story.later('2 min')
    const over = await renting.view(id)
    const cost = 30_000 + 2 * 10_000 + 3 * 20_000
    assert.deepEqual(
      [over.deposit?.state, over.deposit?.deducted, over.deposit?.refunded],
      ['settled', cost, 500_000 - cost],
    )
    assert.equal(over.state, 'closed')
    assert.equal((await renting.ledger())['customers:owed'] ?? 0, 0)
  })

  test('a cancellation ends it all: the flow, the contract, the deposit', async () => {
    const { story } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    const { status, body } = await story.wang.call('POST', `/api/bookings/${id}/cancel`, {})
    assert.equal(status, 200, JSON.stringify(body))
    await story.later('2 min')
    const view = await renting.view(id)
    assert.deepEqual([view.state, view.deposit?.state, view.deposit?.refunded], ['cancelled', 'settled', 500_000])
    assert.equal(view.stage, undefined)
    assert.equal((await renting.does(id, 'return')).status, 409)
    assert.equal((await story.wang.call('GET', `/api/bookings/${id}/contract`)).status, 200, 'what was signed stays')
  })

  test('papers that are not good enough, and somebody who is let nothing', async () => {
    const { story } = renting
    const { wang } = story
    const id = await renting.books()
    const why = async () => (await renting.view(id)).papers.flatMap(({ ok, text }) => (ok ? [] : [text]))
    await renting.giveBothPapers(wang, { expires_on: '2026-11-24' })
    assert.match((await why())[0] ?? '', /在还车之前就到期了/)
    await renting.giveBothPapers()
    assert.deepEqual(await why(), [])
    const licence = { kind: 'driving_licence', number: NUMBER, holder: '王晓梅' }
    for (const [more, words] of [
      [{ class: 'D' }, '准驾车型'],
      [{ class: 'C1', issued_on: '2026-10-01' }, '驾龄'],
      [{ class: 'C1', number: '310101198501010014', issued_on: '2015-06-01' }, '不是同一个人'],
    ] as const) {
      await wang.call('POST', '/api/me/documents', { ...licence, ...more })
      assert.match((await why())[0] ?? '', new RegExp(words))
      assert.equal((await wang.call('GET', `/api/bookings/${id}/contract`)).status, 409)
    }
    await renting.giveBothPapers()
    const wangId = await idOf(story, wang)
    await story.db.write((tx) => addTag(tx, wangId, '禁租', { by: { type: 'system' }, reason: '多次逾期' }))
    assert.match((await why())[0] ?? '', /暂时不能租车/)
    assert.equal((await wang.call('GET', `/api/bookings/${id}/contract`)).status, 409)
  })

  test('whoever has nothing signed at the pick-up is called; without a signature on the phone they sign in the store', async () => {
    const { story, wu } = renting
    const id = await renting.books()
    await renting.until(TUESDAY_10 - 3 * HOUR)
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    assert.equal((await renting.view(id)).stage?.title, '等待签约')
    await renting.until(TUESDAY_10 + 60_000)
    const lacks = () => /"还差"[^}]*?"(?:value|text)":"([^"]*)"/.exec(JSON.stringify(wu.card('联系客户').card))?.[1]
    assert.equal(lacks(), '证件、合同、押金')
    await renting.giveBothPapers()
    await story.later('1 min')
    assert.equal(lacks(), '合同、押金')
    assert.equal((await renting.signs(id)).status, 200)
    assert.equal(lacks(), '押金')
    await renting.press(wu, '联系客户', 'finish', { outcome: 'soon' })
    await renting.paysDeposit(id)
    await story.later('1 min')
    assert.doesNotMatch(JSON.stringify(wu.card('交车验车').card), /还差/)
    await renting.press(wu, '交车验车', 'finish', { fuel: '75' }, ...(await renting.shots()), '8000')
    await story.later('31 min')
    assert.equal(await renting.state(id), 'confirmed')
    assert.match(JSON.stringify(wu.card('当面签名').card), /里程表读数[^}]*8000 公里/)
    const page = await renting.page(wu, '当面签名')
    assert.match(await page.send({}, ['signature']), /已提交/)
    assert.equal(await renting.state(id), 'running')
    assert.equal((await renting.view(id)).pickup?.signed, true)
  })

  test('on the staff page: every picture that is wanted, and how it looked before beside it; the car is changed', async () => {
    const { story, wu } = renting
    const id = await renting.books()
    await renting.getsReady(id)
    const before = (await renting.view(id)).plate
    await renting.until(TUESDAY_10 - 3 * HOUR)
    await renting.press(wu, '备车', 'finish', { outcome: 'other' }, '右后轮漏气')
    assert.match(
      JSON.stringify(wu.card('备车').card),
      /时限：11月24日 10:00（工作时间 1 小时 30 分钟）/,
      'not after the pick-up',
    )
    const { plate, can } = await renting.view(id)
    assert.notEqual(plate, before)
    assert.ok(can.sign, 'another car is another contract')
    const supplement = await renting.signs(id)
    assert.equal(supplement.body.kind, 'supplement', JSON.stringify(supplement.body))
    await renting.press(wu, '备车', 'finish', { outcome: 'ready' })
    await renting.until(TUESDAY_10)
    const names = ['front', 'front_left', 'left', 'rear', 'right', 'front_right', 'dashboard'].map(
      (shot) => `shots_${shot}`,
    )
    const out = await renting.page(wu, '交车验车')
    const facts = { fuel: '100', odometer: '5000', note: '左前门有旧划痕' }
    assert.match(await out.send(facts, names.slice(1)), /请上传「车头正面」/)
    assert.match(await out.send(facts, ['shots_front']), /已提交/)
    await renting.does(id, 'handover/sign', { signature: await renting.paper() })
    await renting.does(id, 'return')
    await story.later('1 min')
    const back = await renting.page(wu, '还车验车')
    assert.equal(back.text.match(/之前拍的/g)?.length, 7)
    const found = { fuel: '100', odometer: '5100', condition: 'damaged', damages: 'tyre' }
    assert.match(await back.send({ ...found, other: '第二条轮胎' }, names), /请填写「损失金额」/)
    assert.match(await back.send({ ...found, other: '第二条轮胎', other_amount: '700' }, []), /已提交/)
    const { bill, pickup, giveback } = await renting.view(id)
    assert.deepEqual([bill?.total, pickup?.note, giveback?.shots.length], [140_000, '左前门有旧划痕', 7])
    const signed = await renting.does(id, 'handover/sign', { side: 'giveback', signature: await renting.paper() })
    assert.equal(signed.body.giveback?.signed, true)
  })

  test('what is pressed twice at once happens once', async () => {
    const { story } = renting
    const { wang } = story
    const id = await renting.books()
    await renting.giveBothPapers()
    const { body } = await wang.call<{ hash: string }>('GET', `/api/bookings/${id}/contract`)
    const signature = await renting.paper()
    const sign = () =>
      wang.call<{ id: string }>('POST', `/api/bookings/${id}/contract/sign`, { signature, hash: body.hash })
    const signed = await Promise.all([sign(), sign(), sign(), sign()])
    assert.deepEqual(
      signed.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    assert.equal(new Set(signed.map((one) => one.body.id)).size, 1)
    await renting.paysDeposit(id)
    await renting.handsOver(id)
    await renting.does(id, 'return')
    await story.later('1 min')
    await renting.takesBack(12_500, '100', '2', '2')
    const confirm = () => wang.call('POST', `/api/bookings/${id}/bill/confirm`, {})
    const dispute = () =>
      wang.call('POST', `/api/bookings/${id}/bill/dispute`, { fee: 'mileage', amount: '1', description: '不对' })
    const answers = await Promise.all([confirm(), dispute(), confirm(), dispute()])
    await story.settle()
    const { bill, deposit } = await renting.view(id)
    assert.ok(bill?.state === 'paid' || bill?.state === 'disputed', JSON.stringify(answers.map(({ status }) => status)))
    if (bill?.state === 'paid') assert.equal(deposit?.deducted, 60_000)
    else assert.equal(deposit?.deducted, 0)
  })
})

function hasPdfsig(): boolean {
  try {
    execFileSync('pdfsig', ['-v'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** What poppler's pdfsig says of a file; it ends with an error where it cannot verify. */
function pdfsig(file: string): string {
  try {
    return execFileSync('pdfsig', [file], { stdio: 'pipe' }).toString()
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout ?? '')
  }
}
