/** A robot of a group chat, by the name that packs use. */
export type GroupRobotSettings =
  | { platform: 'wecom'; key: string }
  /** `secret`: it signs; `keyword`: this must stand in what it says. */
  | { platform: 'dingtalk'; accessToken: string; secret?: string; keyword?: string }

/** Names are also the receivers of messages in the outbox. */
const NAME_CHARS = 26
const SECRET = /^SEC/

/** The robots of both variables, `name=…` separated by commas; what is wrong with them goes into `problems`. */
export function readGroupRobots(
  env: { WECOM_GROUP_ROBOT_KEYS?: string; DINGTALK_GROUP_ROBOTS?: string },
  problems: string[],
): Record<string, GroupRobotSettings> {
  const robots: Record<string, GroupRobotSettings> = {}
  const add = (variable: string, pair: [string, string], robot: GroupRobotSettings) => {
    const [name, value] = pair
    if (!name || !value) problems.push(`${variable}: "${pair.join('=')}" is not name=value`)
    else if ([...name].length > NAME_CHARS)
      problems.push(`${variable}: the name "${name}" has ${[...name].length} characters, at most ${NAME_CHARS}`)
    else if (Object.hasOwn(robots, name)) problems.push(`${variable}: there are two robots called "${name}"`)
    else robots[name] = robot
  }
  for (const pair of pairsOf(env.WECOM_GROUP_ROBOT_KEYS)) {
    add('WECOM_GROUP_ROBOT_KEYS', pair, { platform: 'wecom', key: pair[1] })
  }
  for (const pair of pairsOf(env.DINGTALK_GROUP_ROBOTS)) add('DINGTALK_GROUP_ROBOTS', pair, dingtalkOf(pair[1]))
  return robots
}

/** `token`, `token:SEC…` or `token:keyword`, by the robot's own security setting. */
function dingtalkOf(value: string): GroupRobotSettings {
  const [accessToken, safety] = cut(value, ':')
  if (!safety) return { platform: 'dingtalk', accessToken }
  return { platform: 'dingtalk', accessToken, ...(SECRET.test(safety) ? { secret: safety } : { keyword: safety }) }
}

function pairsOf(text = ''): [string, string][] {
  return text
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => cut(pair, '='))
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
