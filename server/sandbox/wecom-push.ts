import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { cardFromXml } from './card-xml.ts'
import { checkCard, isRefusal } from './cards.ts'
import type { CardChange, ChatItem } from './chat.ts'
import { fresh } from './listener.ts'
import { type Answer, push } from './post.ts'
import { cut } from './wecom-send.ts'
import type { WecomWorld } from './wecom-world.ts'
import { element, readXml, textOf, type XmlTree, type XmlValue } from './xml.ts'

/** A passive reply, read and checked. */
export type PassiveReply =
  | { kind: 'none' }
  | { kind: 'text' | 'image' | 'news'; items: ChatItem[] }
  | { kind: 'update_button' | 'update_template_card'; change: CardChange }

export interface Pushed {
  answer: Answer
  reply: PassiveReply
  /** Why a reply was not accepted. */
  refused?: string
}

/**
 * Pushes one message or event of a member, encrypted and signed, and reads the passive reply.
 * Copies asked for by `duplicateCallbacks` go out at the same time; only the first one's reply counts.
 * Source: WeCom docs 90238 to 90241.
 */
export async function pushXml(world: WecomWorld, userid: string, fields: Record<string, XmlValue>): Promise<Pushed> {
  const { faults, app } = world
  if (faults.delayCallbacksMs > 0) await sleep(faults.delayCallbacksMs)
  const xml = element('xml', {
    ToUserName: app.corpId,
    FromUserName: userid,
    CreateTime: Math.floor(world.clock.now() / 1000),
    ...fields,
    ...(fields.Event !== 'change_contact' && { AgentID: app.agentId }),
  })
  const request = () => envelope(world, xml)
  const copies = Array.from({ length: faults.duplicateCallbacks }, () => push({ request }))
  const answer = await push({ request })
  await Promise.all(copies)
  if (faults.loseReplies) return { answer, reply: { kind: 'none' } }
  try {
    return { answer, reply: readReply(world, userid, answer) }
  } catch (error) {
    return { answer, reply: { kind: 'none' }, refused: (error as Error).message }
  }
}

/** Signed with the machine's own time: the product checks the age of a callback against its own. */
function envelope(world: WecomWorld, xml: string): { url: string; body: string; type: string } {
  const sealed = world.cipher.seal(xml)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000))
  const query = new URLSearchParams({ msg_signature: world.cipher.sign(timestamp, nonce, sealed), timestamp, nonce })
  const body = element('xml', { ToUserName: world.app.corpId, AgentID: String(world.app.agentId), Encrypt: sealed })
  return { url: `${world.callbackUrl()}?${query}`, body, type: 'text/xml' }
}

/** URL verification: the product must answer the plain echo and nothing else. Source: WeCom docs 90930. */
export async function askEcho(world: WecomWorld): Promise<boolean> {
  const echo = String(randomInt(1_000_000_000, 2_000_000_000))
  const echostr = world.cipher.seal(echo)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000))
  const msg_signature = world.cipher.sign(timestamp, nonce, echostr)
  const query = new URLSearchParams({ msg_signature, timestamp, nonce, echostr })
  try {
    const response = await fetch(`${world.callbackUrl()}?${query}`, { signal: AbortSignal.timeout(1000) })
    return response.status === 200 && (await response.text()) === echo
  } catch {
    return false
  }
}

function readReply(world: WecomWorld, userid: string, answer: Answer): PassiveReply {
  if (answer.status !== 200 || answer.body === '' || answer.body === 'success') return { kind: 'none' }
  const outer = readXml(answer.body)
  const need = (tree: XmlTree, name: string) => {
    const text = textOf(tree, name)
    if (text === undefined) throw new Error(`the reply has no ${name}`)
    return text
  }
  const sealed = need(outer, 'Encrypt')
  if (need(outer, 'MsgSignature') !== world.cipher.sign(need(outer, 'TimeStamp'), need(outer, 'Nonce'), sealed))
    throw new Error('the reply has a wrong MsgSignature')
  const reply = readXml(world.cipher.unseal(sealed))
  if (need(reply, 'ToUserName') !== userid) throw new Error('the reply is for somebody else')
  if (need(reply, 'FromUserName') !== world.app.corpId) throw new Error('the reply is from another corp')
  return understand(world, reply, need(reply, 'MsgType'))
}

function understand(world: WecomWorld, reply: { [name: string]: XmlTree[] }, kind: string): PassiveReply {
  const base = { id: fresh('r'), at: world.clock.now(), from: 'app' as const }
  const branch = (name: string): XmlTree => {
    const tree = reply[name]?.[0]
    if (tree === undefined) throw new Error(`the reply has no ${name}`)
    return tree
  }
  switch (kind) {
    case 'text': {
      const text = cut(textOf(reply, 'Content') ?? '', 2048)
      if (text === '') throw new Error('the reply has no Content')
      return { kind, items: [{ ...base, kind: 'text', text }] }
    }
    case 'image': {
      const mediaId = textOf(branch('Image'), 'MediaId') ?? ''
      if (!world.state.media[mediaId]) throw new Error('the reply names an unknown MediaId')
      return { kind, items: [{ ...base, kind: 'image', mediaId }] }
    }
    case 'news': {
      const articles = branch('Articles')
      const items = typeof articles === 'string' ? [] : (articles.item ?? [])
      return {
        kind,
        items: [
          {
            ...base,
            kind: 'news',
            articles: items.map((item) => ({
              title: textOf(item, 'Title') ?? '',
              description: textOf(item, 'Description'),
              url: textOf(item, 'Url'),
              picurl: textOf(item, 'PicUrl'),
            })),
          },
        ],
      }
    }
    case 'update_button': {
      const replaceName = textOf(branch('Button'), 'ReplaceName')
      if (!replaceName) throw new Error('the reply has no ReplaceName')
      return { kind, change: { replaceName } }
    }
    case 'update_template_card': {
      const card = checkCard(cardFromXml(branch('TemplateCard')), 'update')
      if (isRefusal(card)) throw new Error(`${card.errcode} ${card.errmsg}`)
      return { kind, change: { card } }
    }
    default:
      throw new Error(`the reply has an unknown MsgType ${kind}`)
  }
}
