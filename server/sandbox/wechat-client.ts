import { fresh } from './listener.ts'
import type { WechatStandIn } from './wechat.ts'
import { giveVerdict } from './wechat-checks.ts'
import { askPushEcho, pushEvent } from './wechat-push.ts'
import { allowance, findUser, newCode, type WechatWorld } from './wechat-world.ts'

/** The WeChat clients of the mini-program's users, and the lists that tests count. */
export function wechatClient(world: WechatWorld): WechatStandIn {
  const { state, templates, faults, sent, mediaChecks, papers, calls } = world
  return {
    users: state.users,
    templates,
    faults,
    sent,
    mediaChecks,
    papers,
    calls,

    addUser(nickname, phone) {
      const user = { openid: fresh('o', 20), unionid: fresh('u', 20), nickname, phone }
      state.users.push(user)
      world.memory.touch()
      return user
    },

    login: (openid) => newCode(world, 'login', openid),
    phoneCode: (openid) => newCode(world, 'phone', openid),

    visit(openid) {
      if (!findUser(world, openid)) throw new Error(`no user ${openid}`)
      state.visits[openid] = world.clock.now()
      world.memory.touch()
    },

    async accept(openid, templateIds, rejected = []) {
      if (!findUser(world, openid)) throw new Error(`no user ${openid}`)
      const known = (id: string) => templates.some((template) => template.id === id)
      const accepted = templateIds.filter(known)
      for (const id of accepted) {
        const key = allowance(openid, id)
        state.allowed[key] = (state.allowed[key] ?? 0) + 1
      }
      world.memory.touch()
      const entry = (status: string) => (id: string) => ({
        TemplateId: id,
        SubscribeStatusString: status,
        PopupScene: '0',
      })
      const list = [...accepted.map(entry('accept')), ...rejected.filter(known).map(entry('reject'))]
      if (list.length > 0) await pushEvent(world, openid, 'subscribe_msg_popup_event', { List: list })
    },

    remaining: (openid, templateId) => state.allowed[allowance(openid, templateId)] ?? 0,
    inbox: (openid) => structuredClone(state.inbox[openid] ?? []),

    async finishMediaChecks(suggest) {
      const waiting = mediaChecks.filter((check) => check.state === 'waiting')
      await Promise.all(waiting.map((check) => giveVerdict(world, check, suggest)))
      return waiting.length
    },

    verifyUrl: () => askPushEcho(world),

    dropToken() {
      state.stable = null
      state.plain = []
    },
  }
}
