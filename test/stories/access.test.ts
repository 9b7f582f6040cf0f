import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { profileCustomer } from '../../server/domain/segments/profile.ts'
import { type Door, shownBy, sightOf, type Viewer } from '../../server/engines/access/access.ts'
import { FIELDS, type Field, PERSONAL, VIEWS, type View } from '../../server/engines/access/matrix.ts'
import { readPack } from '../../server/engines/packs/pack.ts'
import type { PackProblem } from '../../server/engines/packs/source.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

const ROLES = ['front_line', 'engineer', 'supervisor', 'director', 'api'] as const
type Role = (typeof ROLES)[number]

interface Row {
  rows: 'own' | 'department' | 'all'
  view: Record<Field, View>
  own: Record<Field, View>
  export: Field[]
}

/** What the customer's values become, written down by hand: the product's own masks are not asked. */
const FULL: Partial<Record<Field, string>> = {
  name: '王晓梅',
  phone: '13800001234',
  region: '杭州',
  tags: '常客',
  notes: '周五续约',
}
const MASKED: Partial<Record<Field, string>> = { name: '王**', phone: '138****1234' }

/** A matrix that nobody would write and that says something else at every place. */
function matrixOf(seed: number): Record<Role, Row> {
  const dice = new Dice(seed)
  const one = <T>(list: readonly T[]): T => dice.pick(list)
  return Object.fromEntries(
    ROLES.map((role): [Role, Row] => {
      const view = Object.fromEntries(FIELDS.map((field) => [field, one(VIEWS)])) as Row['view']
      const own = Object.fromEntries(
        FIELDS.map((field) => [field, one(VIEWS.slice(VIEWS.indexOf(view[field])))]),
      ) as Row['own']
      const seen = FIELDS.filter((field) => (role === 'api' ? view : own)[field] !== 'none')
      const rows = role === 'api' ? 'all' : one(['own', 'department', 'all'] as const)
      return [role, { rows, view, own: role === 'api' ? view : own, export: seen.filter(() => dice.chance(0.6)) }]
    }),
  ) as Record<Role, Row>
}

const yamlOf = (matrix: Record<Role, Row>) =>
  `access: ${JSON.stringify(
    Object.fromEntries(
      Object.entries(matrix).map(([role, { own, ...row }]) => [role, role === 'api' ? row : { ...row, own }]),
    ),
  )}\n`

let story: Story
let wang: string
beforeEach(async () => {
  story = await openStory()
  wang = await idOf(story, story.wang)
  await story.db.write((tx) => profileCustomer(tx, wang, { region: '杭州' }, { type: 'system' }))
  await story.lin.says('打电话给 1234，周五续约')
  await story.lin.press('周五续约', 'yes')
  await story.lin.says('客户标签 1234 常客')
})
afterEach(() => story.close())

async function useMatrix(yaml: string): Promise<PackProblem[]> {
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, `${text.replace(/^access:\n(?: .*\n)+|^access: .*\n/m, yaml)}`)
  return story.running.house.shelf.load(story.db)
}

const workers = () =>
  ({ front_line: story.lin, engineer: story.chen, supervisor: story.zhou, director: story.he }) as const

async function staffId(role: Exclude<Role, 'api'>): Promise<string> {
  const [row] = await story.db.read((tx) =>
    tx.query<{ id: string }>('SELECT staffId AS id FROM staff_roles WHERE role = ?', [role]),
  )
  return row?.id ?? ''
}

