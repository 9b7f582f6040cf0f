import { knowTurn, turnOf } from '../server/engines/flows/flows.ts'
import { FlowRun } from '../server/engines/flows/run.ts'
import { FlowStep } from '../server/engines/flows/step.ts'
import { Message } from '../server/engines/messages/message.ts'
import { answersWith, knowLast, saysTheLast, takeOnce } from '../server/engines/messages/outbox.ts'
import {
  knowOthers,
  knowRoles,
  othersHold,
  rolesNamed,
  staffByAccount,
  standsBehind,
} from '../server/engines/staff/roster.ts'
import { Staff, StaffAccount } from '../server/engines/staff/staff.ts'
import type { Database } from '../server/lib/db.ts'
import { AppError } from '../server/lib/errors.ts'
import { errorText } from '../server/lib/http.ts'
import { log } from '../server/lib/log.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { countRefusal } from '../server/platforms/refusing.ts'
import type { Reply } from './ask.ts'
import type { Card } from './card.ts'
import { shownOf } from './channel.ts'
import { listen } from './commands.ts'
import { answer, speaksOn } from './here.ts'
import { kinds } from './kinds.ts'
import { basisOf, movedOn } from './seen.ts'
import { meetStranger } from './strangers.ts'

export interface Pressed {
  platform: string
  userId: string
  /** The card's task id: our message. */
  taskId: string
  key: string
  chosen: Record<string, string>
  /** Good for one later update of this person's copy. */
  responseCode?: string
  dedupKey: string
}

export interface Said {
  platform: string
  userId: string
  reply: Reply
  dedupKey: string
}

/** What came of a callback: the card to show in place of the pressed one, and why nothing was done if so. */
export interface Outcome {
  card?: Card
  taskId?: string
  refused?: 'unknown_card' | 'unknown_user'
}

/** A pressed message, who pressed, and the step that most cards speak of. */
const PRESSED = `JOIN staff b ON ${standsBehind('b')}
  LEFT JOIN flow_steps c ON c.id = a.subjectId LEFT JOIN flow_runs d ON d.id = c.runId WHERE a.id = ? LIMIT 1`

/** Counts and logs a callback that concerns nobody we know; every door says so. */
export function noteRefusal(platform: string, event: { from: string; kind: string }, outcome?: Outcome): void {
  if (!outcome?.refused) return
  countRefusal(platform, outcome.refused)
  log.warn(
    { platform, reason: outcome.refused, from: event.from, kind: event.kind },
    'a callback concerns nobody we know',
  )
}

/**
 * A press on a card: taken once, judged against the present state, answered with the card as it stands afterwards.
 * A late, doubled or forbidden press changes nothing; who pressed is told why in the chat.
 */
export async function press(db: Database, words: Words, pressed: Pressed): Promise<Outcome> {
  try {
    return await db.write((tx) => act(tx, words, pressed))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    log.info({ why: error.why, card: pressed.taskId, key: pressed.key }, 'a press was refused')
    return db.write((tx) => explain(tx, words, pressed, error))
  }
}

