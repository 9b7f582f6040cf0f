import { hash } from 'node:crypto'
import { CallbackRefused } from './wx-crypto.ts'
import { childNode, childNodes, childText, childTexts, parseXml, type XmlNode } from './wx-xml.ts'

/** What every message and event tells. */
interface Common {
  /** The member's user id; `sys` for changes of the address book. */
  from: string
  /** The corp id. */
  to: string
  agentId: string
  /** CreateTime in ms; the platform's retries of one event repeat it. */
  createdAt: number
}

interface Message extends Common {
  /** 64 bits: text, never a number. */
  msgId: string
}

interface CardPress extends Common {
  /** The key of the button, submit button or menu item. */
  eventKey: string
  taskId: string
  cardType: string
  /** Good for one update of the presser's card within 72 h; '' if there is none. */
  responseCode: string
}

/** A message or event of WeCom, named as on the wire (PLATFORMS.md §2.4). */
export type WecomEvent =
  | (Message & { kind: 'text'; content: string })
  | (Message & { kind: 'image'; mediaId: string; picUrl: string })
  | (Message & { kind: 'voice'; mediaId: string; format: string })
  | (Message & { kind: 'video'; mediaId: string })
  | (Message & { kind: 'location'; latitude: number; longitude: number; label: string })
  | (Message & { kind: 'other_message'; msgType: string; fields: XmlNode })
  /** `selected`: the chosen option ids by question_key. */
  | (CardPress & { kind: 'template_card_event'; selected: Record<string, string[]> })
  | (CardPress & { kind: 'template_card_menu_event' })
  | (Common & { kind: 'enter_agent' })
  | (Common & { kind: 'click'; eventKey: string })
  | (Common & { kind: 'change_contact'; changeType: string; userid: string; fields: XmlNode })
  | (Common & { kind: 'other_event'; event: string; eventKey: string; fields: XmlNode })

type Reader = (xml: XmlNode, common: Common) => WecomEvent

const messages: Record<string, (xml: XmlNode, message: Message) => WecomEvent> = {
  text: (xml, message) => ({ ...message, kind: 'text', content: childText(xml, 'Content') }),
  image: (xml, message) => ({
    ...message,
    kind: 'image',
    mediaId: childText(xml, 'MediaId'),
    picUrl: childText(xml, 'PicUrl'),
  }),
  voice: (xml, message) => ({
    ...message,
    kind: 'voice',
    mediaId: childText(xml, 'MediaId'),
    format: childText(xml, 'Format'),
  }),
  video: (xml, message) => ({ ...message, kind: 'video', mediaId: childText(xml, 'MediaId') }),
  location: (xml, message) => ({
    ...message,
    kind: 'location',
    latitude: Number(childText(xml, 'Location_X')),
    longitude: Number(childText(xml, 'Location_Y')),
    label: childText(xml, 'Label'),
  }),
}

const events: Record<string, Reader> = {
  template_card_event: (xml, common) =>
    Object.assign(press(xml, common, 'template_card_event'), { selected: selectedItems(xml) }),
  template_card_menu_event: (xml, common) => press(xml, common, 'template_card_menu_event'),
  enter_agent: (_xml, common) => ({ ...common, kind: 'enter_agent' }),
  click: (xml, common) => ({ ...common, kind: 'click', eventKey: childText(xml, 'EventKey') }),
  change_contact: (xml, common) => ({
    ...common,
    kind: 'change_contact',
    changeType: childText(xml, 'ChangeType'),
    userid: childText(xml, 'UserID'),
    fields: xml,
  }),
}

/** Reads the decrypted XML of a callback; throws CallbackRefused('content') when sender, time or type is missing. */
export function wecomEvent(text: string): WecomEvent {
  const xml = parseXml(text)
  const from = childText(xml, 'FromUserName')
  const msgType = childText(xml, 'MsgType')
  const createTime = childText(xml, 'CreateTime')
  if (!from || !msgType || !/^\d{1,12}$/.test(createTime)) throw new CallbackRefused('content', 'a field is missing')
  const common: Common = {
    from,
    to: childText(xml, 'ToUserName'),
    agentId: childText(xml, 'AgentID'),
    createdAt: Number(createTime) * 1000,
  }
  return msgType === 'event' ? readEvent(xml, common) : readMessage(xml, common, msgType)
}

function readMessage(xml: XmlNode, common: Common, msgType: string): WecomEvent {
  const message: Message = { ...common, msgId: childText(xml, 'MsgId') }
  const read = Object.hasOwn(messages, msgType) ? messages[msgType] : undefined
  return read ? read(xml, message) : { ...message, kind: 'other_message', msgType, fields: xml }
}

function readEvent(xml: XmlNode, common: Common): WecomEvent {
  const event = childText(xml, 'Event')
  const read = Object.hasOwn(events, event) ? events[event] : undefined
  if (read) return read(xml, common)
  return { ...common, kind: 'other_event', event, eventKey: childText(xml, 'EventKey'), fields: xml }
}

/** Written out: most callbacks are presses, and what is spread costs more than all else that is done here. */
function press<K extends string>(xml: XmlNode, common: Common, kind: K): CardPress & { kind: K } {
  return {
    from: common.from,
    to: common.to,
    agentId: common.agentId,
    createdAt: common.createdAt,
    kind,
    eventKey: childText(xml, 'EventKey'),
    taskId: childText(xml, 'TaskId'),
    cardType: childText(xml, 'CardType'),
    responseCode: childText(xml, 'ResponseCode'),
  }
}

function selectedItems(xml: XmlNode): Record<string, string[]> {
  const items = childNodes(childNode(xml, 'SelectedItems'), 'SelectedItem')
  return Object.fromEntries(
    items.map((item) => [childText(item, 'QuestionKey'), childTexts(childNode(item, 'OptionIds'), 'OptionId')]),
  )
}

/**
 * The same for each of the platform's repeats of one callback and different for all else: MsgId, or what an event has
 * in its place (§2.3). Always 50 characters or less, since an EventKey alone may have 1024 bytes.
 */
export function wecomDedupKey(event: WecomEvent): string {
  if ('msgId' in event && event.msgId) return `m:${event.msgId}`
  const parts = [event.from, event.createdAt, ...eventParts(event)]
  return `e:${hash('sha256', JSON.stringify(parts), 'base64url')}`
}

function eventParts(event: WecomEvent): string[] {
  switch (event.kind) {
    case 'template_card_event':
    case 'template_card_menu_event':
      return [event.kind, event.eventKey, event.taskId]
    case 'click':
      return [event.kind, event.eventKey]
    case 'change_contact':
      // All come from `sys`, often many in one second: only the subject tells them apart.
      return [event.kind, event.changeType, event.userid, childText(event.fields, 'Id')]
    case 'other_event':
      return [event.event, event.eventKey, JSON.stringify(event.fields)]
    case 'other_message':
      return [event.msgType, JSON.stringify(event.fields)]
    default:
      return [event.kind]
  }
}
