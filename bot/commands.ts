import { Message } from '../server/engines/messages/message.ts'
import { messageRow, type Outgoing } from '../server/engines/messages/outbox.ts'
import { awaited } from '../server/engines/staff/conversation.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { Forbidden } from '../server/lib/errors.ts'
import { newId } from '../server/lib/ids.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { askAgain, type Reply, takeReply } from './ask.ts'
import type { Look } from './card.ts'
import { type Answer, type Command, line, type Understood, understand } from './command.ts'
import { companyCommands } from './commands/companies.ts'
import { desk } from './commands/desk.ts'
import { documents } from './commands/documents.ts'
import { duty } from './commands/duty.ts'
import { figures } from './commands/figures.ts'
import { find } from './commands/find.ts'
import { handOver } from './commands/hand-over.ts'
import { help } from './commands/help.ts'
import { interactions } from './commands/interaction.ts'
import { me } from './commands/me.ts'
import { mergeCommands } from './commands/merges.ts'
import { note } from './commands/note.ts'
import { phone } from './commands/phone.ts'
import { places, standAt } from './commands/place.ts'
import { privacyCommands } from './commands/reads.ts'
import { remind } from './commands/remind.ts'
import { rentalCommands } from './commands/rentals.ts'
import { ruleCommands } from './commands/rules.ts'
import { segmentCommands } from './commands/segments.ts'
import { take } from './commands/take.ts'
import { tasks } from './commands/tasks.ts'
import { ticket } from './commands/ticket.ts'
import { answer } from './here.ts'
import { kinds } from './kinds.ts'
import { basisOf } from './seen.ts'

const others = [
  tasks,
  ticket,
  take,
  note,
  phone,
  documents,
  ...desk,
  ...rentalCommands,
  handOver,
  find,
  ...interactions,
  ...mergeCommands,
  ...companyCommands,
  ...figures,
  ...segmentCommands,
  ...ruleCommands,
  ...privacyCommands,
  remind,
  ...duty,
  ...places,
  ...me,
]

/** Everything that can be asked for in the chat. To add one: write its object, name it here, give it words in help. */
export const commands: Command[] = [help(others), ...others]

/**
 * A message of a person: the answer to what the bot asked last (unless it is a command beyond doubt; the question then
 * comes again), a command, or neither.
 */
export async function listen(tx: Tx, staff: Staff, reply: Reply): Promise<void> {
  const meant = 'text' in reply ? understand(reply.text, commands) : undefined
  const whole = meant && 'command' in meant && meant.whole && meant.command.name !== 'cancel'
  if (!whole && (await takeReply(tx, staff, reply))) return
  // Sent without being asked for, it tells where they are.
  if ('place' in reply) return send(tx, staff, await standAt(tx, staff, reply.place))
  const asked = await awaited(tx, staff.id)
  await send(tx, staff, meant ? await answersTo(tx, staff, meant) : [line(staff, 'nothing_asked')])
  if (asked && (await awaited(tx, staff.id))) await askAgain(tx, staff)
}

/** An answer drawn where it was asked for; a card is known there by its message, by which presses on it come back. */
export interface Here {
  look: Look
  messageId: string
}

/**
 * Answers where the question was asked. Before others only what a group may read is said; the rest goes to the person
 * alone through the outbox.
 */
export async function answerHere(
  tx: Tx,
  words: Words,
  staff: Staff,
  text: string,
  group = true,
): Promise<Here[] | 'private'> {
  const meant = understand(text, commands)
  const answers = await answersTo(tx, staff, meant)
  if (group && 'command' in meant && !meant.command.open) {
    await send(tx, staff, answers)
    return 'private'
  }
  const here: Here[] = []
  for (const answer of answers) here.push(...(await drawHere(tx, words, staff, answer)))
  return here
}

async function answersTo(tx: Tx, staff: Staff, meant: Understood): Promise<Answer[]> {
  if ('among' in meant) return [line(staff, 'which', { words: meant.among.map(({ words }) => words[0]) })]
  if ('nearest' in meant) return [line(staff, 'hint', { nearest: meant.nearest?.words[0] ?? '' })]
  const { command, rest } = meant
  if (command.may && !(await command.may(tx, staff)))
    throw new Forbidden('command_not_yours', { word: command.words[0] })
  return command.run(tx, staff, rest)
}

async function send(tx: Tx, staff: Staff, answers: Answer[]): Promise<void> {
  await answer(tx, ...answers.map((one) => outgoing(tx, staff, one)))
}

function outgoing(tx: Tx, staff: Staff, answer: Answer): Outgoing {
  // What somebody waits for in front of the phone is never held back.
  return { ...answer, key: `answer:${newId(tx.now)}`, channel: 'staff', to: staff.id, urgent: true }
}

/** Draws an answer at once. A card becomes a message that was delivered, so that what follows finds it. */
async function drawHere(tx: Tx, words: Words, staff: Staff, answer: Answer): Promise<Here[]> {
  const row = { ...messageRow(tx, outgoing(tx, staff, { ...answer, via: 'wecom_bot' })), nextAt: null, sentAt: null }
  const message = Object.assign(new Message(), row)
  const look = await kinds.get(answer.kind)?.draw(tx, message, words)
  if (!look) return []
  if ('card' in look) {
    // It changes when it is pressed and never else: the cards that can change stay the live ones.
    const basis = await basisOf(tx, message)
    await tx.insert(Message, { ...row, state: 'sent', sentAt: tx.now, basis })
  }
  return [{ look, messageId: message.id }]
}
