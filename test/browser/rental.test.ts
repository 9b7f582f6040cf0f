import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { drawPng } from '../../server/lib/picture.ts'
import { WECHAT_USERS } from '../../server/sandbox/people.ts'
import { drivingLicence, idCardFront, photograph } from '../paper-pictures.ts'
import { type Desk, openBrowser, openDesk } from './browser.ts'

const HOLDER = {
  name: '王晓梅',
  sex: '女',
  nation: '汉',
  number: '31010119900512122X',
  address: ['上海市黄浦区人民大道', '120 号 3 栋 201 室'] as [string, string],
}
const LICENCE = { of: 'C1', since: '2015-06-01', from: '2021-06-01', to: '2031-06-01' }
const SHOTS = ['车头正面', '左前 45°', '左侧', '车尾正面', '右侧', '右前 45°', '仪表盘']

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
  desk = await openDesk(browser, 'service-desk,car-rental')
})
afterEach(() => desk.shot('rental-last'))
after(async () => {
  await desk?.close()
  await browser?.close()
})

test('a car is booked, handed over, kept longer, given back and settled: the customer on the phone, the clerk in the chat', async () => {
  const { phone, wu, zheng } = desk
  await phone.signIn()
  await desk.shot('rental-home', phone.shell)
  await phone.tap('迎客租车')
  await phone.sees('选择车型')
  await phone.sees('丰田卡罗拉')
  await desk.shot('rental-find', phone.shell)
  await phone.tap(/^取车$/)
  await phone.sees('选择取车和还车时间')
  await phone.sees('确定，共 2 天')
  await desk.shot('rental-days', phone.shell)
  await phone.tap('确定，共 2 天')
  await phone.tap('尽快取车')
  await phone.sees('1 天')
  await phone.tap('丰田卡罗拉')
  await phone.sees('保障服务')
  await phone.tap('驾乘无忧')
  await phone.app.getByLabel('增加 儿童安全座椅').click()
  await phone.sees('儿童安全座椅')
  await phone.sees('驾乘无忧 1 天')
  await desk.shot('rental-order', phone.shell)
  await phone.sees('取车 24 小时前取消，全额退款')
  await phone.tap(/提交订单/)
  await phone.allow()

  await phone.sees('请在倒计时内支付')
  await phone.sees(/^1[45]:\d\d$/)
  await desk.shot('rental-held', phone.shell)
  await phone.tap(/^支付 ￥/)
  await phone.pay()
  await phone.sees('取车前请办好')
  await desk.shot('rental-booked', phone.shell)

  for (const [kind, svg] of [
    ['身份证', idCardFront(HOLDER)],
    ['驾驶证', drivingLicence(HOLDER, LICENCE)],
  ] as const) {
    await phone.tapFirst('去上传')
    const picture = await photograph(svg, { turned: 0, noise: 3, seed: 7 })
    await phone.addPhoto(picture)
    await phone.text('已识别并填好，请逐项核对').waitFor({ timeout: 60_000 })
    assert.equal(await phone.typed(0), HOLDER.number)
    // What was not read is typed.
    if ((await phone.typed(1)) === '') await phone.type(1, HOLDER.name)
    assert.equal(await phone.typed(1), HOLDER.name)
    await desk.shot(`rental-paper-${kind}`, phone.shell)
    await phone.tap(/^保存$/)
    await phone.paper(kind).filter({ hasText: '已上传，符合要求' }).waitFor()
  }
  await phone.tap('去签署')
  await phone.sees('承租方（乙方）')
  await phone.sees('王晓梅')
  await desk.shot('rental-contract', phone.shell)
  await phone.sign()
  await desk.shot('rental-signed', phone.shell)
  await phone.tap('同意并签署')
  await phone.sees('已签署')
  await phone.tap('去支付')
  await phone.pay()
  await phone.sees(/已付 ￥5,000/)
  await desk.shot('rental-ready', phone.shell)

  await desk.room('外勤与财务')
  const prepare = await wu.card('备车', '丰田卡罗拉')
  await desk.shot('rental-prepare-card', prepare)
  await prepare.choose('车已备好')
  await prepare.press('完成')
  await prepare.closed(/吴倩 已于/)
  const handover = await wu.card('交车验车')
  await handover.choose('满')
  await handover.press('完成')
  await sendShots('取')
  await wu.says('12000')
  await phone.sees('核对无误，签名取车')
  await desk.shot('rental-handover', phone.shell, wu)
  await phone.tap('核对无误，签名取车')
  await phone.sign()
  await desk.shot('rental-accept', phone.shell)
  await phone.popup('核对无误，签名取车')
  await phone.sees('用车中')
  await desk.shot('rental-running', phone.shell)
  await phone.home()
  await phone.sees('我的租车')
  await desk.shot('rental-home-running', phone.shell)
  await phone.tap('丰田卡罗拉，虹桥火车站店')

  await phone.tap('我要续租')
  await phone.sees(/需补 ￥/)
  await desk.shot('rental-extend', phone.shell)
  await phone.tap(/^确认续租，补/)
  await phone.sees('续租差价')
  await phone.sees('订单有变更，请签补充协议')
  await phone.tap(/^支付 ￥/)
  await phone.pay()
  await phone.tap('去签署')
  await phone.sees('变更内容')
  await phone.sign()
  await desk.shot('rental-supplement', phone.shell)
  await phone.tap('同意并签署')
  await phone.sees('我已到店还车')
  await desk.later('+1 小时')
  await phone.tap('车坏了，呼叫救援')
  await phone.sees('哪里坏了')
  await desk.shot('rental-help', phone.shell)
  await phone.back()

  await phone.tap('我已到店还车')
  await phone.decide('已到店')
  const inspect = await wu.card('还车验车')
  await inspect.choose('满')
  await inspect.press('完成')
  await sendShots('还')
  await wu.says('22000')
  await wu.line('车况')
  await wu.says('1')
  const settlement = await zheng.card('结算审核', '押金抵扣')
  await desk.shot('rental-approve', settlement)
  await settlement.press('同意')
  await settlement.closed(/郑凯 已于/)

  await phone.sees('结算账单')
  await phone.sees(/超里程/)
  await desk.shot('rental-bill', phone.shell, wu)
  await phone.sees('取车与还车车况')
  await phone.tap('核对无误，签名')
  await phone.sign()
  await phone.popup('核对无误，签名')
  await phone.sees('您已签名确认')
  await phone.dispute({ fee: '超里程费', amount: '1000', why: '还车时里程表少拍了一位，请对照片核对' })
  await phone.sees('申诉处理中，结果出来前不会扣款')
  await desk.shot('rental-disputed', phone.shell)
  const appeal = await wu.card('核实费用', '里程表少拍了一位')
  await desk.shot('rental-appeal', appeal)
  await appeal.choose('部分多收')
  await appeal.press('完成')
  await wu.line('多收金额')
  await wu.says('1000')
  await wu.line('依据')
  await wu.says('照片里的读数比录入的少')
  await appeal.closed(/吴倩 已于/)
  const grant = await zheng.card('申诉审批', '1,000')
  await desk.shot('rental-grant', grant)
  await grant.press('同意')
  await grant.closed(/郑凯 已于/)

  await phone.sees('还需支付')
  await phone.tap('查看申诉进展')
  await phone.sees('已解决')
  await desk.shot('rental-appeal-over', phone.shell)
  await phone.back()
  await phone.tap(/^支付 ￥/)
  await phone.pay()
  await phone.sees('已结清')
  await phone.sees('已支付')
  await desk.shot('rental-settled', phone.shell)
  const contract = await desk.paper('租车合同', /contract.*pdf/)
  for (const words of ['汽车租赁合同', '王晓梅']) assert.ok(contract.includes(words), contract)
  const sheet = await desk.paper('验车单', /inspection\.pdf/)
  for (const words of ['22000', '12000']) assert.ok(sheet.replaceAll(/[, ]/g, '').includes(words), sheet)
  assert.deepEqual(desk.troubles, [])
})

