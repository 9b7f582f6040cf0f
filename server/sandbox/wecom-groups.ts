import type Router from 'koa-router'
import { fresh, jsonBody, Refusal } from './listener.ts'
import { composeMessage } from './wecom-send.ts'
import { nextMsgId, visiblePerson, type WecomWorld } from './wecom-world.ts'

type Body = Record<string, unknown>

const OK = { errcode: 0, errmsg: 'ok' }
const MOST_MEMBERS = 2000
const NAME_CHARS = 50
const KINDS = new Set(['text', 'image', 'file', 'textcard', 'news', 'markdown'])

/**
 * Group chats that the application makes; what their members say is not pushed. Source: WeCom docs 90245 to 90248, and
 * the public table of error codes for 860xx and 862xx.
 */
export function groupChats(world: WecomWorld, routes: Router): void {
  routes.post('/cgi-bin/appchat/create', async (ctx) => {
    const body = await jsonBody(ctx)
    const chatid = body.chatid === undefined ? fresh('wr', 12).replace(/[^0-9A-Za-z]/g, '0') : String(body.chatid)
    if (!/^[0-9A-Za-z]{1,32}$/.test(chatid)) throw new Refusal(40058, 'invalid argument: chatid')
    if (world.state.groups[chatid]) throw new Refusal(86215, 'chatid exists already')
    const members = memberList(world, body.userlist)
    if (members.length < 2 || members.length > MOST_MEMBERS) throw new Refusal(86006, 'too many or too few members')
    const owner = typeof body.owner === 'string' && body.owner !== '' ? body.owner : String(members[0])
    if (!members.includes(owner)) throw new Refusal(86207, 'the owner is not a member')
    world.state.groups[chatid] = { name: nameOf(body.name) || '群聊', owner, members, items: [] }
    world.memory.touch()
    ctx.body = { ...OK, chatid }
  })
  routes.post('/cgi-bin/appchat/update', async (ctx) => {
    const body = await jsonBody(ctx)
    const group = groupOf(world, body.chatid)
    const gone = strings(body.del_user_list)
    const members = [
      ...new Set([...group.members, ...memberList(world, body.add_user_list)].filter((one) => !gone.includes(one))),
    ]
    const owner = typeof body.owner === 'string' && body.owner !== '' ? body.owner : group.owner
    if (!members.includes(owner)) throw new Refusal(86207, 'the owner is not a member')
    if (members.length < 2 || members.length > MOST_MEMBERS) throw new Refusal(86006, 'too many or too few members')
    Object.assign(group, { name: nameOf(body.name) || group.name, owner, members })
    world.memory.touch()
    ctx.body = OK
  })
  routes.get('/cgi-bin/appchat/get', (ctx) => {
    const { name, owner, members } = groupOf(world, ctx.query.chatid)
    ctx.body = { ...OK, chat_info: { chatid: ctx.query.chatid, name, owner, userlist: members } }
  })
  routes.post('/cgi-bin/appchat/send', async (ctx) => {
    const body = await jsonBody(ctx)
    const group = groupOf(world, body.chatid)
    const msgtype = String(body.msgtype)
    // There are no cards in these groups.
    if (!KINDS.has(msgtype)) throw new Refusal(40008, 'invalid message type')
    const { draw } = composeMessage(world, msgtype, body[msgtype])
    const msgid = nextMsgId(world)
    group.items.push(draw({ id: msgid, at: world.clock.now(), msgid, from: 'app' }))
    world.memory.touch()
    ctx.body = OK
  })
}

function groupOf(world: WecomWorld, chatid: unknown) {
  const group = typeof chatid === 'string' ? world.state.groups[chatid] : undefined
  if (!group) throw new Refusal(86003, 'chatid does not exist')
  return group
}

function memberList(world: WecomWorld, value: unknown): string[] {
  const members = strings(value)
  const wrong = members.filter((userid) => !visiblePerson(world, userid))
  if (wrong.length > 0) throw new Refusal(40003, `invalid userid: ${wrong.join('|')}`)
  return [...new Set(members)]
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? (value as Body[keyof Body][]).map(String) : []
}

function nameOf(value: unknown): string {
  const name = typeof value === 'string' ? value : ''
  if ([...name].length > NAME_CHARS) throw new Refusal(86004, 'invalid chat name')
  return name
}
