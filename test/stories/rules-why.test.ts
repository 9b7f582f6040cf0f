import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { RuleTrace } from '../../server/engines/rules/run.ts'
import { packs } from '../../server/packs.ts'
import { signWebhook } from '../../server/platforms/webhook.ts'
import type { Story } from '../harness.ts'
import { deeds, happens, idOf, openRuleStory, putRules, runsOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

const CART = `
rule: cart
title: 购物车挽回
on: { event: cart.changed, where: { event.items: { $gt: 0 } } }
if: { customer.has_phone: true, customer.tickets: { $lt: 2 } }
key: cart
stop_when: [{ event: order.paid }]
steps:
  - wait: 30 min
  - split:
      - { name: hold_out, share: 50 %, then: [{ end: 对照组 }] }
      - { name: care, share: 50 % }
  - { do: notify_customer, kind: care }
  - wait_for: { first_of: [cart.opened], timeout: 24 h, on_timeout: [{ do: notify_staff, to: { role: front_line }, or: front_line, title: 没有打开, text: 请看 }] }
`

/** What the operator's program asks for. */
async function operator<T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
  key = operatorKey(),
) {
  const response = await fetch(`${story.running.url}/api/operator/rules${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T }
}

/** What was noted of a rule, as far as a dry run can know it. */
async function notedOf(rule: string): Promise<string[]> {
  const traces = await story.db.read((tx) => tx.find(RuleTrace, 'WHERE rule = ? ORDER BY at, id', [rule]))
  return traces.map(line)
}

const line = ({ at, kind, node, customerId, data }: Pick<RuleTrace, 'at' | 'kind' | 'node' | 'customerId' | 'data'>) =>
  [at, customerId, kind, node, data.word, data.part, data.until, data.outcome, data.why, data.event].join(' ')

test('a dry run over days tells exactly what the later real run of the same events does', async () => {
  story = await openRuleStory({ cart: CART })
  const wang = await idOf(story, story.wang)
  const li = await idOf(story, story.li)
  // Its events come while no such rule is in force.
  await story.db.write((tx) => tx.run('DELETE FROM rule_traces'))
  await operator('POST', '/cart/pause')
  const script: [string, string, string, Record<string, unknown>][] = [
    ['10 min', wang, 'cart.changed', { cart: 'K1', items: 2 }],
    ['20 min', li, 'cart.changed', { cart: 'K2', items: 1 }],
    ['1 min', wang, 'cart.changed', { cart: 'K3', items: 1 }],
    ['5 min', wang, 'order.paid', { cart: 'K1' }],
    ['3 h', li, 'cart.opened', { cart: 'K2' }],
    ['9 h', wang, 'cart.changed', { cart: 'K4', items: 0 }],
    ['1 h', wang, 'cart.changed', { cart: 'K5', items: 5 }],
    ['30 h', li, 'cart.changed', { cart: 'K6', items: 5 }],
    ['2 h', li, 'cart.opened', { cart: 'K6' }],
  ]
  const play = async () => {
    const began = story.clock.now()
    for (const [span, id, name, data] of script) {
      await story.later(span)
      await happens(story, id, name, data)
    }
    await story.later('4 h')
    return began
  }
  const began = await play()
  assert.deepEqual(await runsOf(story, 'cart'), [])
  const told = await operator<{ runs: { traces: RuleTrace[] }[]; sentences: string[] }>('POST', '/cart/dry-run', {
    days: 3,
  })
  assert.equal(told.status, 200)
  assert.deepEqual(await runsOf(story, 'cart'), [], 'a dry run touches nothing')
  assert.equal((await story.db.read((tx) => tx.query('SELECT 1 FROM messages WHERE kind = ?', ['care']))).length, 0)

  // The very same events, a week later to the minute, with the rule in force.
  const week = 7 * 24 * 3_600_000
  story.clock.set(began + week)
  await operator('POST', '/cart/resume')
  await play()
  const shift = (text: string) => text.replace(/\b1\d{12}\b/g, (instant) => String(Number(instant) + week))
  const dry = told.body.runs.flatMap(({ traces }) => traces.map(line)).map(shift)
  const real = (await notedOf('cart')).filter((one) => !/ refused /.test(one))
  assert.ok(dry.length > 20, dry.join('\n'))
  assert.deepEqual([...dry].sort(), [...real].sort())
  for (const words of [/【试跑】「购物车挽回」/, /分到「hold_out」组/, /共进入 5 次，会做 \d 个动作/])
    assert.match(told.body.sentences.join('\n'), words)

  const said: string[] = []
  const desk = {
    templates: story.templates,
    pictures: '',
    say: (text: string) => said.push(text),
    ask: async () => undefined,
    db: story.db,
  }
  assert.equal(await packs(['dry-run', 'cart', '--days', '2'], desk), 0)
  assert.match(said.join('\n'), /【试跑】「购物车挽回」[\s\S]*共进入/)
  assert.equal(await packs(['dry-run', 'card', '--days', '2'], desk), 2)
  assert.equal(await packs(['dry-run', 'cart'], desk), 2)
  assert.match(said.join('\n'), /没有叫「card」的规则，有：[\s\S]*cart[\s\S]*请写明天数/)
})

test('why a rule acted or did not, in words: in the chat and by the operator’s door', async () => {
  story = await openRuleStory({
    cart: CART,
    licence: `
rule: licence
title: 驾照到期
on: { date: customer.licence_expires_at, offset: -30 d, at: '09:00' }
steps: [end]
`,
    care: `
rule: care
title: 关怀
on: { event: ride.ended }
steps: [{ do: notify_customer, kind: care }]
`,
    weekly: `
rule: weekly
title: 周报
on: { every: week, on: [fri], at: '17:00' }
steps: [end]
`,
    back: `
rule: back
title: 唤醒
on: { segment: dormant_30 }
steps: [end]
`,
  })
  const { wang, zhou, lin } = story
  const id = await idOf(story, wang)
  const asked = async (words: string) => {
    await zhou.says(`为什么 1234 ${words}`)
    return zhou.lastLine()
  }
  assert.match(
    await asked('购物车'),
    /【为什么】「购物车挽回」· 王\*\* 138\*\*\*\*1234\n还没有为这位客户执行过。\n· 触发：一直没有发生「购物车变化」/,
  )
  assert.match(await asked('购物车'), /· 其他条件：现在满足$/)
  await happens(story, id, 'cart.changed', { cart: 'K1', items: 0 })
  assert.match(
    await asked('购物车'),
    /· 触发：最近一次「购物车变化」是 11月23日 10:00，但不符合：「商品件数」是0，要求大于 0/,
  )
  assert.match(await asked('驾照'), /不知道「驾照有效期至」，所以不会触发/)
  assert.match(await asked('周报'), /下一次定时在 11月27日 17:00/)
  const entered = (segment: string) => happens(story, id, 'segment.entered', { segment, because: 'facts' })
  await entered('dormant_60')
  assert.match(await asked('唤醒'), /一直没有发生「进入人群」（\d+ 天没有互动）/, 'another segment is beside the point')
  await entered('dormant_30')
  await entered('dormant_60')
  assert.match(await asked('唤醒'), /最近一次「进入人群」是 11月23日 10:00（30 天没有互动）$/m)
  await happens(story, id, 'ride.ended')
  assert.match(
    await asked('关怀'),
    /已通知客户（care，没有可用的渠道，未发出）/,
    'no template is configured: it says so',
  )
  await wang.complain('一')
  await wang.complain('二')
  await happens(story, id, 'cart.changed', { cart: 'K2', items: 1 })
  assert.match(
    await asked('cart'),
    /没有进入（购物车变化）：条件不满足：「工单数」是2，要求小于 2[\s\S]*· 其他条件：现在不满足，「工单数」是2/,
  )
  await zhou.says('为什么 1234')
  assert.match(zhou.lastLine(), /请写明客户和规则，例如/)
  await zhou.says('why 1234 nonsense')
  assert.match(zhou.lastLine(), /没有叫「nonsense」的规则/)
  await lin.says('为什么 9999 cart')
  assert.match(lin.lastLine(), /没有找到「9999」.*例如：为什么 1234 沉默客户跟进$/)

  const by = await operator<{ sentences: string[]; condition: { holds: boolean } }>('GET', `/cart/why?customer=${id}`)
  assert.equal(by.body.condition.holds, false)
  assert.match(by.body.sentences.join('\n'), /工单数/)
  assert.equal((await operator('GET', '/cart/why?customer=1234')).status, 200)
  assert.equal((await operator('GET', '/cart/why?customer=nobody')).status, 404)
  assert.equal((await operator('GET', '/none/why?customer=1234')).status, 404)
  assert.equal((await operator('GET', '', undefined, 'x'.repeat(43))).status, 401)
  assert.equal((await operator('POST', '/cart/explode')).status, 404)
  assert.equal((await operator('POST', '/cart/dry-run', { days: 1000 })).status, 422)
  const all = await operator<{ rules: { rule: string; state: string }[] }>('GET', '')
  assert.deepEqual(all.body.rules.map(({ rule }) => rule).sort(), ['back', 'care', 'cart', 'licence', 'weekly'])
})

test('a task for a customer whose end the rule waits for, and an outside system that is told, signed, until it has taken it', async () => {
  const heard: { headers: IncomingHttpHeaders; body: string }[] = []
  let status = 503
  const outside = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      heard.push({ headers: request.headers, body })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((open) => outside.listen(0, '127.0.0.1', open))
  const { port } = outside.address() as { port: number }
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  try {
    story = await openRuleStory(
      {},
      {
        env: {
          WEBHOOKS: `crm=${secret}@http://127.0.0.1:${port}/in?x=1,2,far=s@http://127.0.0.1:${port}/far`,
          WEBHOOKS_PRIVATE: 'on',
        },
      },
    )
    const pack = join(story.templates, 'packs/service-desk')
    await mkdir(join(pack, 'forms'), { recursive: true })
    await writeFile(
      join(pack, 'forms/visit.yaml'),
      `form: visit\ntitle: 回访\nfields:\n  - { name: result, kind: select, label: 结果, required: true, options: [{ value: happy, label: 满意 }, { value: sad, label: 不满意 }] }\n  - { name: words, kind: longtext, label: 说明 }\n`,
    )
    await writeFile(
      join(pack, 'flows/visit.yaml'),
      `flow: visit\ntitle: 回访\nform: visit\ncalendar: service\nescalation: standard\nsteps:\n  - { step: call, title: 回访, progress: 正在回访, task: 给客户打电话, role: front_line, limit: 4 h, form: visit, actions: [accept, finish, transfer], next: end }\n`,
    )
    await putRules(story, {
      visit: `
rule: visit
title: 归还后回访
on: { event: rental.returned }
steps:
  - { do: create_task, flow: visit, title: '归还 {{event.car}} 后回访', text: 问问用车感受 }
  - wait_for:
      first_of:
        - { event: task.ended, if: { event.answers.call.result: sad }, then: [{ do: call_webhook, to: crm, data: { mood: '{{run.answers.answer.answers.call.result}}' } }] }
        - task.ended
      timeout: 3 d
      on_timeout: [{ do: notify_staff, to: { role: supervisor }, or: supervisor, title: 回访没有做, text: 请安排 }]
`,
    })
    const { lin, zhou } = story
    const wang = await idOf(story, story.wang)
    await happens(story, wang, 'rental.returned', { car: 'SUV-7' })
    await happens(story, await idOf(story, story.li), 'rental.returned', { car: 'MPV-2' })
    assert.match(JSON.stringify(lin.card('归还 SUV-7 后回访')), /王\*\*/)
    await story.restart()
    await lin.press('归还 SUV-7 后回访', 'finish', { result: lin.option('归还 SUV-7', '不满意') })
    assert.equal((await runsOf(story, 'visit'))[0]?.outcome, 'completed')
    assert.match((await deeds(story, 'visit')).join(), /done create_task,waits.*happened task.ended/)
    assert.equal(heard.length, 1)
    await story.restart()
    status = 204
    await story.later('1 min')
    const [first, second] = heard
    assert.equal(heard.length, 2)
    assert.equal(first?.body, second?.body, 'the same bytes')
    assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id'])
    const {
      'webhook-id': id,
      'webhook-timestamp': stamp,
      'webhook-signature': signature,
    } = (second?.headers ?? {}) as Record<string, string>
    assert.equal(signature, signWebhook(secret, id ?? '', stamp ?? '', second?.body ?? ''))
    const body = JSON.parse(second?.body ?? '{}')
    assert.deepEqual(
      [body.rule, body.customer, body.data, body.occasion.car],
      ['visit', wang, { mood: 'sad' }, 'SUV-7'],
    )
    await story.later('3 d')
    assert.match(zhou.lines().join(), /【回访没有做】/, 'of the other one nobody took care')
  } finally {
    outside.close()
  }
})
