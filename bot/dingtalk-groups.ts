import type { Dingtalk } from '../server/platforms/dingtalk.ts'
import { type DingtalkWebhook, sendByWebhook } from '../server/platforms/dingtalk-webhook.ts'
import { clip } from './card.ts'
import type { GroupRobot, RoomPlace } from './groups.ts'

const TITLE_CHARS = 30

/** A webhook robot of a DingTalk group; `keyword` is one that must stand in everything it says. */
export function dingtalkRobot(oapiBase: string, robot: DingtalkWebhook & { keyword?: string }): GroupRobot {
  return {
    platform: 'dingtalk',
    async say(text, messageId) {
      const markdown = { title: titleOf(text), text: withKeyword(text, robot.keyword) }
      await sendByWebhook(oapiBase, robot, { msgUuid: messageId, msgtype: 'markdown', markdown })
    },
  }
}

/**
 * Rooms in DingTalk: the robot makes no groups (PLATFORMS.md §5.2), so one group that stands already, with the robot in
 * it, hears of every case. Who is in it is the company's business.
 */
export function dingtalkRooms(dingtalk: Dingtalk, openConversationId: string): RoomPlace {
  return {
    platform: 'dingtalk',
    fewest: 1,
    standing: true,
    open: async () => undefined,
    bringIn: async () => undefined,
    async say(_roomId, text) {
      await dingtalk.sendToGroup(openConversationId, { msgKey: 'sampleText', msgParam: { content: text } })
    },
  }
}

/** What the list of chats and the lock screen show of a message in Markdown. */
function titleOf(text: string): string {
  const [line = ''] = text.split('\n')
  return clip(line.replaceAll(/[*#>`]/g, ''), TITLE_CHARS)
}

function withKeyword(text: string, keyword: string | undefined): string {
  return !keyword || text.includes(keyword) ? text : `${keyword}\n\n${text}`
}
