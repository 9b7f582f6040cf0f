import { randomInt } from 'node:crypto'
import { openCipher } from '../../server/sandbox/cipher.ts'
import { element, type XmlValue } from '../../server/sandbox/xml.ts'
import { PLATFORM } from './processes.ts'

const cipher = openCipher(PLATFORM.WECOM_TOKEN, PLATFORM.WECOM_ENCODING_AES_KEY, PLATFORM.WECOM_CORP_ID)

export interface Pressing {
  userid: string
  taskId: string
  key: string
  chosen?: Record<string, string>
}

/** The whole HTTP request by which WeCom reports a press, encrypted and signed now. Source: WeCom docs 90240. */
export function pressRequest({ userid, taskId, key, chosen }: Pressing): string {
  const xml = element('xml', {
    ToUserName: PLATFORM.WECOM_CORP_ID,
    FromUserName: userid,
    CreateTime: seconds(),
    MsgType: 'event',
    Event: 'template_card_event',
    EventKey: key,
    TaskId: taskId,
    CardType: 'button_interaction',
    ResponseCode: `code-${taskId}-${randomInt(1_000_000_000)}`,
    ...(chosen && { SelectedItems: selectedItems(chosen) }),
    AgentID: Number(PLATFORM.WECOM_AGENT_ID),
  })
  const sealed = cipher.seal(xml)
  const timestamp = String(seconds())
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000))
  const query = new URLSearchParams({ msg_signature: cipher.sign(timestamp, nonce, sealed), timestamp, nonce })
  const body = element('xml', {
    ToUserName: PLATFORM.WECOM_CORP_ID,
    AgentID: PLATFORM.WECOM_AGENT_ID,
    Encrypt: sealed,
  })
  return httpPost(`/callbacks/wecom?${query}`, 'text/xml', body)
}

/** The text of a POST over a connection that is kept open. */
export function httpPost(path: string, type: string, body: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({
    Host: '127.0.0.1',
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

function selectedItems(chosen: Record<string, string>): XmlValue {
  return {
    SelectedItem: Object.entries(chosen).map(([name, option]) => ({
      QuestionKey: name,
      OptionIds: { OptionId: option },
    })),
  }
}

/** Transport carries the machine's own time. */
function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