test('a car that is not paid for in time goes back, which is said; and who calls a rental off is told first what it costs', async () => {
  const { phone } = desk
  await phone.home()
  await phone.tap('迎客租车')
  await phone.tap('本田 CR-V')
  await phone.tap(/提交订单/)
  await phone.allow()
  await phone.sees('请在倒计时内支付')
  await desk.later('+10 分钟')
  await desk.later('+10 分钟')
  await phone.sees('留车时间已过')
  await phone.sees(/没有扣您的钱/)
  await desk.shot('rental-lapsed', phone.shell)
  await phone.tap('重新预订')
  await phone.tap('比亚迪秦 PLUS EV')
  await phone.tap(/提交订单/)
  await phone.allow()
  await phone.tap(/^支付 ￥/)
  await phone.pay()
  await phone.tap('取消订单')
  await phone.sees(/现在取消将/)
  await desk.shot('rental-cancel', phone.shell)
  await phone.decide('确定取消')
  await phone.sees(/按原路返回/)
  await phone.home()
  await phone.tap('全部订单')
  await phone.sees('已取消')
  await desk.shot('rental-list', phone.shell)
  assert.deepEqual(desk.troubles, [])
})

test('a car is brought to the door; who is too late for a car is told so, with other cars; without a network nothing is lost', async () => {
  const { phone } = desk
  await phone.home()
  await phone.tap('迎客租车')
  let wished: Record<string, unknown> | undefined
  desk.page.on('request', (request) => {
    if (request.url().endsWith('/api/rental/price')) wished ??= request.postDataJSON()
  })
  await phone.tap('大众朗逸')
  await phone.sees('上门送取')
  await phone.app.locator('.order-door .taro-switch, .order-door taro-switch-core').first().click()
  await phone.locate()
  await phone.app.locator('.order-door input[type=text]').first().fill('南京西路 1266 号')
  await phone.sees(/送车上门（\d+(\.\d)? 公里）/)
  await desk.shot('rental-door', phone.shell)

  await desk.page.context().setOffline(true)
  await phone.tap('尊享保障')
  await phone.sees('网络已断开，恢复后会自动更新。')
  await desk.shot('rental-offline', phone.shell)
  await desk.page.context().setOffline(false)
  await phone.sees('尊享保障 2 天')

  desk.refusals.push('/api/bookings')
  await bookAsLi(wished ?? {})
  await phone.tap(/提交订单/)
  await phone.refuse()
  await phone.sees('没有订到')
  await phone.sees(/已经订满/)
  await desk.shot('rental-gone', phone.shell)
  await phone.tap('看看其他车')
  await phone.sees('选择车型')
  await phone.sees('已订满')
})

