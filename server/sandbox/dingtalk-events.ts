import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../lib/clock.ts'
import { linkFor, sendFrame } from './dingtalk-gateway.ts'
import { isSealedSuccess, type Pushed, pushHttp, sealedEvent } from './dingtalk-push.ts'
import type { Ack, DingtalkWorld, PendingEvent } from './dingtalk-world.ts'

/** An event without an acknowledgement comes again about so much later. Source: PLATFORMS.md §5.7. */
const AGAIN_AFTER = MINUTE
const HTTP_ANSWER_MS = 1500

/** Something happened in the company: the event stays until the product has acknowledged it. */
export function raiseEvent(world: DingtalkWorld, eventType: string, data: Record<string, unknown>): Promise<Pushed> {
  const bornAt = world.clock.now()
  const event: PendingEvent = { eventId: randomUUID(), eventType, data, bornAt, pushedAt: 0, attempts: 0 }
  world.state.events.push(event)
  world.memory.touch()
  return pushEvent(world, event)
}

/** Pushes again what was not acknowledged in its time. */
export function repeatEvents(world: DingtalkWorld): void {
  const now = world.clock.now()
  for (const event of world.state.events)
    if (event.pushedAt === 0 || now >= event.pushedAt + AGAIN_AFTER) void pushEvent(world, event)
}

async function pushEvent(world: DingtalkWorld, event: PendingEvent): Promise<Pushed> {
  const { faults } = world
  const link = linkFor(world, 'EVENT', event.eventType)
  if (!link && !world.ciphers) return { way: 'nowhere', status: 0, attempts: event.attempts }
  event.pushedAt = world.clock.now()
  event.attempts++
  if (faults.delayCallbacksMs > 0) await sleep(faults.delayCallbacksMs)
  return link ? byStream(world, event) : byHttp(world, event)
}

async function byStream(world: DingtalkWorld, event: PendingEvent): Promise<Pushed> {
  const link = linkFor(world, 'EVENT', event.eventType)
  if (!link) return { way: 'nowhere', status: 0, attempts: event.attempts }
  const headers = {
    eventId: event.eventId,
    eventType: event.eventType,
    eventCorpId: world.app.corpId,
    eventBornTime: String(event.bornAt),
    eventUnifiedAppId: `unified-${world.app.appKey}`,
  }
  const frame = { type: 'EVENT' as const, topic: '*', data: event.data, headers }
  const onAck = (ack: Ack) => {
    if (!world.faults.loseReplies && isSuccess(ack)) settled(world, event)
  }
  const ack = await sendFrame(world, link, frame, world.timing.ackMs, onAck)
  const refused = ack && !isSuccess(ack) ? `the event is not acknowledged: ${ack.code} ${ack.data}` : undefined
  return { way: 'stream', status: ack?.code ?? 0, attempts: event.attempts, refused }
}

function isSuccess({ code, data }: Ack): boolean {
  try {
    return code === 200 && (JSON.parse(data) as { status?: string } | null)?.status === 'SUCCESS'
  } catch {
    return false
  }
}

async function byHttp(world: DingtalkWorld, event: PendingEvent): Promise<Pushed> {
  // Over HTTP the names begin with capitals.
  const named = Object.entries(event.data).map(([name, value]) => [
    name.slice(0, 1).toUpperCase() + name.slice(1),
    value,
  ])
  const plain = {
    EventType: event.eventType,
    EventId: event.eventId,
    CorpId: world.app.corpId,
    TimeStamp: String(event.bornAt),
    ...Object.fromEntries(named),
  }
  const { status, body } = await pushHttp(world, sealedEvent(world, plain), HTTP_ANSWER_MS)
  try {
    if (status !== 200) return { way: 'http', status, attempts: event.attempts }
    if (!isSealedSuccess(world, body)) throw new Error('the answer is not "success"')
    if (!world.faults.loseReplies) settled(world, event)
    return { way: 'http', status, attempts: event.attempts }
  } catch (error) {
    return { way: 'http', status, attempts: event.attempts, refused: (error as Error).message }
  }
}

function settled(world: DingtalkWorld, event: PendingEvent): void {
  const index = world.state.events.indexOf(event)
  if (index >= 0) world.state.events.splice(index, 1)
  world.memory.touch()
}
