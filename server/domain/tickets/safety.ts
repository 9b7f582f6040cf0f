import { definitionById } from '../../engines/definitions/definitions.ts'
import { record, SYSTEM } from '../../engines/events/events.ts'
import { Attachment } from '../../engines/files/attachment.ts'
import { picturePath } from '../../engines/files/files.ts'
import { changeRun, liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import { isPrivate } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import { HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import type { WechatEvent } from '../../platforms/wechat-event.ts'
import { customerById, identityOf } from '../customers/customers.ts'
import { factsOf } from './facts.ts'
import { keepOnCards, questionBefore, tellRemark } from './remarks.ts'
import { Comment, type Safety, Ticket } from './ticket.ts'

const BATCH = 50
const RETRY_MS = MINUTE
/** After this long without a verdict, words are let through and marked: a customer must not wait on a broken checker. */
const GIVE_UP_MS = 30 * MINUTE
/** The platform promises its verdict on a picture within half an hour. */
const VERDICT_MS = 31 * MINUTE
const MAX_PICTURE_TRIES = 3
const SCENE_FORUM = 3

export interface Checker {
  db: Database
  wechat?: Wechat
  /** Our own address, at which the platform fetches pictures. */
  baseUrl: string
}

/** Asks the platform about a text. `pending`: it did not answer, the duty will ask again. */
export async function checkText(wechat: Wechat | undefined, openid: string, text: string): Promise<Safety> {
  if (!wechat || !text.trim()) return 'pass'
  try {
    const { suggest } = await wechat.checkText({ openid, scene: SCENE_FORUM, content: text.slice(0, 2500) })
    return suggest === 'risky' ? 'blocked' : 'pass'
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    log.warn({ code: error.code }, 'the text check did not answer')
    return 'pending'
  }
}

/** What has to be checked, or checked again. */
export const contentUnchecked = [
  earliest('tickets', 'checkAt'),
  earliest('comments', 'checkAt'),
  earliest('attachments', 'nextAt', `state = 'ready' AND safety IN ('unchecked', 'checking')`),
]

/** Checks again what could not be checked at once, and hands new pictures in. Returns how many it handled. */
export async function checkContent({ db, wechat, baseUrl }: Checker): Promise<number> {
  const due = await db.read(async (tx) => ({
    tickets: await tx.find(Ticket, `WHERE checkAt <= ? ORDER BY checkAt LIMIT ${BATCH}`, [tx.now]),
    comments: await tx.find(Comment, `WHERE checkAt <= ? ORDER BY checkAt LIMIT ${BATCH}`, [tx.now]),
    pictures: await tx.find(
      Attachment,
      `WHERE nextAt <= ? AND state = 'ready' AND safety IN ('unchecked', 'checking') ORDER BY nextAt LIMIT ${BATCH}`,
      [tx.now],
    ),
  }))
  for (const ticket of due.tickets) {
    const openid = await openidOf(db, ticket.customerId)
    const form = await db.read((tx) => definitionById<Form>(tx, ticket.formId))
    const verdict = await checkText(wechat, openid, wordsOf(form.body, ticket.answers))
    await db.write((tx) => judgeTicket(tx, ticket, verdict))
  }
  for (const comment of due.comments) {
    const openid = await openidOf(db, comment.authorId)
    const verdict = await checkText(wechat, openid, comment.text)
    await db.write((tx) => judgeComment(tx, comment, verdict))
  }
  for (const picture of due.pictures) await handIn({ db, wechat, baseUrl }, picture)
  return due.tickets.length + due.comments.length + due.pictures.length
}

/** Takes the platform's verdict on a picture. A verdict for an unknown trace changes nothing. */
export async function judgePicture(tx: Tx, verdict: Extract<WechatEvent, { kind: 'wxa_media_check' }>): Promise<void> {
  const picture = await tx.first(Attachment, 'WHERE traceId = ?', [verdict.traceId])
  if (picture?.safety !== 'checking') return
  if (verdict.errcode !== 0) {
    await tx.update(Attachment, picture.id, { safety: 'unchecked', nextAt: tx.now + RETRY_MS })
    return
  }
  await settlePicture(tx, picture, verdict.suggest === 'risky' ? 'blocked' : 'pass')
}

async function handIn({ db, wechat, baseUrl }: Checker, picture: Attachment): Promise<void> {
  if (!wechat || picture.attempts >= MAX_PICTURE_TRIES) {
    await db.write((tx) => settlePicture(tx, picture, 'pass'))
    return
  }
  try {
    const openid = await openidOf(db, picture.ownerId)
    const until = (await db.read(async (tx) => tx.now)) + HOUR
    const traceId = await wechat.checkImage({
      url: baseUrl + picturePath(picture.id, until),
      openid,
      scene: SCENE_FORUM,
    })
    await db.write((tx) =>
      tx.update(Attachment, picture.id, {
        safety: 'checking',
        traceId,
        attempts: picture.attempts + 1,
        nextAt: tx.now + VERDICT_MS,
      }),
    )
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    log.warn({ picture: picture.id, code: error.code }, 'a picture could not be handed in for its check')
    await db.write((tx) =>
      tx.update(Attachment, picture.id, { attempts: picture.attempts + 1, nextAt: tx.now + RETRY_MS }),
    )
  }
}

async function settlePicture(tx: Tx, picture: Attachment, safety: 'pass' | 'blocked'): Promise<void> {
  await tx.update(Attachment, picture.id, { safety, nextAt: null })
  if (picture.subjectId) await touchTicketCards(tx, picture.subjectId)
}

async function judgeTicket(tx: Tx, ticket: Ticket, verdict: Safety): Promise<void> {
  const safety = settled(tx, verdict, ticket.openedAt)
  const mine = await tx.update(
    Ticket,
    ticket.id,
    { safety, checkAt: safety === 'pending' ? tx.now + RETRY_MS : null },
    { checkAt: ticket.checkAt },
  )
  if (!mine || safety === 'pending') return
  const run = await runOf(tx, ticket.id)
  const form = (await definitionById<Form>(tx, ticket.formId)).body
  const customer = await customerById(tx, ticket.customerId)
  if (run) {
    const { photos, ...facts } = factsOf(Object.assign(ticket, { safety }), customer, form)
    await changeRun(tx, run, { facts: { ...run.facts, ...facts } })
  }
  await touchTicketCards(tx, ticket.id)
  await record(tx, 'ticket.checked', {
    by: SYSTEM,
    subject: { type: 'ticket', id: ticket.id },
    customerId: ticket.customerId,
    data: { safety, unanswered: verdict === 'pending' },
  })
}

async function judgeComment(tx: Tx, comment: Comment, verdict: Safety): Promise<void> {
  const safety = settled(tx, verdict, comment.at)
  const mine = await tx.update(
    Comment,
    comment.id,
    { safety, checkAt: safety === 'pending' ? tx.now + RETRY_MS : null },
    { checkAt: comment.checkAt },
  )
  if (!mine || safety !== 'pass') return
  const run = await runOf(tx, comment.ticketId)
  if (!run) return
  const other = comment.authorId !== run.customerId
  const asked = other ? '' : await questionBefore(tx, comment)
  await keepOnCards(tx, run, { text: comment.text, other, asked })
  for (const step of await liveSteps(tx, run.id)) await tellRemark(tx, await turnOf(tx, step.id), comment, asked)
}

function settled(tx: Tx, verdict: Safety, since: number): Safety {
  return verdict === 'pending' && tx.now - since > GIVE_UP_MS ? 'pass' : verdict
}

async function touchTicketCards(tx: Tx, ticketId: string): Promise<void> {
  const run = await runOf(tx, ticketId)
  for (const step of run ? await liveSteps(tx, run.id) : []) await touchCards(tx, step.id)
}

async function openidOf(db: Database, customerId: string): Promise<string> {
  return (await db.read((tx) => identityOf(tx, customerId, 'openid'))) ?? ''
}

/** Everything a customer wrote in a ticket's form, for the check; what is private is told to no checker. */
export function wordsOf(form: Form, answers: Record<string, unknown>): string {
  const open = form.fields.filter((field) => !isPrivate(field)).map(({ name }) => answers[name])
  return open.filter((value) => typeof value === 'string').join('\n')
}