/** The clerk sends what the chat asks for, one picture after the other. */
async function sendShots(when: string): Promise<void> {
  for (const [nth, title] of SHOTS.entries()) {
    await desk.wu.line(`请拍「${title}」`)
    await desk.wu.sends(await carPicture(`${when}：${title}`, nth))
  }
}

/** 李强 books such a car for the same time. */
async function bookAsLi(wish: Record<string, unknown>): Promise<void> {
  const { url, sandbox } = desk.running
  const li = WECHAT_USERS.find(({ nickname }) => nickname === '李强')
  const post = async (path: string, body: object, token?: string) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) }
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.ok(answer.ok, `${path} answered ${answer.status}`)
    return (await answer.json()) as { token: string }
  }
  const { token } = await post('/api/session', { code: sandbox?.wechat?.login(li?.openid ?? '') })
  await post('/api/bookings', wish, token)
}

/** A picture that can be told from the others. */
async function carPicture(words: string, nth: number): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480" font-family="Noto Sans SC">
    <rect width="640" height="480" fill="hsl(${nth * 40}, 22%, 72%)"/><rect y="330" width="640" height="150" fill="#8c9094"/>
    <path d="M90 340v-60l70-20 70-70h190l80 70 60 20v60z" fill="#e9edf0"/>
    <circle cx="190" cy="345" r="42" fill="#2b2f33"/><circle cx="450" cy="345" r="42" fill="#2b2f33"/>
    <text x="40" y="80" font-size="44" fill="#20302a">${words}</text></svg>`
  return sharp(await drawPng(svg))
    .jpeg()
    .toBuffer()
}
