import { spawnSync } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { stringify } from 'yaml'
import { ROOT } from '../../server/lib/config.ts'
import { openBrowser } from '../browser/browser.ts'
import { openGround } from './ground.ts'
import { median, rowOf } from './measure.ts'
import { startHouse } from './processes.ts'
import type { BenchRow } from './row.ts'
import { Weapp } from './weapp.ts'

const KB = 1024
/** All that goes over to the view while the page opens. */
const GOAL_ALL = 64 * KB
/** WeChat's guide: at most this much in one call. */
const GOAL_ONE = 256 * KB
const ROUNDS = 7

const option = (value: string) => ({ value, label: `选项 ${value}` })
/** Twenty fields, every kind among them. */
const FIELDS = [
  { name: 'name', kind: 'text', label: '姓名', required: true },
  { name: 'company', kind: 'text', label: '单位' },
  { name: 'phone', kind: 'phone', label: '联系电话', required: true },
  { name: 'card', kind: 'id_number', label: '身份证号码' },
  { name: 'bike', kind: 'asset', label: '车辆编号', hint: '扫车上的二维码，或输入编号', required: true },
  { name: 'fault', kind: 'select', label: '哪里坏了', required: true, options: [...'ABCDEF'].map(option) },
  { name: 'danger', kind: 'yesno', label: '有没有危险', required: true },
  { name: 'parts', kind: 'multiselect', label: '哪些部件', options: [...'ABCDEFG'].map(option) },
  { name: 'city', kind: 'select', label: '城市', options: [...'ABCDEFGHIJKL'].map(option) },
  { name: 'place', kind: 'location', label: '车在哪里', required: true },
  { name: 'day', kind: 'date', label: '哪一天' },
  { name: 'moment', kind: 'datetime', label: '预约时间' },
  { name: 'rides', kind: 'number', label: '骑了几次', min: 0 },
  { name: 'price', kind: 'money', label: '每次费用' },
  { name: 'total', kind: 'money', label: '合计', computed: 'rides * price' },
  { name: 'photos', kind: 'photos', label: '照片', max: 6 },
  { name: 'stars', kind: 'rating', label: '打分' },
  { name: 'words', kind: 'longtext', label: '情况说明', required: true, maxLength: 500 },
  { name: 'wish', kind: 'longtext', label: '希望怎样解决', maxLength: 300 },
  { name: 'sign', kind: 'signature', label: '签名' },
]
const FORM = { form: 'bench', title: '二十个字段', submit: '提交', fields: FIELDS }
const FLOW = `
flow: bench
title: 二十个字段
description: 量一量打开有多快
form: bench
calendar: service
escalation: standard
steps:
  - { step: look, title: 查看, progress: 正在查看, task: 查看, role: front_line, limit: 4 h, actions: [accept, finish], next: end }
`

/**
 * Opening a page of a form with twenty fields: what the built mini-program sends to its view, and how soon the web app
 * shows it, from a server that is warm and with nothing kept in the browser.
 */
export async function openingForms(): Promise<BenchRow[]> {
  build('npm', ['run', '--silent', 'build:weapp', '-w', 'miniprogram'])
  build('node', ['server/start.mjs', '--build-only'])
  const ground = await openGround()
  const templates = join(ground.env.DATA_DIR as string, 'templates')
  await cp(join(ROOT, 'templates'), templates, { recursive: true })
  await writeFile(join(templates, 'packs/service-desk/forms/bench.yaml'), stringify(FORM))
  await writeFile(join(templates, 'packs/service-desk/flows/bench.yaml'), FLOW)
  const { SANDBOX: _, DATA_KEYS: __, ...env } = ground.env
  const house = await startHouse({ ...env, TEMPLATES_DIR: templates, PACKS: 'service-desk' })
  const url = `http://127.0.0.1:${house.port}`
  const session = await signIn(url)
  try {
    return [...(await inWeapp(url, session)), await inBrowser(url, session)]
  } finally {
    await house.stop()
    await ground.clear()
  }
}

async function inWeapp(url: string, session: unknown): Promise<BenchRow[]> {
  const known = new Map<string, unknown>()
  for (const path of ['/api/forms/bench', '/api/services']) known.set(path, await (await fetch(url + path)).json())
  const weapp = new Weapp((path) => known.get(path), { 'yingke:session': session })
  const { sent, view } = await weapp.open('pages/form/form', { name: 'bench' })
  const drawn = JSON.stringify(view)
  const missing = FIELDS.filter(({ label }) => !drawn.includes(label)).map(({ name }) => name)
  if (missing.length > 0) throw new Error(`the page does not show ${missing.join(', ')}`)
  const all = sent.reduce((sum, { bytes }) => sum + bytes, 0)
  const largest = Math.max(...sent.map(({ bytes }) => bytes))
  const raw = { fields: FIELDS.length, calls: sent.length, 'KB in all': all / KB, 'KB at once': largest / KB }
  return [
    rowOf('form, weapp: 64 KB against setData in all', GOAL_ALL / all, 1, {
      ...raw,
      'last call after ms': sent.at(-1)?.atMs ?? 0,
    }),
    rowOf('form, weapp: 256 KB against the largest call', GOAL_ONE / largest, 1, raw),
  ]
}

async function inBrowser(url: string, session: unknown): Promise<BenchRow> {
  const browser = await openBrowser()
  const rounds: Painted[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const painted = await paint(browser, url, session)
    // The first one warms the server.
    if (round > 0) rounds.push(painted)
  }
  await browser.close()
  const of = (name: keyof Painted) => median(rounds.map((one) => one[name]))
  return rowOf('form, H5: first contentful paint', 1000 / of('paint'), undefined, {
    'first contentful paint ms': of('paint'),
    'fields ms': of('fields'),
    'KB over the wire': of('bytes') / KB,
    rounds: rounds.length,
  })
}

interface Painted {
  paint: number
  /** When all fields can be filled in. */
  fields: number
  bytes: number
}

async function paint(browser: Browser, url: string, session: unknown): Promise<Painted> {
  const context = await browser.newContext({ viewport: { width: 375, height: 812 }, locale: 'zh-CN' })
  // Taro keeps values in an envelope. A client that can sign somebody in stands around the page.
  await context.addInitScript(`
    localStorage.setItem('yingke:session', JSON.stringify({ data: ${JSON.stringify(session)} }))
    window.wx = { login() {}, getPhoneNumber() {}, requestSubscribeMessage() {} }
    const look = () => {
      if (document.querySelectorAll('.field').length >= ${FIELDS.length}) window.fieldsAt = performance.now()
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)`)
  const page = await context.newPage()
  await page.goto(`${url}/app/#/pages/form/form?name=bench`)
  await page.waitForFunction('window.fieldsAt')
  const painted = await page.evaluate<Painted>(`({
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    fields: window.fieldsAt,
    bytes: performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0),
  })`)
  await context.close()
  return painted
}

/** A customer's session, by the way of the mini-program. */
async function signIn(url: string): Promise<unknown> {
  const ask = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url + path, body && { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as Record<string, never>
  }
  const { customers } = (await ask('/desk/api/state')) as unknown as { customers: { openid: string }[] }
  const { code } = await ask('/desk/api/wx/login', { openid: customers[0]?.openid })
  return ask('/api/session', { code })
}

function build(command: string, args: string[]): void {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
}