/** 林小雨 spoke with the customer last: she looks after her; 客服部 is hers and 周敏's department. */
const WITHIN: Record<Row['rows'], Role[]> = {
  own: ['front_line', 'api'],
  department: ['front_line', 'supervisor', 'api'],
  all: [...ROLES],
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  describe(`a matrix by dice ${seed}`, () => {
    test('holds for every role and field at every door', async () => {
      const matrix = matrixOf(seed)
      assert.deepEqual(await useMatrix(yamlOf(matrix)), [])
      let looked = 0
      for (const role of ROLES) {
        const row = matrix[role]
        const viewer: Viewer = role === 'api' ? { program: 'operator' } : { staff: await staffId(role) }
        for (const door of ['card', 'api', 'export', 'report'] as Door[]) {
          const sight = await story.db.read((tx) => sightOf(tx, viewer, door, wang))
          assert.equal(sight !== undefined, WITHIN[row.rows].includes(role), `${role} ${row.rows} at ${door}`)
          if (!sight) continue
          for (const field of FIELDS) {
            const view = door === 'export' && !row.export.includes(field) ? 'none' : row.view[field]
            const { shown, inFull } = shownBy(sight, { [field]: FULL[field] ?? 'x@y.example' })
            const full = FULL[field] ?? 'x@y.example'
            if (view === 'full') assert.equal(shown[field], full, `${role} ${field} ${door}`)
            else assert.notEqual(shown[field], full, `${role} ${field} ${door}`)
            assert.equal(field in shown, view !== 'none', `${role} ${field} ${door}`)
            assert.equal(inFull.includes(field), view === 'full' && PERSONAL.has(field))
            looked++
          }
        }
      }
      assert.ok(looked > 100)
    })

    test('and is what stands on cards, in files, and in answers to programs', async () => {
      const matrix = matrixOf(seed)
      assert.deepEqual(await useMatrix(yamlOf(matrix)), [])
      const told = (field: Field, view: View) =>
        view === 'full' ? FULL[field] : view === 'masked' ? (MASKED[field] ?? '***') : undefined
      for (const role of ROLES) {
        if (role === 'api') continue
        const row = matrix[role]
        const worker = workers()[role]
        await worker.says('客户 1234')
        if (!WITHIN[row.rows].includes(role)) {
          assert.match(worker.lastLine(), /没有找到/, `${role} finds nobody`)
          continue
        }
        const listed = JSON.stringify(worker.card('找到').card)
        assert.ok(!listed.includes('13800001234') && !listed.includes('王晓梅'), 'in passing nobody stands in full')
        await worker.press('找到', 'view_0')
        const text = JSON.stringify(worker.card('全部经过').card)
        for (const field of ['name', 'phone'] as const) {
          const expected = told(field, row.view[field])
          if (expected) assert.ok(text.includes(expected), `${role} ${field} ${row.view[field]}: ${text}`)
          if (row.view[field] !== 'full') assert.ok(!text.includes(FULL[field] ?? ''), `${role} ${field}: ${text}`)
        }
        assert.equal(text.includes('周五续约'), row.view.notes === 'full', `${role} notes: ${text}`)
        await fileIsRight(role, row)
      }
      const { status, body } = await operator('segments/preview', { when: {}, sample: 10 })
      assert.equal(status, 200)
      const [seen] = (body as { sample: Record<string, unknown>[] }).sample
      for (const field of ['name', 'phone'] as const)
        assert.equal(seen?.[field], told(field, matrix.api.view[field]), `api ${field}`)
    })
  })
}

