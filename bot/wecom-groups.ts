import type { Wecom } from '../server/platforms/wecom.ts'
import type { WecomWebhook } from '../server/platforms/wecom-webhook.ts'
import type { GroupRobot, RoomPlace } from './groups.ts'

/** A robot of a WeCom group as one of the company's group robots. */
export function wecomRobot(webhook: WecomWebhook): GroupRobot {
  return {
    platform: 'wecom',
    say: (text) => webhook.send({ msgtype: 'markdown', markdown: { content: text } }),
  }
}

/** Rooms in WeCom: a group chat for each run, under the run's own id, so that making it twice makes it once. */
export function wecomRooms(wecom: Wecom): RoomPlace {
  return {
    platform: 'wecom',
    fewest: 2,
    standing: false,
    open: ({ id, name }, members) => wecom.createChat({ chatId: id, name, owner: members[0] ?? '', members }),
    bringIn: ({ id }, add) => wecom.updateChat({ chatId: id, add }),
    say: (chatId, text) => wecom.sendToChat({ chatId, msgtype: 'text', text: { content: text } }),
  }
}
