import assert from 'node:assert/strict'
import { type HouseOptions, openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

async function open(options: HouseOptions = {}): Promise<void> {
  story = await openStory({ chat: 'dingtalk', ...options })
}

const cookieOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

const get = (path: string, cookie = '') => fetch(story.running.url + path, { headers: { cookie }, redirect: 'manual' })

const awayOf = async (path: string) => new URL((await get(path)).headers.get('location') ?? '')

/** Opens the workbench in a browser, as DingTalk would: sent away with a state, sent back with a code. */
async function enter(userid: string, twist: { state?: string; code?: string } = {}): Promise<Response> {
  const away = await get('/work/in?chat=dingtalk')
  const state = twist.state ?? new URL(away.headers.get('location') ?? '').searchParams.get('state')
  const code = twist.code ?? story.dingtalk.oauthCode(userid)
  return get(`/work/in/dingtalk?authCode=${code}&state=${state}`, cookieOf(away))
}

test('DingTalk’s workbench lists one’s open work and finishes a step on its page', async () => {
  await open()
  await story.wang.complain('车篮松脱')
  const away = await awayOf('/work/in')
  assert.equal(away.origin, 'https://login.dingtalk.com')
  assert.equal(away.searchParams.get('redirect_uri'), `${story.running.url}/work/in/dingtalk`)
  assert.equal(away.searchParams.get('client_id'), story.dingtalk.app.appKey)
  const entered = await enter('dt-linxiaoyu')
  assert.equal(entered.headers.get('location'), '/work/home')
  const cookie = cookieOf(entered)
  const [, path = ''] = /href="(\/work\/step\/[^"]+)"/.exec(await (await get('/work/home', cookie)).text()) ?? []
  assert.match(await (await get(path, cookie)).text(), /车篮松脱/)
  const body = new FormData()
  body.append('type', 'quality')
  const done = await fetch(story.running.url + path, { method: 'POST', headers: { cookie }, body })
  assert.equal(done.status, 200)
  await story.settle()
  assert.match(String(story.lin.card('车篮松脱').replaced), /林小雨 已于/)
  assert.match(await (await get('/work/home', cookie)).text(), /现在没有待办/)
})

test('a foreign state, a spent code, a stranger, and somebody else’s step are refused on DingTalk too', async () => {
  await open()
  await story.wang.complain('不给别人看')
  assert.equal((await enter('dt-linxiaoyu', { state: 'forged' })).status, 403)
  const code = story.dingtalk.oauthCode('dt-linxiaoyu')
  assert.equal((await enter('dt-linxiaoyu', { code })).status, 302)
  assert.equal((await enter('dt-linxiaoyu', { code })).status, 502)
  const stranger = await enter('of-another-company')
  assert.equal(stranger.status, 403)
  assert.match(await stranger.text(), /没有找到您的账号/)
  assert.equal((await get('/work/in/feishu?code=x&state=x')).status, 404)
  const lin = cookieOf(await enter('dt-linxiaoyu'))
  const [, path = ''] = /href="(\/work\/step\/[^"]+)"/.exec(await (await get('/work/home', lin)).text()) ?? []
  const chen = cookieOf(await enter('dt-chenzhiyuan'))
  assert.equal((await get(path, chen)).status, 403)
})

test('a company with both: each workbench has its own way in, and both lead to the same work', async () => {
  await open({ chat: 'both' })
  await story.wang.complain('两边都能看到')
  assert.equal((await awayOf('/work/in')).hostname, 'open.weixin.qq.com')
  assert.equal((await awayOf('/work/in?chat=dingtalk')).hostname, 'login.dingtalk.com')
  const dingtalk = cookieOf(await enter('dt-linxiaoyu'))
  assert.match(await (await get('/work/home', dingtalk)).text(), /登记核实/)
  const away = await get('/work/in')
  const state = new URL(away.headers.get('location') ?? '').searchParams.get('state')
  const back = await get(`/work/in/wecom?code=${story.wecom.oauthCode('linxiaoyu')}&state=${state}`, cookieOf(away))
  assert.match(await (await get('/work/home', cookieOf(back))).text(), /登记核实/)
})
