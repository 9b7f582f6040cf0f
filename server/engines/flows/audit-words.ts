import type { Words } from '../../lib/render.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import type { Finding } from '../audit/finding.ts'
import { Message } from '../messages/message.ts'
import { staffById } from '../staff/roster.ts'
import { flowOf } from './rows.ts'
import { FlowRun } from './run.ts'
import { FlowStep } from './step.ts'

const AUDIT = 'cards/audit'

/** A number that a platform gave, or the name of a failed connection, before the platform's own words. */
const CODED = /^(?:\w+ )?(-?\d+)\b/
const CUT_OFF = /^\w+ [A-Z][A-Z_]+:/

/** What a kind of finding is called. */
export function findingKind(kind: string, words: Words): string {
  return words.text(known(words, 'kind', kind))
}

/** What somebody has to do about a kind of finding. */
export function findingAdvice(kind: string, words: Words): string {
  return words.text(known(words, 'advice', kind))
}

/** A finding as a sentence: what is wrong with what, whose it is, since when. */
export async function tellFinding(tx: Tx, finding: Finding, words: Words): Promise<string> {
  const { kind, subjectId, about, foundAt } = finding
  const message = await tx.get(Message, subjectId)
  const matter = await matterOf(tx, message ? matterId(message) : subjectId)
  const step = matter?.step
  const data = {
    about: kind.startsWith('rule_event') ? eventNamed(about, words) : about,
    account: words.has(`${AUDIT}.account.${subjectId}`) ? words.text(`${AUDIT}.account.${subjectId}`) : subjectId,
    matter: matter ? words.text(`${AUDIT}.matter`, matter.names) : '',
    message: message ? words.text(`${AUDIT}.message`, await receiver(tx, message, words)) : '',
    why: message?.error ? why(message.error, words) : '',
    foundAt,
    wakeAt: step?.wakeAt ?? foundAt,
    dueAt: step?.dueAt ?? 0,
    writtenAt: message?.createdAt ?? foundAt,
    triedAt: message?.triedAt ?? foundAt,
    now: tx.now,
  }
  return words.text(known(words, 'sentence', kind), data)
}

interface Matter {
  step?: FlowStep
  names: { number: string; title: string; step: string; person: string; live: boolean }
}

/** The ticket and step that a finding is about, by the id of either or of what they stand for. */
async function matterOf(tx: Tx, id: string): Promise<Matter | undefined> {
  const step = await tx.get(FlowStep, id)
  const run =
    (await tx.get(FlowRun, step?.runId ?? id)) ??
    (step ? undefined : await tx.first(FlowRun, 'WHERE subjectId = ?', [id]))
  if (!run) return undefined
  const person = step?.assigneeId ? ((await staffById(tx, step.assigneeId))?.name ?? '') : ''
  const { number, title } = run.facts
  const called = step ? await titleOf(tx, run, step) : ''
  return { step, names: { number, title, step: called, person, live: step?.isLive() ?? false } }
}

/** What people call a step; nothing where its flow cannot be read, which may be the very finding. */
async function titleOf(tx: Tx, { definitionId }: FlowRun, { name }: FlowStep): Promise<string> {
  try {
    return (await flowOf(tx, definitionId)).steps.find(({ step }) => step === name)?.title ?? ''
  } catch (error) {
    if (errorCode(error)) throw error
    return ''
  }
}

/** A line for a group is addressed to its run. */
function matterId({ channel, recipientId, subjectId }: Message): string {
  return channel === 'group' ? recipientId : subjectId
}

async function receiver(tx: Tx, { channel, recipientId, kind }: Message, words: Words) {
  const person = channel === 'staff' ? ((await staffById(tx, recipientId))?.name ?? '') : ''
  return { channel, person, what: words.text(known(words, 'what', kind)) }
}

/** What an event is called where rules are told of; one that has no words, by its name. */
function eventNamed(name: string, words: Words): string {
  const key = `cards/rules.event.${name.replaceAll('.', '_')}`
  return words.has(key) ? words.text(key) : name
}

/** Why a message did not arrive, without the platform's English. */
function why(error: string, words: Words): string {
  const [, code = ''] = CODED.exec(error) ?? []
  return words.text(`${AUDIT}.why`, { code, cutOff: CUT_OFF.test(error) })
}

function known(words: Words, group: string, kind: string): string {
  const key = `${AUDIT}.${group}.${kind}`
  return words.has(key) ? key : `${AUDIT}.${group}.other`
}
