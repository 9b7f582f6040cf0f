import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Customer as CustomerRow } from '../../server/domain/customers/customer.ts'
import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { Secret } from '../../server/lib/crypto.ts'
import { openStory, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const TRIAL = `
form: trial
title: 预约试驾
intro: 留下电话，我们当天联系您。
submit: 提交预约
web: true
fields:
  - { name: name, kind: text, label: 称呼, required: true, maxLength: 20 }
  - { name: phone, kind: phone, label: 手机号, required: true }
  - name: model
    kind: select
    label: 车型
    required: true
    options: [{ value: city, label: 城市款 }, { value: other, label: 其他 }]
  - { name: other, kind: text, label: 想看什么车, required: true, showWhen: { model: other } }
  - { name: from, kind: datetime, label: 开始 }
  - { name: to, kind: datetime, label: 结束 }
  - { name: people, kind: number, label: 人数, min: 1 }
  - { name: deposit, kind: money, label: 每人订金, max: 500 }
  - { name: total, kind: money, label: 合计, computed: 'people * deposit' }
  - { name: place, kind: location, label: 上门地址, typed: true }
  - { name: days, kind: multiselect, label: 方便的日子, options: [{ value: sat, label: 周六 }, { value: sun, label: 周日 }] }
check:
  - { when: 'to <= from', message: 结束要晚于开始 }
`
const CALL = `
form: trial_call
title: 联系客户
fields:
  - { name: spot, kind: location, label: 见面地点, required: true, typed: true }
  - { name: fee, kind: money, label: 实收订金, required: true }
  - { name: why, kind: text, label: 多收原因, requiredWhen: { fee: { $gt: 50000 } } }
`
const SIGN = `
form: trial_sign
title: 签字
fields:
  - { name: received, kind: money, label: 退还金额, required: true }
  - { name: sign, kind: signature, label: 客户签名, required: true }
`
const FLOW = `
flow: trial
title: 试驾
description: 约一次试驾
icon: booking
form: trial
calendar: service
escalation: standard
urge_every: 30 min
priority: []
steps:
  - step: call
    title: 联系客户
    progress: 正在联系您
    task: 打电话约时间
    role: front_line
    assign: pool
    limit: 30 min
    form: trial_call
    actions: [accept, finish]
    next: sign
  - step: sign
    title: 签字确认
    progress: 等待签字
    task: 请客户签字
    role: front_line
    assign: { doer: call }
    limit: 30 min
    form: trial_sign
    actions: [accept, finish]
    next: end
`

let story: Story
beforeEach(async () => {
  story = await openStory()
  const put = (file: string, text: string) => writeFile(join(story.templates, 'packs/service-desk', file), text)
  await put('forms/trial.yaml', TRIAL)
  await put('forms/trial_call.yaml', CALL)
  await put('forms/trial_sign.yaml', SIGN)
  await put('flows/trial.yaml', FLOW)
  await story.settle()
  assert.deepEqual(story.running.house.shelf.problems, [])
})
afterEach(() => story.close())

type Fields = Record<string, string | string[]>

const GOOD: Fields = { name: '赵女士', phone: '138 0013 8000', model: 'city' }

/** Opens the page as a browser does; a person then needs a while to fill it in. */
async function opened(form = 'trial', wait = '10 s'): Promise<string> {
  const response = await fetch(`${story.running.url}/f/${form}`)
  assert.equal(response.status, 200)
  const [, token = ''] = /name="_token" value="([^"]+)"/.exec(await response.text()) ?? []
  assert.ok(token)
  if (wait) await story.later(wait)
  return token
}

async function send(fields: Fields, token?: string): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries({ _token: token ?? (await opened()), ...fields })) {
    for (const one of [value].flat()) body.append(name, one)
  }
  const response = await fetch(`${story.running.url}/f/trial`, { method: 'POST', body })
  await story.settle()
  return { status: response.status, text: await response.text() }
}

const tickets = () => story.db.read((tx) => tx.find(Ticket, 'ORDER BY id'))
const customers = () => story.db.read((tx) => tx.find(CustomerRow, 'ORDER BY id'))

