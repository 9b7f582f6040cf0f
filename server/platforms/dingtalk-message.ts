import { rawJson } from './call.ts'
import { clipBytes } from './wecom-message.ts'

/** A robot's message: `msgKey` names the template (`sampleText` …), `msgParam` fills it (PLATFORMS.md §5.2). */
export interface RobotMessage {
  msgKey: string
  msgParam: object
}

/** The content of a work notification; its names are in snake_case, unlike the robots' (§5.9). */
export type WorkMessage =
  | { msgtype: 'text'; text: { content: string } }
  | { msgtype: 'markdown'; markdown: { title: string; text: string } }
  | {
      msgtype: 'action_card'
      action_card: { title: string; markdown: string; single_title: string; single_url: string }
    }
  | { msgtype: 'image'; image: { media_id: string } }
  | { msgtype: 'file'; file: { media_id: string } }

const ROBOT_BYTES = 15_000
const WORK_BYTES = 2048

/** The parameters as the JSON text that the robot APIs take, its long text cut to what they let through. */
export function msgParamText(message: RobotMessage): string {
  return jsonWithin(message.msgParam, ROBOT_BYTES)
}

/** The work notification, its long text cut to what the API lets through. */
export function fittedWork(message: WorkMessage): unknown {
  return JSON.parse(jsonWithin(message, WORK_BYTES))
}

/** The names under which a long text stands. */
const LONG = new Set(['text', 'content', 'markdown'])

function jsonWithin(value: object, most: number): string {
  const whole = rawJson(value)
  const excess = Buffer.byteLength(whole) - most
  if (excess <= 0) return whole
  const shorter = JSON.parse(whole, (name, inner: unknown) =>
    LONG.has(name) && typeof inner === 'string' ? clipBytes(inner, Buffer.byteLength(inner) - excess) : inner,
  )
  return JSON.stringify(shorter)
}
