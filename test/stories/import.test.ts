import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Customer, CustomerIdentity } from '../../server/domain/customers/customer.ts'
import { LookAlike } from '../../server/domain/customers/look-alike.ts'
import { CustomerFacts } from '../../server/domain/segments/known.ts'
import { CustomerTag } from '../../server/domain/segments/tag.ts'
import { Event } from '../../server/engines/events/event.ts'
import { importFile } from '../../server/import.ts'
import { type Refusal, System } from '../api.ts'
import { Dice } from '../dice.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'

let story: Story
let mall: System
beforeEach(async () => {
  story = await openStory()
  mall = await System.of(story, '商城', ['events:write', 'customers:write', 'customers:read', 'customers:reveal'])
})
afterEach(() => story.close())

interface Progress {
  id: string
  state: string
  percent: number
  accepted: number
  known: number
  refused: number
  error: string | null
  errors: { line: number; field: string; message: string }[]
}
interface Look {
  name: string
  phone: string
  tags: string[]
  facts: Record<string, unknown>
}

/** 姓名 and 手机号 and so on, and a name that GBK writes in two bytes. */
const GBK = Buffer.concat([
  Buffer.from('d0d5c3fb2ccad6bbfabac52cb5d8c7f80d0a', 'hex'),
  Buffer.from('cdf5cffec3b72c31333931323334353637382cc9cfbaa30d0a', 'hex'),
])

