import { addPicture, addPromisedPicture, type Belongs, type Picture } from '../server/engines/files/files.ts'
import { transferSeat } from '../server/engines/flows/approval.ts'
import { needPhotos, photosWanted } from '../server/engines/flows/evidence.ts'
import { turnOf } from '../server/engines/flows/flows.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { extendStep } from '../server/engines/flows/manage.ts'
import { belongsTo, dropPictures, picturesGiven } from '../server/engines/flows/pictures.ts'
import { askCustomer, finishStep, transferStep } from '../server/engines/flows/steps.ts'
import { awaited, type Conversation, expectAnswer, forget } from '../server/engines/staff/conversation.ts'
import { openLink } from '../server/engines/staff/link.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { compile } from '../server/lib/condition.ts'
import { Invalid } from '../server/lib/errors.ts'
import { newId } from '../server/lib/ids.ts'
import type { Tx } from '../server/lib/tx.ts'
import { approvalDone } from './cards/approval-questions.ts'
import { followUpTalk, type Talk } from './follow-up-talk.ts'
import { answer } from './here.ts'
import { mergeTalk } from './merge-talk.ts'
import {
  type Action,
  isAnswered,
  passed,
  photoFields,
  promptData,
  type Question,
  questionsFor,
  understood,
} from './questions.ts'
import { approvalAfter, chosenIn } from './said-back.ts'

/** What a person answers with: words, a picture that the platform still holds, or one whose bytes we have stored. */
export type Reply = { text: string } | PictureReply | PlaceReply | { other: string }
/** A place that the platform sent, in GCJ-02. */
type PlaceReply = { place: { lat: number; lng: number; address?: string } }
type PictureReply = { picture: string } | { stored: StoredPicture }

export interface StoredPicture {
  id: string
  picture: Picture
}

interface Asking {
  staff: Staff
  turn: Turn
  action: Action
  questions: Question[]
  answers: Record<string, unknown>
}

const complete: Record<Action, (tx: Tx, turn: Turn, staff: Staff, answers: Record<string, unknown>) => Promise<void>> =
  {
    finish: finishStep,
    ask: (tx, turn, staff, { text }) => askCustomer(tx, turn, staff, String(text)),
    transfer: (tx, turn, staff, { person }) =>
      (turn.definition.approval ? transferSeat : transferStep)(tx, turn, staff, String(person)),
    ...approvalDone,
    extend: (tx, turn, staff, { by, reason }) => extendStep(tx, turn, staff, Number(by), String(reason)),
  }

/** Begins to ask: the next message of this person is the answer to the first question. */
export async function ask(tx: Tx, { staff, turn, action, questions: open, answers }: Asking): Promise<void> {
  // No chat takes a signature: the page asks for everything, and the chat for nothing.
  const onPage = open.filter(({ field }) => field.kind === 'signature')
  const questions = onPage.length > 0 ? onPage : upcoming(open, answers)
  if (questions.length === 0) return complete[action](tx, turn, staff, answers)
  await expectAnswer(tx, {
    id: staff.id,
    card: 'step',
    action,
    subjectId: turn.step.id,
    fields: questions.map(({ name }) => name),
    answers,
  })
  const [first] = questions
  if (first) await put(tx, staff, turn, action, first)
}

/** Puts a question; with one that only the page can ask, its link. */
async function put(tx: Tx, staff: Staff, turn: Turn, action: Action, question: Question): Promise<void> {
  await say(tx, staff, turn, question.prompt, promptData(question, action, turn, tx.now))
  if (question.field.kind === 'signature') await sendPage(tx, staff, turn)
}

/** The open questions from the first one that these answers call for. */
function upcoming(questions: Question[], answers: Record<string, unknown>): Question[] {
  const first = questions.findIndex((question) => isCalledFor(question, answers))
  return first < 0 ? [] : questions.slice(first)
}

function isCalledFor(question: Question, answers: Record<string, unknown>): boolean {
  const { showWhen, required, requiredWhen } = question.field
  if (showWhen && !compile(showWhen)(answers)) return false
  // Pictures may be sent while words are asked for, or may have been sent before.
  if (question.photos && isAnswered(question, answers)) return false
  return required || !requiredWhen || compile(requiredWhen)(answers)
}

