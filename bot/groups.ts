import { Room } from '../server/engines/flows/room.ts'
import { roomPlatform, sayInRoom } from '../server/engines/flows/rooms.ts'
import { FlowRun } from '../server/engines/flows/run.ts'
import type { Channel } from '../server/engines/messages/channel.ts'
import { backoff } from '../server/engines/messages/deliver.ts'
import type { Message } from '../server/engines/messages/message.ts'
import { enqueueAll } from '../server/engines/messages/outbox.ts'
import { accountsOf } from '../server/engines/staff/roster.ts'
import type { Database } from '../server/lib/db.ts'
import { earliest } from '../server/lib/due.ts'
import { PlatformError } from '../server/lib/errors.ts'
import { log } from '../server/lib/log.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { kinds } from './kinds.ts'
import { GROUP_LIMITS } from './limits.ts'

/** Tries that cover a day of outage; a room that cannot be made by then is needed no more. */
const MOST_TRIES = 150
/** Rooms that were made before there was a choice. */
const FIRST_PLATFORM = 'wecom'

/** A robot of somebody's group chat: it speaks there and never hears. */
export interface GroupRobot {
  platform: string
  /** `messageId` names the effect, for a platform that can tell a repetition by it. */
  say(text: string, messageId: string): Promise<void>
}

/** A work chat as far as it has rooms for serious cases. */
export interface RoomPlace {
  /** The name of its accounts. */
  platform: string
  /** It makes no room for fewer people. */
  fewest: number
  /** One group is the room of every case: nobody is brought in, and nothing is to be dissolved. */
  standing: boolean
  /** Makes the room's group, or finds that an earlier try has made it. */
  open(room: Room, userIds: string[]): Promise<void>
  bringIn(room: Room, userIds: string[]): Promise<void>
  say(roomId: string, text: string): Promise<void>
}

interface Needs {
  /** By the names that packs use. */
  robots: Map<string, GroupRobot>
  places: RoomPlace[]
  words: Words
}

/** The way into groups: a group robot by its name, or a room by its run. Groups get words, never cards. */
export function groupChannel({ robots, places, words }: Needs): Channel {
  return {
    limits: GROUP_LIMITS,
    notBefore: (_message, now) => now,
    async draw(tx, message) {
      const via = robots.get(message.recipientId)?.platform ?? (await roomVia(tx, message))
      const standing = places.some((place) => place.platform === via && place.standing)
      const there = { ...message, via, data: { ...message.data, standing } } as Message
      const look = await kinds.get(message.kind)?.draw(tx, there, words)
      return look && 'text' in look ? { wire: JSON.stringify({ text: look.text }), via } : undefined
    },
    async send({ id, recipientId, via }, wire) {
      const { text } = JSON.parse(wire) as { text: string }
      const robot = robots.get(recipientId)
      if (robot) await robot.say(text, id)
      else await placeOf(places, via, recipientId).say(recipientId, text)
      return {}
    },
  }
}

/** The platform of a room; undefined when the name is that of no room. */
async function roomVia(tx: Tx, { via, recipientId }: Message): Promise<string | undefined> {
  if (via) return via
  return (await tx.get(Room, recipientId)) ? ((await roomPlatform(tx, recipientId)) ?? FIRST_PLATFORM) : undefined
}

function placeOf(places: RoomPlace[], platform: string | null, name: string): RoomPlace {
  const place = places.find((one) => one.platform === platform)
  if (!place) throw new PlatformError(platform ?? 'group', 'off', false, `no group "${name}"`)
  return place
}

/** Rooms that are looked at again. */
export const roomsDue = earliest('rooms', 'nextAt')

/** Makes the rooms that are wanted and brings in whoever is missing. Returns how many it looked at. */
export async function tendRooms(db: Database, places: RoomPlace[]): Promise<number> {
  const due = await db.read((tx) => tx.find(Room, 'WHERE nextAt <= ? ORDER BY nextAt LIMIT 20', [tx.now]))
  for (const room of due) await tend(db, places, room)
  return due.length
}

async function tend(db: Database, places: RoomPlace[], room: Room): Promise<void> {
  const { place, people } = await db.read((tx) => company(tx, places, room))
  if (!place) return later(db, room, 'no work chat of this company has rooms', false)
  const missing = people.filter(({ staffId }) => !room.members.includes(staffId))
  try {
    await gather(place, room, people.flatMap(idOn(place)), missing.flatMap(idOn(place)))
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return later(db, room, error.message, error.retryable)
  }
  const leftOut = missing.filter(({ userIds }) => userIds.size > 0 && !userIds.has(place.platform))
  await db.write((tx) => gathered(tx, place, room, leftOut))
}

/** Somebody who shall be in a room, with their user ids by platform. */
interface Person {
  staffId: string
  userIds: Map<string, string>
}

const idOn =
  ({ platform }: RoomPlace) =>
  ({ userIds }: Person) =>
    userIds.get(platform) ?? []

/** Who shall be in a room, and where it is: where most of them have an account, the first of equals. */
async function company(tx: Tx, places: RoomPlace[], room: Room): Promise<{ people: Person[]; place?: RoomPlace }> {
  const people: Person[] = []
  for (const staffId of room.wanted) {
    // Of several on one platform the oldest counts.
    const accounts = (await accountsOf(tx, staffId)).toReversed()
    people.push({ staffId, userIds: new Map(accounts.map(({ platform, userId }) => [platform, userId])) })
  }
  if (room.state !== 'wanted') {
    const platform = (await roomPlatform(tx, room.id)) ?? FIRST_PLATFORM
    return { people, place: places.find((one) => one.platform === platform) }
  }
  const count = (place: RoomPlace) => people.flatMap(idOn(place)).length
  const enough = places.filter((place) => count(place) >= place.fewest)
  const [place] = (enough.length > 0 ? enough : places).toSorted((a, b) => count(b) - count(a))
  return { people, place }
}

async function gather(place: RoomPlace, room: Room, all: string[], missing: string[]): Promise<void> {
  if (room.state !== 'wanted') {
    if (missing.length > 0) await place.bringIn(room, missing)
    return
  }
  if (all.length < place.fewest)
    throw new PlatformError(place.platform, 'too_few', true, 'too few of its people have an account')
  await place.open(room, all)
}

/** Notes that the platform was told, and tells those who have no account there where the room is. */
async function gathered(tx: Tx, { platform }: RoomPlace, room: Room, leftOut: Person[]): Promise<void> {
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
  if (!(await tx.get(FlowRun, room.id))) return
  if (room.state === 'wanted') await sayInRoom(tx, room.id, 'room_opened', platform)
  await enqueueAll(
    tx,
    leftOut.map(({ staffId }) => ({
      key: `room_elsewhere:${room.id}:${staffId}`,
      channel: 'staff',
      to: staffId,
      kind: 'room_elsewhere',
      subjectId: room.id,
      data: { platform },
      urgent: true,
    })),
  )
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
