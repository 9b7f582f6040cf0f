import assert from 'node:assert/strict'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

const cookieOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

const get = (path: string, cookie = '') => fetch(story.running.url + path, { headers: { cookie }, redirect: 'manual' })

/** Opens the workbench in a browser, as WeCom would: sent away with a state, sent back with a code. */
async function enter(userid: string, twist: { state?: string; code?: string } = {}): Promise<Response> {
  const away = await get('/work/in')
  const state = twist.state ?? new URL(away.headers.get('location') ?? '').searchParams.get('state')
  const code = twist.code ?? story.wecom.oauthCode(userid)
  return get(`/work/in/wecom?code=${code}&state=${state}`, cookieOf(away))
}

test('the workbench lists one’s open work and finishes a step on its page', async () => {
  await story.wang.complain('车篮松脱')
  const entered = await enter('linxiaoyu')
  assert.equal(entered.headers.get('location'), '/work/home')
  const cookie = cookieOf(entered)
  const home = await (await get('/work/home', cookie)).text()
  assert.match(home, /登记核实/)
  const [, path = ''] = /href="(\/work\/step\/[^"]+)"/.exec(home) ?? []
  assert.match(await (await get(path, cookie)).text(), /车篮松脱/)
  const body = new FormData()
  body.append('type', 'quality')
  const done = await fetch(story.running.url + path, { method: 'POST', headers: { cookie }, body })
  assert.equal(done.status, 200)
  await story.settle()
  assert.match(String(story.lin.card('车篮松脱').replaced), /林小雨 已于/)
  assert.match(await (await get('/work/home', cookie)).text(), /现在没有待办/)
})

test('a foreign state, a spent code, a stranger, and somebody else’s step are refused', async () => {
  await story.wang.complain('不给别人看')
  assert.equal((await enter('linxiaoyu', { state: 'forged' })).status, 403)
  const code = story.wecom.oauthCode('linxiaoyu')
  assert.equal((await enter('linxiaoyu', { code })).status, 302)
  assert.equal((await enter('linxiaoyu', { code })).status, 502)
  assert.equal((await get('/work/home')).status, 401)
  const lin = cookieOf(await enter('linxiaoyu'))
  const [, path = ''] = /href="(\/work\/step\/[^"]+)"/.exec(await (await get('/work/home', lin)).text()) ?? []
  const chen = cookieOf(await enter('chenzhiyuan'))
  assert.equal((await get(path, chen)).status, 403)
})