/** Takes a message as the answer to what was asked last. Returns false when nothing was asked. Throws Invalid for a wrong answer; the question then stays open. */
export async function takeReply(tx: Tx, staff: Staff, reply: Reply): Promise<boolean> {
  const conversation = await awaited(tx, staff.id)
  if (!conversation) return false
  const talk = talks.get(conversation.card)
  if (talk) return takeWords(tx, staff, talk, conversation, reply)
  const turn = await turnOf(tx, conversation.subjectId)
  if ('other' in reply) throw new Invalid('reply', 'reply_kind')
  if ('text' in reply && CANCEL.test(reply.text.trim())) return giveUp(tx, staff, turn, conversation)
  const action = conversation.action as Action
  const questions = (await questionsFor(tx, action, turn)).filter(({ name }) => conversation.fields.includes(name))
  const [current, ...others] = questions
  if (!current) return false
  if (current.field.kind === 'signature') return refuseSignature(tx, staff, turn, action, current)
  if ('picture' in reply || 'stored' in reply) {
    const full = await takePicture(tx, staff, turn, conversation, questions, reply)
    return full ? goOn(tx, staff, turn, conversation, others, conversation.answers) : true
  }
  const answers = { ...conversation.answers }
  if ('place' in reply) {
    if (current.field.kind !== 'location') throw new Invalid('reply', 'reply_kind')
    answers[current.name] = passed(current, reply.place, tx.now)
  } else if (current.field.kind === 'photos') {
    // Words after pictures mean "that was all".
    if (!DONE.test(reply.text.trim())) throw new Invalid(current.name, 'photos_or_done', { label: current.label })
    needPhotos(turn, current.name, current.photos?.given ?? 0, current.photos?.wanted ?? 0)
  } else {
    answers[current.name] = understood(current, reply.text, tx.now)
  }
  return goOn(tx, staff, turn, conversation, others, answers)
}

/** Puts the next question that these answers call for; when there is none, does what was asked for. */
async function goOn(
  tx: Tx,
  staff: Staff,
  turn: Turn,
  conversation: Conversation,
  others: Question[],
  answers: Record<string, unknown>,
): Promise<boolean> {
  const action = conversation.action as Action
  const later = upcoming(others, answers)
  if (later.length > 0) {
    await expectAnswer(tx, { ...conversation, fields: later.map(({ name }) => name), answers })
    await put(tx, staff, turn, action, later[0] as Question)
    return true
  }
  await forget(tx, staff.id)
  // That it is done is said before what follows from it.
  const place = newId(tx.now)
  await complete[action](tx, turn, staff, answers)
  const told = action === 'finish' ? await approvalAfter(tx, turn) : await chosenIn(tx, turn, answers)
  await say(tx, staff, turn, `done_${action}`, { ...told, dueAt: turn.step.dueAt, now: tx.now }, place)
  return true
}

/** What other cards ask in the chat is answered in words. */
async function takeWords(tx: Tx, staff: Staff, talk: Talk, asked: Conversation, reply: Reply): Promise<boolean> {
  if (!('text' in reply)) throw new Invalid('reply', 'reply_kind')
  if (CANCEL.test(reply.text.trim())) {
    await forget(tx, staff.id)
    await answer(tx, {
      key: `say:${newId(tx.now)}`,
      channel: 'staff',
      to: staff.id,
      kind: 'line',
      subjectId: asked.subjectId,
      urgent: true,
      data: { line: 'given_up' },
    })
    return true
  }
  await talk.take(tx, staff, asked, reply.text)
  return true
}

/** Whatever is sent for a signature: the page is where one signs. Nothing is awaited once the step is over. */
async function refuseSignature(tx: Tx, staff: Staff, turn: Turn, action: Action, question: Question): Promise<boolean> {
  if (!turn.step.isLive()) {
    await forget(tx, staff.id)
    return false
  }
  await put(tx, staff, turn, action, question)
  return true
}

