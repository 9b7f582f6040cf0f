import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ROOT } from '../../server/lib/config.ts'
import { packs } from '../../server/packs.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  await cp(join(ROOT, 'templates'), join(folder, 'templates'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const REFUND_FORM = `form: refund
title: 退款
fields:
  - { name: amount, kind: number, label: 退款金额, required: true }
  - { name: receipt, kind: photos, label: 收据, required: true }
`

const LOOK_FORM = `form: look
title: 现场查看
fields:
  - { name: after, kind: photos, label: 现场照片, required: true }
  - { name: place, kind: location, label: 位置, required: true }
`

const REFUND = `flow: refund
title: 退款
form: refund
calendar: service
escalation: standard
steps:
  - step: split
    parallel: [look, bill]
    then: approve
  - { step: look, title: 现场查看, progress: 正在查看, task: 查看现场, role: engineer, limit: 2 h, form: look, evidence: [after], actions: [finish], next: join }
  - step: bill
    title: 核对账单
    progress: 正在核对
    task: 核对账单
    role: front_line
    limit: { default: 4 h, urgent: 1 h }
    actions: [finish]
    next: [{ when: { form.amount: { $gt: 50 } }, to: audit }, { to: join }]
  - { step: audit, title: 复核, progress: 正在复核, task: 复核账单, role: supervisor, limit: 1 h, actions: [finish], next: join }
  - step: approve
    title: 总监审批
    progress: 正在审批
    task: 审批退款
    role: director
    limit: 4 h
    approval: { by: all }
    actions: [approve, reject]
    next: [{ when: { approve.decision: rejected }, to: tell }, { to: paid }]
  - step: paid
    title: 等待到账
    progress: 等待到账
    wait: { for: payment.refunded, until: 2 d, timeout: tell }
    next: repair
  - { step: repair, title: 善后, progress: 正在善后, run: aftercare, next: tell }
  - { step: tell, title: 告知客户, progress: 即将答复, task: 告知客户结果, role: front_line, limit: 1 h, actions: [finish], next: end }
`

const AFTERCARE = `flow: aftercare
title: 善后
form: refund
calendar: service
escalation: standard
steps:
  - { step: care, title: 回访, progress: 正在回访, task: 回访客户, role: front_line, limit: 1 h, actions: [finish], next: end }
`

/** A flow with everything that is not a plain step: branches at once, an approval, a wait, another flow. */
async function addRefund(): Promise<void> {
  const pack = join(folder, 'templates/packs/service-desk')
  await writeFile(join(pack, 'forms/refund.yaml'), REFUND_FORM)
  await writeFile(join(pack, 'forms/look.yaml'), LOOK_FORM)
  await writeFile(join(pack, 'flows/refund.yaml'), REFUND)
  await writeFile(join(pack, 'flows/aftercare.yaml'), AFTERCARE)
}

/** Runs a tool at a terminal at which these lines are typed. */
async function run(args: string[], typed: string[] = []): Promise<{ code: number; told: string; asked: string[] }> {
  const lines: string[] = []
  const asked: string[] = []
  const code = await packs(args, {
    templates: join(folder, 'templates'),
    pictures: join(folder, 'pictures'),
    say: (line) => lines.push(line),
    ask: async (prompt) => {
      asked.push(prompt)
      return typed.shift()
    },
  })
  return { code, told: lines.join('\n'), asked }
}

async function planned(plan: string): Promise<{ code: number; told: string }> {
  const path = join(folder, 'plan.yaml')
  await writeFile(path, plan)
  return run(['try', 'complaint', '--auto', '--answers', path])
}

/** Asserts that these stand in a text in this order. */
function inOrder(text: string, parts: string[]): void {
  let from = 0
  for (const part of parts) {
    const at = text.indexOf(part, from)
    assert.ok(at >= 0, `"${part}" does not follow in:\n${text}`)
    from = at + part.length
  }
}

describe('try', () => {
  test('walks a flow by itself: each step with its people, its limit and its messages, to the end', async () => {
    const { code, told } = await run(['try', 'complaint', '--auto'])
    assert.equal(code, 0, told)
    inOrder(told, [
      '试走「投诉处理」 · 从 11月23日 10:00 开始',
      '第 1 步「登记核实」',
      '由谁：一线客服 → 一线客服甲、一线客服乙（先受理的人办理）',
      '时限：10 分钟，最晚 11月23日 10:10',
      '→ 发给一线客服甲：任务卡',
      '→ 发给客户：服务进度「客服正在核实您反映的情况」',
      '第 2 步「指派负责人」',
      '负责人：责任工程师甲',
      '第 3 步「制定方案」',
      '由谁：责任工程师 → 责任工程师甲\n',
      '第 4 步「与客户沟通」',
      '↳ 因为其他条件都不满足，转到「落实解决」',
      '→ 发给客户：处理结果',
      '第 6 步「回访总结」',
      '流程结束',
    ])
    assert.doesNotMatch(told, /超时提醒|升级提醒/)
  })

  test('takes answers and times from a file: branches with their reason, warnings and escalation on the way', async () => {
    const { code, told } = await planned(`