test('a campaign page opens a ticket with the app’s own checks, and staff see it at once', async () => {
  const sent = await send({
    ...GOOD,
    from: '2026-11-28T09:00',
    to: '2026-11-28T10:30',
    people: '3',
    deposit: '19.99',
    total: '0.01',
    'place-address': '南京东路 1 号',
    'place-lat': '31.23',
    'place-lng': '121.47',
    'place-datum': 'wgs84',
    days: ['sat', 'sun'],
    hacked: 'x',
  })
  assert.equal(sent.status, 200, sent.text)
  const [ticket] = await tickets()
  assert.match(sent.text, new RegExp(`编号 ${ticket?.number}`))
  const { phone, ...answers } = ticket?.answers ?? {}
  assert.equal((phone as Secret).open(), '13800138000')
  assert.deepEqual(answers, {
    name: '赵女士',
    model: 'city',
    from: '2026-11-28 09:00',
    to: '2026-11-28 10:30',
    people: 3,
    deposit: 1999,
    total: 5997,
    place: { lat: 31.228067, lng: 121.474535, address: '南京东路 1 号' },
    days: ['sat', 'sun'],
  })
  const card = JSON.stringify(story.lin.card('预约试驾').card)
  assert.match(card, /赵\*\*/)
  assert.doesNotMatch(card, /13800138000/)
})

test('what is wrong is told on the page, and nothing that was written is lost', async () => {
  const wrong = async (fields: Fields, sentence: RegExp) => {
    const { status, text } = await send({ ...GOOD, ...fields })
    assert.equal(status, 422)
    assert.match(text, sentence)
    assert.match(text, /value="赵女士"/)
  }
  await wrong({ phone: '12345' }, /有效的电话号码/)
  await wrong({ model: 'other' }, /想看什么车/)
  await wrong({ deposit: '500.01' }, /不能大于 500/)
  await wrong({ from: '2026-11-28T09:00', to: '2026-11-28T08:00' }, /结束要晚于开始/)
  await wrong({ 'place-lat': '91', 'place-lng': '1' }, /位置无法识别/)
  await wrong({ 'phone[x]': 'y', phone: '1', name: ['赵女士', '<script>'] }, /有效的电话号码/)
  const several = await send({ ...GOOD, phone: '1', model: 'other', people: '0' })
  assert.match(several.text, /还有 3 处需要修改：<a href="#at-phone">手机号<\/a>、<a href="#at-other">想看什么车<\/a>/)
  for (const name of ['phone', 'other', 'people']) {
    assert.match(several.text, new RegExp(`<p class="wrong" id="wrong-${name}">`))
    assert.match(several.text, new RegExp(`<input id="f-${name}" aria-invalid="true" aria-describedby="wrong-${name}"`))
  }
  assert.doesNotMatch(several.text, /id="wrong-name"/)
  const { text } = await send({ ...GOOD, phone: '1', name: '"><script>alert(1)</script>' })
  assert.doesNotMatch(text, /<script>alert/)
  assert.deepEqual(await tickets(), [])
})

test('a page is good for one sending, for its own form, for two hours, and not within three seconds', async () => {
  const token = await opened()
  const first = await send(GOOD, token)
  const again = await send(GOOD, token)
  assert.equal(first.text, again.text)
  assert.match((await send({ ...GOOD, phone: '13900139000' }, token)).text, /已经提交过/)
  assert.match((await send(GOOD, await opened('trial', ''))).text, /提交得太快/)
  const old = await opened()
  await story.later('3 h')
  const late = await send(GOOD, old)
  assert.match(late.text, /打开太久/)
  // The page that comes back is a fresh one.
  await story.later('10 s')
  const [, fresh = ''] = /name="_token" value="([^"]+)"/.exec(late.text) ?? []
  assert.equal((await send(GOOD, fresh)).status, 200)
  for (const forged of ['', 'trial.1.0.x.y', token.replace('trial', 'others'), `${token}x`]) {
    assert.equal((await send(GOOD, forged)).status, 422)
  }
  assert.equal((await tickets()).length, 2)
})

test('robots are thanked and heard no further; floods by number or address, and large bodies, are refused', async () => {
  const trapped = await send({ ...GOOD, _website: 'http://spam.example' })
  assert.equal(trapped.status, 200)
  assert.doesNotMatch(trapped.text, /编号/)
  assert.deepEqual(await tickets(), [])
  for (let i = 0; i < 5; i++) assert.equal((await send(GOOD)).status, 200)
  const sixth = await send(GOOD)
  assert.equal(sixth.status, 429)
  assert.match(sixth.text, /操作太频繁.*value="赵女士"/s, 'what was filled in is theirs')
  assert.equal((await send({ ...GOOD, phone: '13900139000' })).status, 200)
  const large = await send({ ...GOOD, name: 'x'.repeat(70_000) })
  assert.equal(large.status, 413)
  const token = await opened()
  const statuses: number[] = []
  for (let i = 0; i < 15; i++) statuses.push((await send({ ...GOOD, phone: '1' }, token)).status)
  assert.equal(statuses.at(-1), 429)
  assert.equal((await tickets()).length, 6)
})