/** Sends a one-time link to the step's page. */
async function sendPage(tx: Tx, staff: Staff, turn: Turn): Promise<void> {
  const token = await openLink(tx, staff.id, turn.step.id)
  await answer(tx, {
    key: `page:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'page',
    subjectId: turn.step.id,
    urgent: true,
    data: { token },
  })
}

/** Cards other than a step's that ask in the chat. */
const talks = new Map<string, Talk>([followUpTalk, mergeTalk].map((talk) => [talk.card, talk]))

const CANCEL = /^(取消|算了|cancel)$/i
const DONE = /^(完成|好了|没有了|ok|done)$/i

/** Nothing is done; what was photographed for it counts no more. */
async function giveUp(tx: Tx, staff: Staff, turn: Turn, { action }: Conversation): Promise<boolean> {
  const given = [...(await picturesGiven(tx, turn.step.id)).values()].flat()
  const counted = action === 'finish' && turn.step.isLive()
  const own = counted ? given.filter(({ ownerId }) => ownerId === staff.id) : []
  await dropPictures(tx, turn.step.id, own)
  await forget(tx, staff.id)
  await say(tx, staff, turn, 'cancelled', { photos: own.length })
  return true
}

/**
 * A picture joins the photo field that is asked, or that comes next; the bot then repeats the open question. True: of a
 * list of pictures that are to be taken it was the one that was asked, and the next is wanted.
 */
async function takePicture(
  tx: Tx,
  staff: Staff,
  turn: Turn,
  conversation: Conversation,
  questions: Question[],
  reply: PictureReply,
): Promise<boolean> {
  const fields = photoFields(conversation.action as Action, turn)
  const [current] = questions
  const lacking = questions.find((one) => one.photos && !isAnswered(one, {})) ?? questions.find(({ photos }) => photos)
  const field = (current?.photos ? current : lacking)?.field ?? fields[0]
  if (!field) throw new Invalid('picture', 'picture_not_asked')
  await keepPicture(tx, staff, reply, await belongsTo(tx, turn, staff, field.name))
  await expectAnswer(tx, { ...conversation, fields: questions.map(({ name }) => name) })
  const count = (await picturesGiven(tx, turn.step.id)).get(field.name)?.length ?? 0
  if (field === current?.field && field.listed && count >= Math.max(1, photosWanted(turn, field))) return true
  await say(tx, staff, turn, current?.photos ? 'photo_taken' : 'photo_then', {
    count,
    missing: Math.max(0, photosWanted(turn, field) - count),
    which: fields.length > 1 ? field.label : '',
    label: current?.label ?? '',
  })
  return false
}

async function keepPicture(tx: Tx, staff: Staff, reply: PictureReply, belongs: Belongs): Promise<void> {
  if ('picture' in reply) {
    await addPromisedPicture(tx, staff.id, reply.picture, belongs)
    return
  }
  const { id, picture } = reply.stored
  await addPicture(tx, id, { type: 'staff', id: staff.id }, picture, 'pass', belongs)
}

/** Says again what is being asked of a person, after something else came between. */
export async function askAgain(tx: Tx, staff: Staff): Promise<void> {
  const conversation = await awaited(tx, staff.id)
  if (!conversation) return
  const talk = talks.get(conversation.card)
  if (talk) return talk.again(tx, staff, conversation)
  const turn = await turnOf(tx, conversation.subjectId)
  const action = conversation.action as Action
  const current = (await questionsFor(tx, action, turn)).find(({ name }) => conversation.fields.includes(name))
  if (current) await put(tx, staff, turn, action, current)
}

async function say(
  tx: Tx,
  staff: Staff,
  turn: Turn,
  line: string,
  data: Record<string, unknown> = {},
  place = newId(tx.now),
): Promise<void> {
  await answer(tx, {
    key: `say:${place}`,
    id: place,
    channel: 'staff',
    to: staff.id,
    kind: 'say',
    subjectId: turn.step.id,
    // What somebody waits for in front of the phone is never held back.
    urgent: true,
    data: { line, number: turn.run.facts.number, step: turn.definition.title, ...data },
  })
}
