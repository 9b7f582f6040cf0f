import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from './listener.ts'
import { type Answer, push } from './post.ts'
import { expireStream, respond, updateCard, welcome } from './wecom-bot-reply.ts'
import { type BotWorld, type Exchange, nextBotId } from './wecom-bot-world.ts'

/** Deliveries of a message; an event is sent once. Source: WeCom docs 101033. */
const MESSAGE_RETRIES = 3
/** Nobody answers the polls any more: the client shows the stream as it stands. */
const DEAD_POLLS = 5

/** Pushes to the callback URL, applies the reply, and asks for the rest of a stream until its end or six minutes. */
export async function pushToCallback(
  world: BotWorld,
  exchange: Exchange,
  body: Record<string, unknown>,
): Promise<{ status: number; attempts: number; polls: number }> {
  const answer = await deliver(world, body, exchange.kind === 'message' ? MESSAGE_RETRIES : 0)
  apply(world, exchange, answer)
  let polls = 0
  for (let dead = 0; exchange.streamId !== undefined && !exchange.done && dead < DEAD_POLLS; polls++) {
    await sleep(world.limits.pollMs)
    if (expireStream(world, exchange)) break
    const { msgid: _, text: __, image: ___, response_url: ____, ...common } = body
    const poll = { ...common, msgid: nextBotId(world, 'P'), msgtype: 'stream', stream: { id: exchange.streamId } }
    const polled = await deliver(world, poll, 0)
    dead = polled.reply ? 0 : dead + 1
    apply(world, exchange, polled)
  }
  exchange.done = true
  return { status: answer.status, attempts: answer.attempts, polls }
}

interface Delivered {
  status: number
  attempts: number
  reply?: Record<string, unknown>
  refused?: string
}

async function deliver(world: BotWorld, body: Record<string, unknown>, retries: number): Promise<Delivered> {
  world.pushed.push(body)
  if (world.faults.down) return { status: 0, attempts: 1 }
  const copies = Array.from({ length: world.faults.duplicates }, () => push({ request: envelope(world, body).request }))
  let attempts = 0
  for (;;) {
    const { request, nonce } = envelope(world, body)
    const answer = await push({ request, retries: retries - attempts })
    attempts += answer.attempts
    if (world.faults.loseReplies > 0) {
      world.faults.loseReplies--
      if (attempts <= retries) continue
      return { status: 0, attempts }
    }
    await Promise.all(copies)
    return { status: answer.status, attempts, ...readReply(world, answer, nonce()) }
  }
}

/** Signed with the machine's own time: the product checks the age of a callback against its own. */
function envelope(world: BotWorld, body: Record<string, unknown>) {
  let nonce = ''
  return {
    nonce: () => nonce,
    request() {
      const encrypt = world.cipher.seal(JSON.stringify(body))
      const timestamp = String(Math.floor(Date.now() / 1000))
      nonce = String(randomInt(1_000_000_000, 2_000_000_000))
      const query = new URLSearchParams({
        msg_signature: world.cipher.sign(timestamp, nonce, encrypt),
        timestamp,
        nonce,
      })
      return { url: `${world.callbackUrl()}?${query}`, body: JSON.stringify({ encrypt }), type: 'application/json' }
    },
  }
}

/** `msgsignature` has no underscore here, and the nonce is that of the question. */
function readReply(world: BotWorld, { status, body }: Answer, asked: string): Pick<Delivered, 'reply' | 'refused'> {
  if (status !== 200 || body === '' || body === 'success') return {}
  try {
    const { encrypt, msgsignature, timestamp, nonce } = JSON.parse(body) as Record<string, unknown>
    if (typeof encrypt !== 'string') throw new Error('the reply has no encrypt')
    if (typeof timestamp !== 'number') throw new Error('the reply has no timestamp')
    if (nonce !== asked) throw new Error('the reply has another nonce')
    if (msgsignature !== world.cipher.sign(String(timestamp), asked, encrypt))
      throw new Error('the reply has a wrong msgsignature')
    return { reply: JSON.parse(world.cipher.unseal(encrypt)) as Record<string, unknown> }
  } catch (error) {
    return { refused: (error as Error).message }
  }
}

function apply(world: BotWorld, exchange: Exchange, { reply, refused }: Delivered): void {
  if (refused) exchange.refused.push(refused)
  if (!reply) return
  try {
    if (exchange.kind === 'message') respond(world, exchange, reply)
    else if (exchange.kind === 'enter_chat') welcome(world, exchange, reply)
    else updateCard(world, exchange, reply)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    exchange.refused.push(error.message)
  }
}

/** URL verification, as for applications but with an empty receiveid. */
export async function askBotEcho(world: BotWorld): Promise<boolean> {
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