takes: { register: 25 min }
answers:
  form: { type: fee, urgency: urgent, description: 多收了费用 }
  assign: { engineer: 责任工程师乙 }
  talk:
    - { agreed: 'no', note: 不同意 }
    - { agreed: 'yes', note: 同意了 }
`)
    assert.equal(code, 0, told)
    inOrder(told, [
      '投诉类型：费用争议',
      '→ 发给服务总监甲：紧急通知',
      '10:05 到时间了',
      '→ 发给一线客服甲：时限提醒',
      '10:10 到时间了',
      '→ 发给一线客服甲：超时提醒',
      '10:20 到时间了',
      '→ 发给客服主管甲：升级提醒',
      '✓ 11月23日 10:25 一线客服甲完成',
      '负责人：责任工程师乙',
      '由谁：责任工程师 → 责任工程师乙\n',
      '↳ 因为客户意见为「不接受」，转到「制定方案」',
      '第 5 步「制定方案」',
      '沟通记录：同意了',
      '↳ 因为其他条件都不满足，转到「落实解决」',
      '流程结束',
    ])
  })

  test('leaves a loop by itself: at a second visit it answers differently', async () => {
    const path = join(folder, 'templates/packs/service-desk/flows/complaint.yaml')
    await writeFile(path, (await readFile(path, 'utf8')).replace("talk.agreed: 'no'", "talk.agreed: 'yes'"))
    const { code, told } = await run(['try', 'complaint', '--auto'])
    assert.equal(code, 0, told)
    inOrder(told, ['因为客户意见为「接受方案」，转到「制定方案」', '客户意见：不接受', '流程结束'])
  })

  test('walks branches at once, an approval by all, a wait that times out', async () => {
    await addRefund()
    const { code, told } = await run(['try', 'refund', '--auto'])
    assert.equal(code, 0, told)
    inOrder(told, [
      '「现场查看」',
      '现场照片：',
      '「核对账单」',
      '服务总监甲同意',
      '服务总监乙同意',
      '转到「等待到账」',
    ])
    inOrder(told, ['等待「等待到账」，时间快进到 11月25日', '「告知客户」', '流程结束'])
  })

  test('a rejected approval goes where the flow says', async () => {
    await addRefund()
    const path = join(folder, 'plan.yaml')
    await writeFile(
      path,
      'answers: { form: { amount: 80, receipt: 2 }, approve: { decision: reject, words: 金额不对 } }',
    )
    const { code, told } = await run(['try', 'refund', '--auto', '--answers', path])
    assert.equal(code, 0, told)
    inOrder(told, [
      '收据：2 张',
      '↳ 因为退款金额大于 50，转到「复核」',
      '驳回：金额不对',
      '因为审批结果为「驳回」，转到「告知客户」',
    ])
  })

  test('asks at the terminal for what nobody has written down', async () => {
    const opening = ['2', '多收了五元', '', 'A-1', '一般']
    const rest = ['1', '', '1', '', '退回五元', '', '接受方案', '同意', '已退回', '', '5', '都好']
    const { code, told, asked } = await run(['try', 'complaint'], [...opening, ...rest])
    assert.equal(code, 0, told)
    assert.match(asked[0] ?? '', /投诉类型（必填） \[1 服务态度 \/ 2 费用争议/)
    inOrder(told, ['投诉类型：费用争议', '情况说明：多收了五元', '订单号：A-1', '解决方案：退回五元', '流程结束'])
  })

  test('stops with a reason at an answer that the form refuses, and when nobody answers', async () => {
    const refused = await planned('answers: { form: { type: fee, urgency: normal } }')
    assert.equal(refused.code, 1)
    assert.match(refused.told, /走不下去：请填写「情况说明」。/)
    const gone = await run(['try', 'complaint'], ['2'])
    assert.equal(gone.code, 1)
    assert.match(gone.told, /没有人回答/)
  })

  test('tells how it is used when it is used otherwise, and which file it cannot read', async () => {
    for (const args of [['walk'], ['try', 'complaint', '--quick'], ['try', 'complaint', '--from', 'someday']]) {
      const { code, told } = await run(args)
      assert.equal(code, 2)
      assert.match(told, /^用法：/)
    }
    const { code, told } = await run(['try', 'complaint', '--answers', join(folder, 'none.yaml')])
    assert.equal(code, 2)
    assert.match(told, /读不出「.*none\.yaml」/)
  })

  test('walks a flow that no customer opens, and answers what only a condition asks for', async () => {
    const care = await run(['try', 'car_service', '--auto'])
    assert.equal(care.code, 0, care.told)
    inOrder(care.told, ['试走「车辆保养」', '第 1 步「定期保养」', '保养照片：', '流程结束'])
    const returned = await run(['try', 'return_exchange', '--auto'])
    assert.equal(returned.code, 0, returned.told)
    inOrder(returned.told, ['原因：商品破损', '照片：', '等待寄回', '「催寄回」', '快递单号：', '「退款」', '流程结束'])
  })

  test('names the flows that there are for one that there is not', async () => {
    const { code, told } = await run(['try', 'complain'])
    assert.equal(code, 2)
    assert.match(told, /没有叫「complain」的流程，有：.*complaint/)
  })
})

describe('draw', () => {
  async function picture(flow: string): Promise<string> {
    const { code, told } = await run(['draw', flow])
    assert.equal(code, 0, told)
    const svg = await readFile(join(folder, 'pictures', `${flow}.svg`), 'utf8')
    assert.equal(XMLValidator.validate(svg), true)
    return svg
  }

  test('each step stands in the picture with its role and limit, each branch with its condition in words', async () => {
    const svg = await picture('complaint')
    for (const words of ['登记核实', '指派负责人', '制定方案', '与客户沟通', '落实解决', '回访总结', '结束']) {
      assert.ok(svg.includes(`>${words}</text>`), words)
    }
    for (const words of ['一线客服 · 时限 10 分钟', '客户意见为「不接受」', '其他情况', '客户提交「投诉」']) {
      assert.ok(svg.includes(`>${words}</text>`), words)
    }
    // The way back from the talk to the solution is broken, and only that one.
    assert.equal(svg.match(/stroke-dasharray/g)?.length, 1)
  })

  test('branches at once, approvals, waits and other flows have shapes of their own', async () => {
    await addRefund()
    const svg = await picture('refund')
    for (const words of [
      '同时进行',
      '全部完成后继续',
      '审批',
      '等待 payment.refunded',
      '最多等 48 小时',
      '超时未等到',
    ]) {
      assert.ok(svg.includes(`>${words}</text>`), words)
    }
    for (const words of ['子流程 善后', '紧急时 1 小时', '退款金额大于 50', '审批结果为「驳回」']) {
      assert.ok(svg.includes(`>${words}</text>`), words)
    }
  })

  test('a dispatch rule is told by what it looks at, and by how long whoever is found has', async () => {
    assert.match(await picture('fault'), />按距离、技能、片区、手上的任务派单，10 分钟内受理</)
    assert.match(await picture('lead'), />按技能、手上的任务派单，10 分钟内受理</)
  })

  test('nothing is drawn outside of the picture, and no text is wider than its box', async () => {
    const svg = await picture('complaint')
    const parsed = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: () => false }).parse(svg)
    const { width, height, g } = parsed.svg
    const shift = Number(/translate\(([\d.]+)/.exec(g.transform)?.[1])
    for (const { x, y, width: wide, height: tall } of g.rect) {
      assert.ok(shift + Number(x) >= 0 && shift + Number(x) + Number(wide) <= Number(width))
      assert.ok(Number(y) >= 0 && Number(y) + Number(tall) <= Number(height))
    }
    for (const { rect, text } of g.g) {
      for (const line of text) {
        const room = Number(rect.x) + Number(rect.width) - Number(line.x)
        const chinese = String(line['#text']).match(/[\u2e80-\uffe6]/g)?.length ?? 0
        assert.ok(chinese * Number(line['font-size']) < room, line['#text'])
      }
    }
  })

  test('words of the pack cannot break the picture', async () => {
    const path = join(folder, 'templates/packs/service-desk/flows/complaint.yaml')
    await writeFile(path, (await readFile(path, 'utf8')).replace('title: 登记核实', "title: 'a<b>&\"c'"))
    assert.ok((await picture('complaint')).includes('a&lt;b&gt;&amp;&quot;c'))
  })

  test('a condition of several parts is told as people say it', async () => {
    const path = join(folder, 'templates/packs/service-desk/flows/complaint.yaml')
    const condition = "$or: [{ talk.agreed: { $in: ['no'] } }, { form.type: { $ne: fee }, priority: urgent }]"
    await writeFile(path, (await readFile(path, 'utf8')).replace("talk.agreed: 'no'", condition))
    const svg = (await picture('complaint')).replace(/<[^>]+>\n?/g, '')
    for (const words of ['客户意见为「不接受」', '投诉类型不为「费用争议」', '优先级为「紧急」', '，或', '，且']) {
      assert.ok(svg.replace(/\s/g, '').includes(words), `${words}: ${svg}`)
    }
  })
})
