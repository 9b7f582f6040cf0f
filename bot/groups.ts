import { Room } from '../server/engines/flows/room.ts'
import { sayInRoom } from '../server/engines/flows/rooms.ts'
import { FlowRun } from '../server/engines/flows/run.ts'
import type { Channel } from '../server/engines/messages/channel.ts'
import { backoff } from '../server/engines/messages/deliver.ts'
import { accountsOf } from '../server/engines/staff/roster.ts'
import type { Database } from '../server/lib/db.ts'
import { PlatformError } from '../server/lib/errors.ts'
import { log } from '../server/lib/log.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import type { Wecom } from '../server/platforms/wecom.ts'
import type { WecomWebhook } from '../server/platforms/wecom-webhook.ts'
import { kinds } from './kinds.ts'
import { GROUP_LIMITS } from './limits.ts'

/** Tries that cover a day of outage; a room that cannot be made by then is needed no more. */
const MOST_TRIES = 150

interface Needs {
  wecom?: Wecom
  /** Group robots by the names that packs use. */
  robots: Map<string, WecomWebhook>
  words: Words
}

/** The way into groups: a group robot by its name, or a room that we made by its run. Groups get words, never cards. */
export function groupChannel({ wecom, robots, words }: Needs): Channel {
  return {
    limits: GROUP_LIMITS,
    notBefore: (_message, now) => now,
    async draw(tx, message) {
      const look = await kinds.get(message.kind)?.draw(tx, message, words)
      return look && 'text' in look ? { wire: JSON.stringify({ text: look.text }) } : undefined
    },
    async send({ recipientId }, wire) {
      const { text } = JSON.parse(wire) as { text: string }
      const robot = robots.get(recipientId)
      if (robot) await robot.send({ msgtype: 'markdown', markdown: { content: text } })
      else if (wecom) await wecom.sendToChat({ chatId: recipientId, msgtype: 'text', text: { content: text } })
      else throw new PlatformError('wecom', 'off', false, `no group "${recipientId}"`)
      return {}
    },
  }
}

/** Makes the rooms that are wanted and brings in whoever is missing. Returns how many it looked at. */
export async function tendRooms(db: Database, wecom: Wecom): Promise<number> {
  const due = await db.read((tx) => tx.find(Room, 'WHERE nextAt <= ? ORDER BY nextAt LIMIT 20', [tx.now]))
  for (const room of due) await tend(db, wecom, room)
  return due.length
}

async function tend(db: Database, wecom: Wecom, room: Room): Promise<void> {
  const wanted = await db.read((tx) => wecomIds(tx, room.wanted))
  const before = await db.read((tx) => wecomIds(tx, room.members))
  const add = wanted.filter((id) => !before.includes(id))
  try {
    const [owner] = wanted
    // The platform makes no group of fewer than two.
    if (!owner || wanted.length < 2) return await later(db, room, 'too few of its people are on WeCom')
    if (room.state === 'wanted') await wecom.createChat({ chatId: room.id, name: room.name, owner, members: wanted })
    else if (add.length > 0) await wecom.updateChat({ chatId: room.id, add })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return later(db, room, error.message, error.retryable)
  }
  await db.write(async (tx) => {
    const now = await tx.get(Room, room.id)
    // Somebody more was wanted, or the run ended, while the platform was asked.
    if (!now || now.state === 'closed') return
    const complete = now.wanted.length === room.wanted.length
    await tx.update(Room, room.id, {
      state: 'open',
      members: room.wanted,
      nextAt: complete ? null : tx.now,
      attempts: 0,
    })
    if (room.state === 'wanted' && (await tx.get(FlowRun, room.id))) await sayInRoom(tx, room.id, 'room_opened')
  })
}

async function later(db: Database, room: Room, why: string, retry = true): Promise<void> {
  const attempts = room.attempts + 1
  const over = !retry || attempts >= MOST_TRIES
  log.warn({ room: room.id, why, over }, 'a room could not be made or changed')
  await db.write((tx) =>
    tx.update(
      Room,
      room.id,
      over ? { state: 'failed', nextAt: null, attempts } : { nextAt: tx.now + backoff(attempts), attempts },
      { state: room.state },
    ),
  )
}

async function wecomIds(tx: Tx, staffIds: string[]): Promise<string[]> {
  const ids: string[] = []
  for (const staffId of staffIds) {
    const account = (await accountsOf(tx, staffId)).find(({ platform }) => platform === 'wecom')
    if (account) ids.push(account.userId)
  }
  return ids
}
