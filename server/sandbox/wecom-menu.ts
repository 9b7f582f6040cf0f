import type Router from 'koa-router'
import { jsonBody, Refusal } from './listener.ts'
import type { WecomWorld } from './wecom-world.ts'

const OK = { errcode: 0, errmsg: 'ok' }

/** The application's own menu under the chat. Source: WeCom docs 90231. */
export function appMenu(world: WecomWorld, routes: Router): void {
  const checkAgent = (value: unknown) => {
    if (Number(value) !== world.app.agentId) throw new Refusal(40056, 'invalid agentid')
  }
  routes.post('/cgi-bin/menu/create', async (ctx) => {
    checkAgent(ctx.query.agentid)
    const { button } = await jsonBody(ctx)
    if (!Array.isArray(button) || button.length < 1 || button.length > 3)
      throw new Refusal(40016, 'invalid button size')
    for (const top of button) checkMenuButton(top, 16)
    world.state.menu = button
    world.memory.touch()
    world.live.tell({ type: 'menu' })
    ctx.body = OK
  })
  routes.get('/cgi-bin/menu/get', (ctx) => {
    checkAgent(ctx.query.agentid)
    if (!world.state.menu) throw new Refusal(46003, 'menu no exist')
    ctx.body = { ...OK, button: world.state.menu }
  })
  routes.get('/cgi-bin/menu/delete', (ctx) => {
    checkAgent(ctx.query.agentid)
    world.state.menu = null
    world.memory.touch()
    world.live.tell({ type: 'menu' })
    ctx.body = OK
  })
}

function checkMenuButton(value: unknown, nameBytes: number): void {
  const button = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const name = String(button.name ?? '')
  if (name === '' || Buffer.byteLength(name) > nameBytes) throw new Refusal(40018, 'invalid button name size')
  if (Array.isArray(button.sub_button) && button.sub_button.length > 0) {
    if (button.sub_button.length > 5) throw new Refusal(40023, 'invalid sub button size')
    for (const sub of button.sub_button) checkMenuButton(sub, 40)
    return
  }
  const target = button.type === 'view' ? button.url : button.key
  if (typeof target !== 'string' || Buffer.byteLength(target) > (button.type === 'view' ? 1024 : 128))
    throw new Refusal(40019, 'invalid button key size')
}