const upload = (kind: string, bytes: Buffer | string, more: Record<string, string> = {}) => {
  const form = new FormData()
  form.append('kind', kind)
  for (const [name, text] of Object.entries(more)) form.append(name, text)
  form.append('file', new Blob([bytes as never]), '会员.csv')
  return mall.post<Progress & Refusal>('/imports', form)
}
const customers = async () => (await mall.get<{ customers: Look[] }>('/customers?limit=200')).body.customers
const count = async (table: string) => {
  const [row] = await story.db.read((tx) => tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`))
  return Number(row?.n)
}
const run = async (...args: string[]) => {
  const said: string[] = []
  const drawn: string[] = []
  const desk = {
    house: story.running.house,
    say: (line: string) => void said.push(line),
    draw: (line: string) => void drawn.push(line),
  }
  return { code: await importFile(args, desk), said, drawn }
}
const put = async (name: string, content: string | Buffer) => {
  const path = join(story.folder, name)
  await writeFile(path, content)
  return path
}

describe('through the door', () => {
  test('a file is read in batch by batch, wrong lines are named, and the file is gone afterwards', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `客户${i},${13_900_000_000 + i},"杭州, 西湖",老客户；常客`)
    rows[16] = '坏行,12,杭州,'
    const { status, body } = await upload('customers', `姓名,手机号,地区,标签\n${rows.join('\n')}\n`)
    assert.deepEqual([status, body.state, body.accepted], [202, 'running', 0])
    await story.settle()
    const { body: end } = await mall.get<Progress>(`/imports/${body.id}`)
    assert.deepEqual(
      [end.state, end.percent, end.accepted, end.known, end.refused],
      ['done', 100, 599, 0, 1],
      JSON.stringify(end),
    )
    assert.deepEqual(
      end.errors.map(({ line, field, message }) => [line, field, message]),
      [[18, 'customer.phone', '「customer.phone」格式不对。']],
    )
    const { body: found } = await mall.get<{ customers: Look[] }>('/customers?phone=13900000007')
    const [one] = found.customers
    assert.deepEqual([one?.name, one?.facts.region, one?.tags], ['客户7', '杭州, 西湖', ['常客', '老客户']])
    const files = readdirSync(join(story.folder, 'files'), { recursive: true }).map(String)
    assert.deepEqual(
      files.filter((file) => file.endsWith('.csv')),
      [],
    )
  })

  test('a restart in the middle goes on where it was', async () => {
    const rows = Array.from({ length: 11_000 }, (_, i) => `E${i},page.viewed,2026-11-20 10:00:00,M-${i % 50},${i}`)
    const { body } = await upload('events', `id,name,at,member,data.n\n${rows.join('\n')}`)
    await story.running.duties.find(({ name }) => name === 'read files in')?.run()
    const half = await mall.get<Progress>(`/imports/${body.id}`)
    assert.deepEqual([half.body.state, half.body.accepted], ['running', 10_000])
    await story.restart()
    await story.settle()
    const { body: end } = await mall.get<Progress>(`/imports/${body.id}`)
    assert.deepEqual([end.state, end.accepted, end.known, end.refused], ['done', 11_000, 0, 0])
    const [row] = await story.db.read((tx) =>
      tx.query<{ n: number; at: number }>(`SELECT COUNT(*) AS n, MIN(at) AS at FROM events WHERE name = 'page.viewed'`),
    )
    assert.deepEqual([Number(row?.n), Number(row?.at)], [11_000, Date.parse('2026-11-20T10:00:00+08:00')])
  })

  test('GBK and a mark in front are read, and what cannot be read is refused by name', async () => {
    assert.equal((await upload('customers', GBK)).status, 202)
    assert.equal((await upload('customers', `\ufeff姓名,手机\n李强,13912345679\n`)).status, 202)
    await story.settle()
    assert.deepEqual(
      (await customers()).map(({ name, phone }) => [name, phone]),
      [
        ['王晓梅', '13912345678'],
        ['李强', '13912345679'],
      ],
    )
    const refused = async (bytes: string, more = {}) => {
      const { status, body } = await upload('customers', bytes, more)
      return `${status} ${body.error?.field} ${body.error?.message}`
    }
    assert.match(await refused(''), /^422 file 文件是空的/)
    assert.match(await refused('甲,乙\n1,2'), /^422 file 文件里没有认得的列名/)
    assert.match(await refused('甲,乙\n1,2', { map: '丙=phone' }), /^422 map 文件里没有「丙」这一列，有：甲、乙/)
    assert.match(await refused('甲,乙\n1,2', { map: '甲=telephone' }), /^422 map 没有「telephone」这个字段/)
    assert.equal((await upload('orders', '订单号\n1')).status, 403)
    const other = await System.of(story, '门店', ['customers:write'])
    const { body } = await upload('customers', '手机号\n13912345670')
    assert.equal((await other.get(`/imports/${body.id}`)).status, 404)
    const broken = await upload('customers', '姓名,手机号\n"甲,13912345671\n')
    await story.settle()
    const { body: end } = await mall.get<Progress>(`/imports/${broken.body.id}`)
    assert.deepEqual([end.state, end.error], ['failed', 'csv_broken'])
  })
})

describe('many at once', () => {
  test('a file makes of its rows what the door makes of them one by one, whoever they are and however often', async () => {
    const seed = Number(process.env.SEED ?? 20261129)
    const dice = new Dice(seed)
    const rows = Array.from({ length: 260 }, (_, i) => rowOf(i, dice))
    const lines = rows.map((row) => COLUMNS.map((column) => row[column] ?? '').join(','))
    assert.equal((await upload('customers', `${COLUMNS.join(',')}\n${lines.join('\n')}\n`)).status, 202)
    await story.settle()
    // The next story has keys of its own.
    const filed = await everybody(story)
    const other = await openStory()
    try {
      const door = await System.of(other, '商城', ['customers:write'])
      for (const { name, region, birthday, tags, ...customer } of rows) {
        const told = { ...(name && { name }), ...(region && { region }), ...(birthday && { birthday }) }
        await door.post('/customers', { customer, ...told, ...(tags && { tags: [tags] }) })
      }
      await other.settle()
      assert.deepEqual(filed, await everybody(other), `SEED=${seed}`)
      assert.ok(filed.length > 150, `${filed.length} customers`)
    } finally {
      await other.close()
    }
  })
})

const COLUMNS = ['member', 'phone', 'openid', 'device', 'name', 'region', 'birthday', 'tags']

/** Most are new, some come again with other words, and some have something in common with somebody. */
function rowOf(i: number, dice: Dice): Record<string, string> {
  const who = dice.chance(0.7) ? i : dice.below(i + 1)
  return {
    ...(dice.chance(0.8) && { member: dice.chance(0.02) ? 'null' : `M-${who}` }),
    ...(dice.chance(0.6) && { phone: `139${String(dice.chance(0.9) ? who : dice.below(9)).padStart(8, '0')}` }),
    ...(dice.chance(0.2) && { openid: `o-${dice.chance(0.8) ? who : dice.below(9)}` }),
    ...(dice.chance(0.15) && { device: `d-${dice.below(20)}` }),
    ...(dice.chance(0.7) && { name: `客户${dice.below(90)}` }),
    ...(dice.chance(0.5) && { region: dice.pick(['杭州', '上海']) }),
    ...(dice.chance(0.3) && { birthday: dice.pick(['1990-11-23', '02-29', '02-30']) }),
    ...(dice.chance(0.3) && { tags: dice.pick(['老客户', '常客']) }),
  }
}

/** What became of everybody: who they are, what is known of them and what happened, in an order that hangs on no id. */
async function everybody({ db }: Story): Promise<string[]> {
  return db.read(async (tx) => {
    const all = await tx.find(Customer, '')
    const looks: string[] = []
    for (const { id, nickname, phone } of all) {
      const identities = await tx.find(CustomerIdentity, 'WHERE customerId = ?', [id])
      const tags = await tx.find(CustomerTag, 'WHERE customerId = ? ORDER BY tag', [id])
      const facts = await tx.get(CustomerFacts, id)
      const events = await tx.find(Event, 'WHERE customerId = ? ORDER BY name', [id])
      looks.push(
        JSON.stringify({
          identities: identities.map(({ kind, value, proved }) => `${kind} ${value} ${proved}`).sort(),
          known: [nickname, phone, facts?.region, facts?.birthday, tags.map(({ tag }) => tag)],
          // Of a pair the one with the smaller id is told, whoever that is.
          events: events.map(({ name }) => name).filter((name) => name !== 'customers.look_alike'),
        }),
      )
    }
    const alike = await tx.find(LookAlike, 'ORDER BY kind')
    return [...looks.sort(), ...alike.map(({ kind, state }) => `${kind} ${state}`)]
  })
}

describe('at the terminal', () => {
  test('a trial writes nothing; the real run does, says what was wrong, and again nothing new', async () => {
    const file = await put('会员.csv', '会员卡,姓名,生日\nA1,王一,1990/11/23\nA2,王二,02-30\nA3,,\n,王四,\n')
    const trial = await run('customers', file, '--map', '会员卡=member', '--dry-run')
    assert.equal(await count('customers'), 0)
    assert.match(trial.said.at(-1) ?? '', /^检查完毕（没有写入）：4 行，2 行可以导入，2 行有错误/, 'as the real run')

    const real = await run('customers', file, '--map', '会员卡=member')
    assert.equal(real.code, 1)
    assert.match(real.said.at(-1) ?? '', /^导入完毕：4 行，2 行已导入，2 行有错误，见 .*会员\.csv\.errors\.csv。$/)
    assert.match(real.drawn.join('\n'), /█{24} 100 % {2}4 行/)
    const errors = await readFile(`${file}.errors.csv`, 'utf8')
    assert.equal(
      errors,
      '\ufeff行号,字段,原因\r\n3,birthday,「birthday」填写不正确。\r\n5,customer,「customer」必填。\r\n',
    )
    assert.equal(await count('customers'), 2, 'what is refused half-way leaves nothing')

    await story.settle()
    const events = await count('events')
    const again = await run('customers', file, '--map', '会员卡=member')
    assert.match(again.said.at(-1) ?? '', /4 行，0 行已导入，2 行没有新内容，2 行有错误/)
    assert.deepEqual([await count('customers'), await count('events')], [2, events])
  })

  test('orders and events come in too, and the same file again stores nothing twice', async () => {
    const orders = await put(
      '订单.csv',
      '订单号,手机号,订单金额,状态,下单时间\nD1,13912345678,268.50,paid,2026-11-20 10:00\n',
    )
    const events = await put('事件.csv', '手机号;事件;时间;data.km\n13912345678;ride.ended;2026-11-21 08:00:00;3.5\n')
    for (const round of [1, 2]) {
      assert.equal((await run('orders', orders)).code, 0)
      assert.equal((await run('events', events)).code, 0)
      await story.settle()
      const [one, ...others] = await customers()
      assert.equal(others.length, 0)
      assert.deepEqual([one?.facts.spent_fen, one?.facts.orders, one?.facts.rides], [26_850, 1, 1], `round ${round}`)
    }
    const usage = await run('orders')
    assert.equal(usage.code, 2)
    assert.ok(!existsSync(`${orders}.errors.csv`))
  })
})
