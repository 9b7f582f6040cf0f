import type { Tx } from '../../lib/tx.ts'
import { Message } from '../messages/message.ts'
import { enqueue } from '../messages/outbox.ts'
import { chainRoles, levelPeople, peopleFor } from './assign.ts'
import type { Flow } from './flow.ts'
import { Room } from './room.ts'
import type { FlowRun } from './run.ts'

/** Wants a room for a run that is serious enough, with those who are told at once and the chain above. */
export async function wantRoom(tx: Tx, flow: Flow, run: FlowRun): Promise<void> {
  if (!hasRoom(flow, run)) return
  const people = flow.alert ? await peopleFor(tx, [flow.alert]) : []
  for (const role of chainRoles(flow)) people.push(...(await levelPeople(tx, role, null)))
  await tx.insertOnce(Room, {
    id: run.id,
    name: `${run.facts.number} ${flow.title}`.slice(0, 50),
    state: 'wanted',
    wanted: [...new Set(people.map(({ id }) => id))],
    members: [],
    nextAt: tx.now,
    attempts: 0,
    createdAt: tx.now,
  })
}

/** Whoever gets a step of the run comes into its room. */
export async function joinRoom(tx: Tx, flow: Flow, run: FlowRun, staffIds: string[]): Promise<void> {
  if (!hasRoom(flow, run)) return
  const room = await tx.get(Room, run.id)
  const wanted = [...new Set([...(room?.wanted ?? []), ...staffIds])]
  if (!room || room.state === 'closed' || wanted.length === room.wanted.length) return
  await tx.update(Room, room.id, { wanted, nextAt: room.nextAt ?? tx.now })
}

/** The run is over: its room gets the closing summary and is left to its members. */
export async function closeRoom(tx: Tx, run: FlowRun): Promise<void> {
  const room = await tx.get(Room, run.id)
  if (!room || room.state === 'closed') return
  const stood = room.state === 'open'
  await tx.update(Room, room.id, { state: 'closed', nextAt: null })
  if (stood) await sayInRoom(tx, run.id, 'room_closed')
}

/** Puts a line for a run's room into the outbox, once for each kind; the one that opens it says on which platform it is. */
export function sayInRoom(tx: Tx, runId: string, kind: string, via?: string): Promise<void> {
  const about = { to: runId, kind, subjectId: runId, urgent: true, via }
  return enqueue(tx, { key: keyOf(kind, runId), channel: 'group', ...about })
}

/** The platform on which a run's room was opened, if that is known. */
export async function roomPlatform(tx: Tx, runId: string): Promise<string | undefined> {
  const opened = await tx.first(Message, 'WHERE dedupKey = ?', [keyOf('room_opened', runId)])
  return opened?.via ?? undefined
}

const keyOf = (kind: string, runId: string) => `${kind}:${runId}`

function hasRoom({ room }: Flow, { priority }: FlowRun): boolean {
  return room === 'always' || (room === 'urgent' && priority === 'urgent')
}