/** A message in the chat: the answer to what the bot asked last, a command, or neither. */
export async function hear(db: Database, words: Words, said: Said): Promise<Outcome> {
  try {
    return await db.write(async (tx) => {
      const staff = await staffByAccount(tx, said.platform, said.userId)
      if (!staff) {
        await meetStranger(tx, { ...said, text: 'text' in said.reply ? said.reply.text : undefined })
        return { refused: 'unknown_user' as const }
      }
      if (!(await takeOnce(tx, said.dedupKey))) return {}
      speaksOn(tx, staff.id, said.platform)
      await listen(tx, staff, said.reply)
      return {}
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return db.write(async (tx) => {
      const staff = await staffByAccount(tx, said.platform, said.userId)
      await takeOnce(tx, said.dedupKey)
      if (staff) speaksOn(tx, staff.id, said.platform)
      if (staff) await tell(tx, staff, 'error', { message: errorText(words, error) }, said.dedupKey)
      return {}
    })
  }
}

async function act(tx: Tx, words: Words, pressed: Pressed): Promise<Outcome> {
  // First of all: on MySQL what is read before it may be older than the press that a copy waits for here.
  const taking = takeOnce(tx, pressed.dedupKey)
  const [fresh, { message, staff, refused }] = await Promise.all([taking, whoAndWhat(tx, pressed)])
  if (!message || !staff) {
    if (refused === 'unknown_user') await meetStranger(tx, pressed)
    return { refused }
  }
  if (staff.id === message.recipientId) answersWith(tx, message)
  const handler = kinds.get(message.kind)?.press?.[pressed.key]
  const moved = fresh && (await movedOn(tx, message, pressed.key))
  if (moved) await tell(tx, staff, moved.line, moved.data, pressed.dedupKey, message.subjectId)
  else if (fresh && handler) await handler(tx, { staff, message, chosen: pressed.chosen })
  return present(tx, words, message, staff, pressed)
}

async function explain(tx: Tx, words: Words, pressed: Pressed, error: AppError): Promise<Outcome> {
  const { message, staff, step, refused } = await whoAndWhat(tx, pressed)
  if (!message || !staff) return { refused }
  await takeOnce(tx, pressed.dedupKey)
  const why = errorText(words, error)
  const about = step && (await aboutStep(tx, step.id))
  const told = { message: why, ...(about && !why.includes(about.number) && about) }
  await tell(tx, staff, 'error', told, pressed.dedupKey, message.subjectId)
  return present(tx, words, message, staff, pressed)
}

/** What tells a card from the others in the chat. */
async function aboutStep(tx: Tx, stepId: string): Promise<{ number: string; step: string }> {
  const { run, definition } = await turnOf(tx, stepId)
  return { number: run.facts.number, step: definition.title }
}

async function whoAndWhat(tx: Tx, pressed: Pressed) {
  const [found] = await tx.joinedWith<[Message, Staff, FlowStep, FlowRun]>(
    [Message, Staff, FlowStep, FlowRun],
    [rolesNamed('b'), othersHold('b', 'c.role'), saysTheLast('a')],
    PRESSED,
    [StaffAccount.key(pressed.platform, pressed.userId), pressed.taskId],
  )
  const [[known, staff, step, run], [roles, others, last]] = found ?? [[], []]
  if (known?.channel === 'staff' && staff) {
    tx.remember(`staff:${staff.id}`, staff)
    speaksOn(tx, staff.id, pressed.platform)
    knowRoles(tx, staff.id, roles)
    knowLast(tx, known.id, last)
    if (step && run) {
      await knowTurn(tx, step, run)
      knowOthers(tx, staff.id, step.role, others)
    }
    return { message: known, staff, step }
  }
  const message = await tx.get(Message, pressed.taskId)
  return { refused: message?.channel === 'staff' ? ('unknown_user' as const) : ('unknown_card' as const) }
}

/** The card as it stands now for whoever pressed, remembered as what they see. */
async function present(tx: Tx, words: Words, message: Message, staff: Staff, pressed: Pressed): Promise<Outcome> {
  // A pressed card was delivered, even if the platform's answer to our sending never reached us.
  const delivered = { ...message, sentAt: message.sentAt ?? tx.now } as Message
  const look = await kinds.get(message.kind)?.draw(tx, delivered, words)
  if (!look || !('card' in look)) {
    await tx.updateLater(Message, message.id, { refreshAt: tx.now })
    return {}
  }
  // Somebody else's copy: theirs is not ours to remember.
  if (staff.id !== message.recipientId) return { card: look.card, taskId: message.id }
  const waiting = message.state === 'pending' || message.state === 'sending'
  await tx.updateLater(Message, message.id, {
    state: 'confirmed',
    // A card of the AI bot changes when it is pressed and never else.
    shown: message.via === 'wecom_bot' ? null : (shownOf(look) ?? null),
    shownAt: tx.now,
    basis: (await basisOf(tx, delivered)) ?? null,
    refreshAt: null,
    responseCode: pressed.responseCode ?? message.responseCode,
    responseCodeAt: pressed.responseCode ? tx.now : message.responseCodeAt,
    ...(waiting ? { nextAt: null, sentAt: delivered.sentAt, wire: null } : {}),
  })
  return { card: look.card, taskId: message.id }
}

async function tell(
  tx: Tx,
  staff: Staff,
  line: string,
  data: Record<string, unknown>,
  key: string,
  subjectId = staff.id,
): Promise<void> {
  await answer(tx, {
    key: `tell:${key}`,
    channel: 'staff',
    to: staff.id,
    kind: 'say',
    subjectId,
    urgent: true,
    data: { line, ...data },
  })
}
