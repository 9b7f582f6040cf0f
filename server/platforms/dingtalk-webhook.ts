import { z } from 'zod'
import { askOld } from './dingtalk-api.ts'
import { robotSign } from './dingtalk-sign.ts'

/** A group's robot that only speaks: the access token of its address, and its secret if it is set to sign. */
export interface DingtalkWebhook {
  accessToken: string
  secret?: string
}

/** Who is called by name; `@` with the same id or number must also stand in the text, and is added when it is missing. */
export interface WebhookAt {
  atMobiles?: string[]
  atUserIds?: string[]
  isAtAll?: boolean
}

/** What a webhook robot says (PLATFORMS.md §5.4); its names are in camelCase, unlike those of work notifications. */
export type WebhookMessage = {
  /** The same id is heard once: reuse it when an answer did not come. */
  msgUuid?: string
} & (
  | { msgtype: 'text'; text: { content: string }; at?: WebhookAt }
  | { msgtype: 'markdown'; markdown: { title: string; text: string }; at?: WebhookAt }
  | { msgtype: 'link'; link: { title: string; text: string; messageUrl: string; picUrl?: string } }
  | {
      msgtype: 'actionCard'
      actionCard: { title: string; text: string } & (
        | { singleTitle: string; singleURL: string }
        | { btns: { title: string; actionURL: string }[]; btnOrientation?: '0' | '1' }
      )
    }
)

const answerShape = z.unknown()

/**
 * Says something through a webhook robot; throws a PlatformError. More than twenty messages a minute make a robot dumb
 * for ten minutes: the caller keeps count. `realNow` is the machine's time on purpose: signatures are not in our clock.
 */
export async function sendByWebhook(
  oapiBase: string,
  robot: DingtalkWebhook,
  message: WebhookMessage,
  realNow: () => number = Date.now,
): Promise<void> {
  const timestamp = String(realNow())
  const query = {
    access_token: robot.accessToken,
    ...(robot.secret && { timestamp, sign: robotSign(timestamp, robot.secret) }),
  }
  await askOld(oapiBase, answerShape, { path: '/robot/send', query, json: webhookBody(message) })
}

/** The body of a webhook robot's message; also that of an answer by session webhook. */
export function webhookBody(message: WebhookMessage): object {
  switch (message.msgtype) {
    case 'text':
      return { ...message, text: { content: calling(message.text.content, message.at) } }
    case 'markdown':
      return { ...message, markdown: { ...message.markdown, text: calling(message.markdown.text, message.at) } }
    default:
      return message
  }
}

function calling(text: string, at: WebhookAt = {}): string {
  const missing = [...(at.atMobiles ?? []), ...(at.atUserIds ?? [])].filter((id) => !text.includes(`@${id}`))
  return [text, ...missing.map((id) => `@${id}`)].join(' ')
}
