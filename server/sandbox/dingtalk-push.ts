import { createHmac, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRecord } from './dingtalk-card-rules.ts'
import type { CardInstance } from './dingtalk-chat.ts'
import { linkFor, sendFrame } from './dingtalk-gateway.ts'
import type { Ack, DingtalkWorld } from './dingtalk-world.ts'
import { type Answer, type PushRequest, push } from './post.ts'

export const ROBOT_TOPIC = '/v1.0/im/bot/messages/get'
export const CARD_TOPIC = '/v1.0/card/instances/callback'

/** What the product answered: a status (0 = nothing in time), and the answer where one counts. */
export interface Pushed {
  way: 'stream' | 'http' | 'nowhere'
  status: number
  attempts: number
  answer?: unknown
  refused?: string
}

const NOBODY: Pushed = { way: 'nowhere', status: 0, attempts: 0, refused: 'there is nobody to push to' }

/**
 * A message of a person: by Stream while a connection is open, else to the HTTP address if one is configured. It goes
 * out once and is not sent again. Source: PLATFORMS.md §5.3.
 */
export function pushMessage(world: DingtalkWorld, message: Record<string, unknown>): Promise<Pushed> {
  return withFaults(world, async () => {
    const link = linkFor(world, 'CALLBACK', ROBOT_TOPIC)
    if (link) {
      const frame = { type: 'CALLBACK' as const, topic: ROBOT_TOPIC, data: message }
      return heard(await sendFrame(world, link, frame, world.timing.ackMs))
    }
    if (!world.ciphers) return NOBODY
    const { status, attempts } = await pushHttp(world, messageRequest(world, message))
    return { way: 'http', status, attempts }
  })
}

/** Signed with the machine's own time: the product compares it with its own. */
function messageRequest(world: DingtalkWorld, message: Record<string, unknown>) {
  const { appSecret } = world.app
  const timestamp = String(Date.now())
  const sign = createHmac('sha256', appSecret).update(`${timestamp}\n${appSecret}`).digest('base64')
  return {
    url: `${world.productUrl()}/callbacks/dingtalk`,
    body: JSON.stringify(message),
    type: 'application/json; charset=utf-8',
    headers: { timestamp, sign },
  }
}

/** A press on a card, which way the card says; it must be answered within 2 s. Source: PLATFORMS.md §5.6. */
export async function pushPress(
  world: DingtalkWorld,
  card: CardInstance,
  press: Record<string, unknown>,
): Promise<Pushed> {
  world.answering.add(card.outTrackId)
  try {
    return await withFaults(world, () => pressOnce(world, card, press))
  } finally {
    world.answering.delete(card.outTrackId)
  }
}

async function pressOnce(world: DingtalkWorld, card: CardInstance, press: Record<string, unknown>): Promise<Pushed> {
  const link = card.callbackType === 'HTTP' ? undefined : linkFor(world, 'CALLBACK', CARD_TOPIC)
  if (link) {
    const frame = { type: 'CALLBACK' as const, topic: CARD_TOPIC, data: press }
    return unwrapped(heard(await sendFrame(world, link, frame, world.timing.cardAnswerMs)))
  }
  const route = world.state.routes[card.callbackRouteKey ?? world.app.appKey]
  if (card.callbackType === 'STREAM' || !route) return NOBODY
  const request = {
    url: nearby(world, route.callbackUrl),
    body: JSON.stringify(press),
    type: 'application/json; charset=utf-8',
    headers: route.apiSecret ? cardSignature(route.apiSecret) : {},
  }
  const { status, attempts, body } = await pushHttp(world, request, world.timing.cardAnswerMs)
  return parsed({ way: 'http', status, attempts }, body)
}

function cardSignature(secret: string): Record<string, string> {
  const timestamp = String(Date.now())
  return {
    'x-ddpaas-signature-timestamp': timestamp,
    'x-ddpaas-signature': createHmac('sha256', secret).update(timestamp).digest('base64'),
  }
}

/** The stand-in speaks to this machine only: an address elsewhere means the product, as the world would reach it. */
function nearby(world: DingtalkWorld, address: string): string {
  const { hostname, pathname, search } = new URL(address)
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1])$/.test(hostname) ? address : world.productUrl() + pathname + search
}

/** Over Stream the answer of a press stands under `response`. */
function unwrapped(pushed: Pushed): Pushed {
  if (pushed.status !== 200 || pushed.refused) return pushed
  if (!isRecord(pushed.answer) || !('response' in pushed.answer))
    return { ...pushed, refused: 'the acknowledgement is not wrapped in response' }
  return { ...pushed, answer: pushed.answer.response ?? {} }
}

/** Delays a push, and throws away its answer, as asked for. */
async function withFaults(world: DingtalkWorld, once: () => Promise<Pushed>): Promise<Pushed> {
  const { faults } = world
  if (faults.delayCallbacksMs > 0) await sleep(faults.delayCallbacksMs)
  const pushed = await once()
  return faults.loseReplies ? { ...pushed, answer: undefined } : pushed
}

/** Posts one signed request, and the very same again at the same time for each copy; only the first one's answer counts. */
export async function pushHttp(world: DingtalkWorld, request: PushRequest, timeoutMs?: number): Promise<Answer> {
  const once = () => push({ request: () => request, retries: 0, timeoutMs })
  const copies = Array.from({ length: world.faults.duplicateCallbacks }, once)
  const answer = await once()
  await Promise.all(copies)
  return answer
}

function heard(ack: Ack | undefined): Pushed {
  if (!ack) return { way: 'stream', status: 0, attempts: 1 }
  return parsed({ way: 'stream', status: ack.code, attempts: 1 }, ack.data)
}

function parsed(pushed: Pushed, text: string): Pushed {
  if (pushed.status !== 200) return pushed
  try {
    return { ...pushed, answer: text === '' ? {} : JSON.parse(text) }
  } catch {
    return { ...pushed, refused: 'the answer is no JSON' }
  }
}

/** A request of the event subscription, sealed and signed. Source: PLATFORMS.md §5.8. */
export function sealedEvent(world: DingtalkWorld, event: Record<string, unknown>) {
  if (!world.ciphers) throw new Error('no event address is configured')
  const encrypt = world.ciphers.corp.seal(JSON.stringify(event))
  const timestamp = String(Date.now())
  const nonce = String(randomInt(100_000_000, 999_999_999))
  const signature = world.ciphers.corp.sign(timestamp, nonce, encrypt)
  const query = new URLSearchParams({ signature, msg_signature: signature, timestamp, nonce })
  return {
    url: `${world.productUrl()}/callbacks/dingtalk?${query}`,
    body: JSON.stringify({ encrypt }),
    type: 'application/json; charset=utf-8',
  }
}

/** Whether the answer is the sealed word "success"; throws a plain Error that says what is wrong. */
export function isSealedSuccess(world: DingtalkWorld, body: string): boolean {
  if (!world.ciphers) return false
  const { msg_signature, timeStamp, nonce, encrypt } = JSON.parse(body) as Record<string, string>
  if (!encrypt || world.ciphers.corp.sign(timeStamp ?? '', nonce ?? '', encrypt) !== msg_signature)
    throw new Error('the answer has a wrong msg_signature')
  try {
    return world.ciphers.corp.unseal(encrypt) === 'success'
  } catch {
    // Newer in-house applications name their appKey in place of the corp.
    return world.ciphers.app.unseal(encrypt) === 'success'
  }
}
