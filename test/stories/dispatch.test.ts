import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sweepDispatch } from '../../server/engines/dispatch/sweep.ts'
import { type Detail, onEachChat, type Story, Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const FORM = `
form: repair
title: 车辆报修
intro: 请告诉我们车在哪里、哪里坏了
submit: 提交
fields:
  - { name: what, kind: longtext, label: 说明, required: true }
  - name: fault
    kind: select
    label: 故障
    required: true
    options: [{ value: lock, label: 车锁 }, { value: tire, label: 轮胎 }, { value: other, label: 其他 }]
  - name: hurry
    kind: select
    label: 着急
    options: [{ value: 'yes', label: 是 }, { value: 'no', label: 否 }]
  - { name: where, kind: location, label: 位置 }
`
const FLOW = `
flow: repair
title: 车辆维修
form: repair
calendar: service
escalation: standard
priority: [{ when: { hurry: 'yes' }, is: urgent }]
steps:
  - step: fix
    title: 现场维修
    progress: 维修师傅正在赶去
    task: 到现场修好
    role: front_line
    assign: { dispatch: field }
    limit: 4 h
    actions: [accept, finish, transfer]
    next: end
`
const RULE = `
dispatch: field
role: front_line
skills: { lock: [锁], tire: [轮胎] }
skill_from: form.fault
zones: zones/city
capacity: 2
accept_within: { default: 10 min, urgent: 5 min }
overflow: supervisor
retry_every: 2 min
`
const square = (zone: string, west: number, east: number) => ({
  type: 'Feature',
  properties: { zone, name: zone },
  geometry: {
    type: 'Polygon',
    coordinates: [[west, east, east, west, west].map((lng, i) => [lng, i < 2 || i === 4 ? 31.0 : 31.5])],
  },
})
const ZONES = { type: 'FeatureCollection', features: [square('城西', 121.0, 121.45), square('城东', 121.45, 121.9)] }

/** A place so many kilometres north of the middle of the city's east. */
const north = (km: number) => ({ lat: 31.2 + km / 111.2, lng: 121.6 })
const said = ({ lat, lng }: { lat: number; lng: number }) => `我在 ${lat.toFixed(6)},${lng.toFixed(6)}`

onEachChat((open, chat) => {
  let story: Story
  let sun: Worker
  let qian: Worker
  beforeEach(async () => {
    story = await open()
    const pack = join(story.templates, 'packs/service-desk')
    for (const folder of ['dispatch', 'zones']) await mkdir(join(pack, folder))
    await writeFile(join(pack, 'forms/repair.yaml'), FORM)
    await writeFile(join(pack, 'flows/repair.yaml'), FLOW)
    await writeFile(join(pack, 'dispatch/field.yaml'), RULE)
    await writeFile(join(pack, 'zones/city.geojson'), JSON.stringify(ZONES))
    story.hire('sunli', '孙丽')
    story.hire('qianwu', '钱五')
    await story.restart()
    await story.settle()
    sun = new Worker(story, 'sunli')
    qian = new Worker(story, 'qianwu')
  })
  afterEach(() => story.close())

  /** A rider reports a fault. */
  async function report(what: string, more: Record<string, unknown> = {}): Promise<Detail> {
    const { wang } = story
    if (!wang.token) await wang.signIn()
    const answers = { what, fault: 'other', where: { ...north(0), address: '人民路 1 号' }, ...more }
    const { status, body } = await wang.call<Detail>('POST', '/api/tickets', { form: 'repair', answers })
    assert.equal(status, 201, JSON.stringify(body))
    await story.settle()
    return body
  }

  /** Who has a card on which something can be done about these words. */
  function holders(words: string): string[] {
    const { lin, zhou } = story
    const people = Object.entries({ lin, sun, qian, zhou })
    return people.flatMap(([name, worker]) =>
      worker.cards().some((item) => item.alive && JSON.stringify(item.card).includes(words)) ? [name] : [],
    )
  }

  async function stand(places: [Worker, number][]): Promise<void> {
    for (const [worker, km] of places) await worker.says(said(north(km)))
  }

  async function offers(): Promise<{ state: string; n: number }[]> {
    const rows = await story.db.read((tx) =>
      tx.query<{ state: string; n: number }>('SELECT state, n FROM dispatch_offers ORDER BY id'),
    )
    return rows.map(({ state, n }) => ({ state, n: Number(n) }))
  }

  test('the nearest is sent; the card says where and how far, and leads to a map', async () => {
    await stand([
      [story.lin, 5],
      [sun, 1],
    ])
    await report('脚撑坏了')
    assert.deepEqual(holders('脚撑坏了'), ['sun'])
    const card = JSON.stringify(sun.card('脚撑坏了').card)
    assert.match(card, /距您约 1\.0 公里，人民路 1 号/)
    assert.match(card, /请在 11月23日 10:10 前受理，或点「无法前往」/)
    await sun.pressMenu('脚撑坏了', 'map')
    assert.match(sun.link(), /apis\.map\.qq\.com\/uri\/v1\/marker\?marker=coord%3A31\.2/)
    const { taskId } = await sun.press('脚撑坏了', 'accept')
    await story.later('1 s')
    await sun.pressCard(taskId, 'decline', undefined, true)
    assert.match(sun.lastLine(), /您已经受理/)
    await sun.press('脚撑坏了', 'finish')
    await story.settle()
    assert.deepEqual(await offers(), [{ state: 'accepted', n: 1 }])
    const far = '上海市浦东新区陆家嘴街道世纪大道 100 号上海环球金融中心东侧非机动车停放区'
    await stand([[sun, 1]])
    await report('地址很长', { where: { ...north(0), address: far } })
    assert.match(
      JSON.stringify(sun.card('地址很长').card),
      /距您约 1\.0 公里，上海市浦东新区/,
      'how far it is stays when the address is cut',
    )
  })

  test('who can do it is sent before who is near, and only by whom they report to is that said', async () => {
    const { lin, zhou } = story
    await stand([
      [lin, 2],
      [sun, 0.1],
    ])
    await lin.says('技能 孙丽 轮胎')
    assert.doesNotMatch(lin.lastLine(), /已记录/)
    await zhou.says('技能 林小雨 锁 轮胎')
    assert.match(zhou.lastLine(), /已记录 林小雨 的技能：锁、轮胎/)
    await report('锁打不开', { fault: 'lock' })
    assert.deepEqual(holders('锁打不开'), ['lin'])
  })

  test('whoever has a zone is sent to others only when nobody else is free', async () => {
    const { lin, zhou } = story
    await zhou.says('片区 孙丽 城西')
    await zhou.says('片区 林小雨 城东')
    await zhou.says('片区 林小雨')
    assert.match(zhou.lastLine(), /林小雨 的片区：城东。要改请发/, 'asking takes nothing away')
    await qian.says('下班')
    await stand([
      [lin, 8],
      [sun, 0.1],
    ])
    await report('第一单')
    assert.deepEqual(holders('第一单'), ['lin'])
    await report('第二单')
    await report('第三单')
    assert.deepEqual(holders('第三单'), ['sun'])
    await zhou.says('片区 林小雨 不限')
    assert.match(zhou.lastLine(), /已记录 林小雨 的片区：不限/)
  })

  test('load counts, and whoever has a job is where that job is', async () => {
    await qian.says('下班')
    await sun.says('下班')
    await stand([
      [story.lin, 0],
      [sun, 3],
    ])
    await report('远处一单', { where: north(6) })
    assert.deepEqual(holders('远处一单'), ['lin'])
    await sun.says('上班')
    // 林小雨 will be there anyway, though 孙丽 stands nearer now and has nothing to do.
    await report('远处又一单', { where: north(6.2) })
    assert.deepEqual(holders('远处又一单'), ['lin'])
    // Two is all that one may have.
    await report('远处第三单', { where: north(6.1) })
    assert.deepEqual(holders('远处第三单'), ['sun'])
  })

  test('whoever is off duty is not sent; on a break only when nobody else is there; then it goes up', async () => {
    const { lin, zhou } = story
    await lin.says('下班')
    await sun.says('休息到 11:00')
    await stand([[lin, 0]])
    await report('甲单')
    assert.deepEqual(holders('甲单'), ['qian'])
    await qian.says('下班')
    await story.settle()
    assert.deepEqual(holders('甲单'), ['sun'])
    assert.match(JSON.stringify(sun.card('甲单').card), /改派给您.*钱五已下班。/)
    assert.doesNotMatch(qian.read(), /未在时限内受理/, 'going home is no fault')
    // The time to accept begins when the break ends.
    await story.later('50 min')
    assert.deepEqual(holders('甲单'), ['sun'])
    await story.later('21 min')
    assert.deepEqual(holders('甲单'), ['zhou'])
    assert.match(JSON.stringify(zhou.card('甲单').card), /钱五、孙丽/)
  })

  test('not accepted in time goes to the next best, each once, and both cards say so', async () => {
    const { lin, zhou } = story
    await stand([
      [lin, 1],
      [sun, 2],
      [qian, 3],
    ])
    await report('没人接单')
    await story.later('9 min')
    assert.deepEqual(holders('没人接单'), ['lin'])
    await story.later('2 min')
    assert.deepEqual(holders('没人接单'), ['sun'])
    assert.match(JSON.stringify(sun.card('没人接单').card), /改派给您.*林小雨未在时限内受理。/)
    assert.match(lin.read(), /未在时限内受理，已转给 孙丽/)
    await sun.press('没人接单', 'decline')
    assert.deepEqual(holders('没人接单'), ['qian'])
    assert.match(sun.read(), /您无法前往，已转给 钱五/)
    await story.later('11 min')
    assert.deepEqual(holders('没人接单'), ['zhou'])
    assert.match(JSON.stringify(zhou.card('没人接单').card), /林小雨、孙丽、钱五/)
    assert.match(JSON.stringify(zhou.card('没人接单').card), /没有人接单，请转交给合适的人，或自己受理。/)
    assert.deepEqual(await offers(), [
      { state: 'expired', n: 1 },
      { state: 'declined', n: 2 },
      { state: 'expired', n: 3 },
    ])
    await story.later('1 h')
    assert.equal((await offers()).length, 3)
  })

  test('with all hands full work waits; what is urgent comes first when hands are free, and a restart loses nothing', async () => {
    await sun.says('下班')
    await qian.says('下班')
    await report('第一')
    await report('第二')
    await story.lin.press('第一', 'accept')
    await story.lin.press('第二', 'accept')
    await report('普通在等')
    await report('着急在等', { hurry: 'yes' })
    assert.deepEqual(holders('普通在等'), [])
    assert.deepEqual(holders('着急在等'), [])
    await story.restart()
    await story.lin.press('第一', 'finish')
    assert.deepEqual(holders('着急在等'), ['lin'])
    assert.deepEqual(holders('普通在等'), [])
    await qian.says('上班')
    assert.deepEqual(holders('普通在等'), ['qian'])
    await story.lin.press('着急在等', 'accept')
    await story.restart()
    await story.later('12 min')
    assert.deepEqual(holders('着急在等'), ['lin'])
  })

  test('two sweeps at once take a step away once', async () => {
    await stand([[story.lin, 1]])
    await report('两个进程')
    story.clock.advance(11 * 60_000)
    await Promise.all([sweepDispatch(story.db), sweepDispatch(story.db), sweepDispatch(story.db)])
    await story.settle()
    assert.deepEqual(await offers(), [
      { state: 'expired', n: 1 },
      { state: 'offered', n: 2 },
    ])
    const [{ hands } = { hands: 0 }] = await story.db.read((tx) =>
      tx.query<{ hands: number }>('SELECT hands FROM flow_steps'),
    )
    assert.equal(Number(hands), 2)
  })

  if (chat === 'wecom')
    test('mistakes in rules and zones are told with file and reason', async () => {
      const pack = join(story.templates, 'packs/service-desk')
      await writeFile(
        join(pack, 'dispatch/field.yaml'),
        RULE.replace('overflow: supervisor', 'overflow: boss')
          .replace('lock: [锁]', 'bell: [锁]')
          .replace('zones/city', 'zones/town'),
      )
      await story.settle()
      const told = story.running.house.shelf.problems.map(({ file, line, reason }) => `${file}:${line} ${reason}`)
      assert.match(told.join('\n'), /dispatch\/field\.yaml:\d+ there is no role "boss"/)
      assert.match(told.join('\n'), /dispatch\/field\.yaml:\d+ there is no choice of "fault" "bell"/)
      assert.match(told.join('\n'), /dispatch\/field\.yaml:\d+ there is no file of zones "zones\/town"/)
      await writeFile(join(pack, 'dispatch/field.yaml'), RULE)
      await writeFile(join(pack, 'flows/repair.yaml'), FLOW.replace('dispatch: field', 'dispatch: fields'))
      await story.settle()
      assert.match(JSON.stringify(story.running.house.shelf.problems), /no dispatch rule \\"fields\\"; known: field/)
    })
})
