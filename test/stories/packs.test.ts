import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(story.templates, 'packs/service-desk', file)
  await writeFile(path, change(await readFile(path, 'utf8')))
  await story.settle()
}

async function limits(): Promise<number[]> {
  const rows = await story.db.read((tx) => tx.query<{ limitMs: number }>('SELECT limitMs FROM flow_steps ORDER BY id'))
  return rows.map(({ limitMs }) => Number(limitMs) / 60_000)
}

test('a changed limit counts for new tickets at once; running ones keep their version', async () => {
  const { wang, li, lin } = story
  await wang.complain('旧时限')
  await edit('flows/complaint.yaml', (text) =>
    text.replace('limit: 10 min', 'limit: 5 min').replace('limit: 30 min', 'limit: 20 min'),
  )
  await li.complain('新时限')
  assert.deepEqual(await limits(), [10, 5])
  await lin.press('旧时限', 'finish', { type: 'other' })
  await lin.press('新时限', 'finish', { type: 'other' })
  assert.deepEqual(await limits(), [10, 5, 30, 20])
})

test('a seventh step is one more entry in the file', async () => {
  await edit('flows/complaint.yaml', (text) =>
    text.replace(
      '    next: assign\n',
      '    next: classify\n\n  - step: classify\n    title: 定级\n    progress: 正在定级\n    task: 给投诉定级\n    role: supervisor\n    limit: 5 min\n    actions: [finish]\n    next: assign\n',
    ),
  )
  const { wang, lin, zhou } = story
  const ticket = await wang.complain('七步流程')
  assert.equal(ticket.steps.length, 7)
  await lin.press('七步流程', 'finish', { type: 'other' })
  await zhou.press('定级', 'finish')
  assert.ok(zhou.card('指派负责人'))
})

test('a bad pack never replaces a good one, and each mistake is told with file, line and reason', async () => {
  const { wang, lin } = story
  await edit('flows/complaint.yaml', (text) =>
    text.replace('role: front_line', 'role: frontline').replace('limit: 4 h', 'limit: four hours'),
  )
  const { problems } = story.running.house.shelf
  const told = problems.map(({ file, line, field, reason }) => `${file}:${line} ${field} ${reason}`).join('\n')
  assert.match(told, /service-desk\/flows\/complaint\.yaml:\d+ steps\.2\.limit/)
  const text = await readFile(join(story.templates, 'packs/service-desk/flows/complaint.yaml'), 'utf8')
  const line = text.split('\n').findIndex((one) => one.includes('four hours')) + 1
  assert.ok(
    problems.some((problem) => problem.line === line),
    told,
  )
  await wang.complain('坏包期间')
  assert.ok(lin.card('坏包期间'))
  await edit('flows/complaint.yaml', (bad) => bad.replace('four hours', '4 h'))
  assert.match(
    JSON.stringify(story.running.house.shelf.problems),
    /there is no role \\"frontline\\"; known: front_line/,
  )
  await edit('flows/complaint.yaml', (bad) => bad.replace('role: frontline', 'role: front_line'))
  assert.deepEqual(story.running.house.shelf.problems, [])
})

test('a first start with a broken pack fails and says why', async () => {
  const path = join(story.templates, 'packs/service-desk/pack.yaml')
  await writeFile(path, 'pack: service-desk\ntitle: [\n')
  await story.running.close()
  await assert.rejects(() => story.open(), /pack\.yaml:\d+/)
  await writeFile(path, await readFile(new URL('../../../templates/packs/service-desk/pack.yaml', import.meta.url)))
  await story.open()
})

test('a form that was opened before a change is taken as it was shown', async () => {
  const { wang } = story
  await wang.signIn()
  const { body: shown } = await wang.call<{ version: number }>('GET', '/api/forms/complaint')
  await edit('forms/complaint.yaml', (text) => text.replace('    maxLength: 500', '    maxLength: 10'))
  const answers = { type: 'fee', urgency: 'normal', description: '这段说明比新版本允许的十个字要长' }
  const old = await wang.call('POST', '/api/tickets', { form: 'complaint', version: shown.version, answers })
  assert.equal(old.status, 201)
  const fresh = await wang.call('POST', '/api/tickets', { form: 'complaint', version: shown.version + 1, answers })
  assert.equal(fresh.status, 422)
})

test('several packs in force: a role is held by whoever fits any of them, a form is shared, and one name is one thing', async () => {
  const packs = join(story.templates, 'packs')
  await story.running.close()
  Object.assign(story, { options: { env: { PACKS: 'service-desk,bike-share,car-rental,mall' } } })
  const keeper = { position: '出纳', departments: [1] }
  story.hire('qianfang', '钱芳', keeper)
  await writeFile(
    join(packs, 'mall/pack.yaml'),
    (await readFile(join(packs, 'mall/pack.yaml'), 'utf8')).replace(
      '- position: [财务, 会计, 出纳]',
      '- position: [收银]',
    ),
  )
  await story.open()
  await story.settle()
  const held = await story.db.read((tx) =>
    tx.query(
      `SELECT 1 FROM staff_roles r JOIN staff s ON s.id = r.staffId WHERE r.role = 'finance' AND s.name = '钱芳'`,
    ),
  )
  assert.equal(held.length, 1, 'what the last pack says takes nothing from the others')
  const { shelf } = story.running.house
  assert.ok(shelf.flows.has('deposit_refund') && shelf.flows.has('rental_deposit'))
  assert.deepEqual(shelf.flows.get('rental_deposit')?.body.forms.refund_pay, shelf.form('refund_pay').body)

  const path = join(packs, 'mall/flows/question.yaml')
  const good = await readFile(path, 'utf8')
  await writeFile(path, good.replace('flow: question', 'flow: complaint'))
  await story.settle()
  const told = () => shelf.problems.map(({ file, field, reason }) => `${file} ${field} ${reason}`).join('\n')
  assert.equal(
    told(),
    'mall/flows/question.yaml flow "complaint" is defined in service-desk/flows/complaint.yaml already',
  )
  assert.equal(shelf.flows.get('complaint')?.body.steps.length, 6, 'the one in force stays')
  await writeFile(path, good)
  await story.settle()
  assert.equal(told(), '')
})
