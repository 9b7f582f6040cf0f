import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import type { TemplateCard } from '../../server/platforms/wecom-card.ts'
import { test } from '../suite.ts'
import { buttonCard, PNG } from './sandbox-receiver.ts'
import { openBotHouse } from './wecom-bot-house.ts'

test('the desk shows the conversation with the AI bot beside the application, speaks, presses and sends pictures', async (t) => {
  const card = buttonCard('T1') as unknown as TemplateCard
  const h = await openBotHouse('callback', async (event) => {
    if (event.kind === 'enter') return { welcome: '您好' }
    if (event.kind === 'card') return { updateCard: { ...card, main_title: { title: '已受理' } } }
    if (event.kind === 'message' && event.files.length > 0) return { stream: '收到图片' }
    return { stream: '请看', card }
  })
  const app = new Koa().use(h.sandbox.desk)
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await h.close()
  })
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/desk/api`
  const post = async (name: string, body: string | Uint8Array<ArrayBuffer>) =>
    (await fetch(`${api}/${name}`, { method: 'POST', body })).json()
  const kinds = async () => {
    const state = (await (await fetch(`${api}/state`)).json()) as {
      assistant: { chats: Record<string, { kind: string; mediaId?: string }[]> }
    }
    return state.assistant.chats['bot:linxiaoyu'] ?? []
  }
  const userid = 'bot:linxiaoyu'
  assert.deepEqual(await kinds(), [])
  assert.deepEqual(await post('assistant/say', JSON.stringify({ userid, text: '待办' })), { status: 200 })
  const press = JSON.stringify({ userid, taskId: 'T1', key: 'accept', selected: { to: ['zhoumin'] } })
  assert.deepEqual(await post('assistant/press', press), { status: 200 })
  assert.deepEqual(await post(`assistant/picture?userid=${userid}`, new Uint8Array(PNG)), { status: 200 })
  const items = await kinds()
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['text', 'text', 'stream', 'card', 'image', 'stream'],
  )
  const shown = await fetch(`${api}/media/${items[4]?.mediaId}`)
  assert.equal(shown.headers.get('content-type'), 'image/png')
  assert.deepEqual(Buffer.from(await shown.arrayBuffer()), PNG)
  const stranger = JSON.stringify({ userid: 'linxiaoyu', text: '待办' })
  assert.equal((await fetch(`${api}/assistant/say`, { method: 'POST', body: stranger })).status, 400)
})