test('a typed number is a contact only: it joins nobody who has proved theirs, and proves nothing itself', async () => {
  await story.wang.signIn()
  const [wang] = await customers()
  await send({ ...GOOD, phone: wang?.phone ?? '' })
  await send({ ...GOOD, phone: wang?.phone ?? '' })
  const [ticket, second] = await tickets()
  assert.notEqual(ticket?.customerId, wang?.id)
  assert.equal(ticket?.customerId, second?.customerId)
  assert.equal((await story.wang.call('GET', `/api/tickets/${ticket?.id}`)).status, 404)
  await send({ ...GOOD, phone: story.li.user.phone })
  await story.li.signIn()
  const { body } = await story.li.call<{ tickets: unknown[] }>('GET', '/api/tickets')
  assert.deepEqual(body.tickets, [])
})

test('only forms that a pack puts on the web are there', async () => {
  for (const name of ['complaint', 'trial_call', 'nothing', 'constructor']) {
    assert.equal((await fetch(`${story.running.url}/f/${name}`)).status, 404)
  }
  const page = await fetch(`${story.running.url}/f/trial`)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
})

test('staff answer places and amounts in the chat, are asked what a condition asks, and sign on the page', async () => {
  const { lin } = story
  await send(GOOD)
  await lin.press('预约试驾', 'accept')
  await lin.press('预约试驾', 'finish')
  assert.match(lin.lastLine(), /「见面地点」.*直接发地址/)
  await lin.says('人民广场 3 号口')
  assert.match(lin.lastLine(), /实收订金/)
  await lin.says('五百')
  assert.match(lin.lastLine(), /单位元/)
  await lin.says('600.5 元')
  assert.match(lin.lastLine(), /多收原因/)
  await lin.says('加了一人')
  const run = async () => (await story.db.read((tx) => tx.find(FlowRun, '')))[0]
  const { spot, fee, why } = (await run())?.answers.call ?? {}
  assert.deepEqual({ spot, fee, why }, { spot: { address: '人民广场 3 号口' }, fee: 60050, why: '加了一人' })

  await lin.press('签字确认', 'accept')
  await lin.press('签字确认', 'finish')
  assert.match(lin.read(), /「客户签名」要在页面上手写/)
  await lin.sends(await jpeg())
  assert.equal(lin.lines().filter((line) => line.includes('要在页面上手写')).length, 2)

  const cookie = await enter(lin.link())
  const page = await (await fetch(`${story.running.url}/work`, { headers: { cookie } })).text()
  assert.match(page, /data-sign/)
  const unsigned = await post(cookie, { received: '600.50' })
  assert.equal(unsigned.status, 422)
  const told = await unsigned.text()
  assert.match(told, /请在「客户签名」处签名/)
  assert.match(told, /value="600\.50"/)
  assert.equal((await post(cookie, { received: '600.50' }, await jpeg())).status, 200)
  const signed = (await run())?.answers.sign as { received: number; sign: Secret }
  assert.equal(signed.received, 60050)
  assert.match(String(signed.sign.open()), /^[0-9A-Z]{26}$/)
})

test('a condition that does not hold is not asked about', async () => {
  const { lin } = story
  await send(GOOD)
  await lin.press('预约试驾', 'accept')
  await lin.press('预约试驾', 'finish')
  await lin.says('人民广场')
  await lin.says('500')
  assert.match(lin.lastLine(), /已提交/)
})

async function enter(link: string): Promise<string> {
  const { pathname } = new URL(link)
  const response = await fetch(story.running.url + pathname, { method: 'POST', redirect: 'manual' })
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

function post(cookie: string, fields: Record<string, string>, signature?: Buffer): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('sign', new Blob([signature ?? Buffer.alloc(0)]), 'signature.png')
  return fetch(`${story.running.url}/work`, { method: 'POST', headers: { cookie }, body: form })
}