async function operator(path: string, body: unknown) {
  const response = await fetch(`${story.running.url}/api/operator/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

async function fileIsRight(role: Exclude<Role, 'api'>, row: Row): Promise<void> {
  const worker = workers()[role]
  await worker.says('导出客户')
  if (row.export.length === 0) {
    assert.match(worker.lastLine(), /没有|不能|无权/)
    return
  }
  const url = worker.link()
  const csv = await (await fetch(url)).text()
  assert.equal((await fetch(url)).status, 403, 'a file is handed out once')
  const [head = '', line = ''] = csv.replace('\ufeff', '').split('\r\n')
  assert.equal(head.split(',').length, row.export.length)
  const cells = line.split(',').map((cell) => cell.replace(/^"|"$/g, ''))
  const columns = FIELDS.filter((field) => row.export.includes(field))
  for (const [place, field] of columns.entries()) {
    if (!FULL[field] || field === 'notes') continue
    const view = row.view[field]
    const expected = view === 'full' ? FULL[field] : view === 'masked' ? (MASKED[field] ?? '***') : ''
    assert.equal(cells[place], expected, `${role} ${field} in the file: ${csv}`)
  }
}

test('whoever has something to do for a customer sees more of them, and only as long as that', async () => {
  const { lin, zhou } = story
  await lin.says('客户 1234')
  await lin.press('找到', 'view_0')
  assert.match(JSON.stringify(lin.card('全部经过').card), /王\*\* 138\*\*\*\*1234/)
  const ticket = await story.wang.complain('需要回电')
  await lin.press('需要回电', 'accept')
  await lin.says('客户 1234')
  await lin.press('找到', 'view_0')
  assert.match(JSON.stringify(lin.card('全部经过').card), /王晓梅 13800001234/)
  await story.wang.does(ticket.id, 'withdraw', { reason: '不用了' })
  await lin.says('客户 1234')
  await lin.press('找到', 'view_0')
  assert.match(JSON.stringify(lin.card('全部经过').card), /王\*\* 138\*\*\*\*1234/)

  await zhou.says('谁看过 1234')
  assert.match(zhou.lastLine(), /林小雨：姓名、手机号（聊天，查客户）/)
  await lin.says('谁看过 1234')
  assert.doesNotMatch(lin.lastLine(), /【谁看过】/)
})

test('reads within an hour are one row, and old ones are swept', async () => {
  const { lin } = story
  await story.wang.complain('需要回电')
  await lin.press('需要回电', 'accept')
  const look = async () => {
    await lin.says('客户 1234')
    await lin.press('找到', 'view_0')
  }
  for (let times = 0; times < 3; times++) {
    await look()
    await story.later('1 min')
  }
  const rows = () =>
    story.db.read((tx) => tx.query<{ times: number; fields: string }>('SELECT times, fields FROM access_reads'))
  assert.deepEqual(
    (await rows()).map(({ times, fields }) => [Number(times), fields]),
    [[3, '["name","phone"]']],
  )
  await story.later('70 min')
  await look()
  assert.equal((await rows()).length, 2)
  story.clock.set(story.clock.now() + 181 * 86_400_000)
  const sweep = story.running.duties.find(({ name }) => name === 'forget reads')
  assert.equal(await sweep?.run(), 2)
  assert.equal(await sweep?.run(), 0)
  assert.deepEqual(await rows(), [])
})

test('a role without the right does not tag, take tags off or write talks down', async () => {
  const { chen, lin } = story
  assert.deepEqual(await useMatrix('access: { engineer: { edit: [], delete: [] }, front_line: { delete: [] } }\n'), [])
  await chen.says('客户标签 1234 难缠')
  assert.match(chen.lastLine(), /您的岗位不能/)
  await lin.says('客户标签 1234 -常客')
  assert.match(lin.lastLine(), /您的岗位不能/)
  await chen.says('打电话给 1234，谈过了')
  await chen.press('谈过了', 'yes').catch(() => undefined)
  const tags = await story.db.read((tx) => tx.query<{ tag: string }>('SELECT tag FROM customer_tags'))
  assert.deepEqual(
    tags.map(({ tag }) => tag),
    ['常客'],
  )
  const talks = await story.db.read((tx) => tx.query(`SELECT id FROM events WHERE name = 'interaction.recorded'`))
  assert.equal(talks.length, 1)
})

test('a wrong matrix is explained: where, and what would be right', async () => {
  const root = join(story.templates, 'packs')
  const check = async (yaml: string) => {
    await useMatrix(yaml)
    const problems: PackProblem[] = []
    readPack(root, 'service-desk', problems)
    return problems.map(({ field, reason }) => `${field}: ${reason}`)
  }
  assert.match(
    (await check('access: { frontline: { rows: all } }\n')).join(),
    /^access\.frontline: there is no role "frontline"; known: front_line/,
  )
  assert.match((await check('access: { engineer: { view: { fone: full } } }\n')).join(), /access\.engineer\.view/)
  assert.match(
    (await check('access: { engineer: { view: { phone: full }, own: { phone: masked } } }\n')).join(),
    /"own" must not show less of "phone"/,
  )
  assert.match(
    (await check('access: { engineer: { view: { spent: none }, export: [spent] } }\n')).join(),
    /access\.engineer\.export\.0: "spent" is not seen/,
  )
  assert.match((await check('access: { api: { rows: own } }\n')).join(), /a program has no customers of its own/)
  assert.deepEqual(await check('access: { engineer: { view: { spent: none } } }\n'), [])
})
