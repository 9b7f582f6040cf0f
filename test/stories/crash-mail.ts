import type { Message } from '../../server/engines/messages/message.ts'
import type { Sandbox } from '../../server/sandbox/sandbox.ts'
import type { SentMessage } from '../../server/sandbox/wecom.ts'
import type { Ledger } from './crash-ledger.ts'

const CARDS = ['step', 'warning', 'overdue', 'remark', 'urged', 'rated', 'escalation']
const TEMPLATES: Record<string, string> = {
  progress: 'TPL_PROGRESS',
  question: 'TPL_QUESTION',
  result: 'TPL_RESULT',
}

/** What staff got against the outbox: each message of it once, and nothing else. Returns what is wrong. */
export function wrongStaffMail({ messages }: Ledger, { wecom }: Sandbox): string[] {
  const problems = wecom.dropped.map(({ to }) => `dropped by the platform: a message to ${to}`)
  const rows = messages.filter(({ channel }) => channel === 'staff')
  const shown = countBy(
    wecom.sent.filter(({ taskId }) => taskId),
    ({ taskId }) => String(taskId),
  )
  const known = new Set(rows.map(({ id }) => id))
  for (const taskId of shown.keys()) if (!known.has(taskId)) problems.push(`nobody sent the card ${taskId}`)
  const texts = new Set(wecom.sent.flatMap(({ taskId, msgid }) => (taskId ? [] : [msgid])))
  // A card whose matter was over when it was to be replaced is told as a line.
  const isText = ({ kind, platformRef }: Message) => !CARDS.includes(kind) || texts.has(platformRef ?? '')
  for (const row of rows) {
    const times = shown.get(row.id) ?? 0
    const should = wasSent(row) && !isText(row) ? 1 : 0
    if (times !== should) problems.push(`${label(row)} was shown ${times} times`)
    if (!wasSent(row) && row.state !== 'obsolete' && row.state !== 'collapsed') problems.push(`${label(row)} is stuck`)
  }
  return [...problems, ...wrongTexts(rows.filter(isText), wecom.sent, wecom.suppressed)]
}

/**
 * Texts carry no id of ours: the platform's id of the last try leads to the words, and these must have been shown once
 * for each message. Only a message that was tried again may be missing behind another one of the same words: the
 * platform cannot tell them apart.
 */
function wrongTexts(rows: Message[], sent: readonly SentMessage[], suppressed: readonly SentMessage[]): string[] {
  const wordsOf = (one: SentMessage) => `${one.to} ${JSON.stringify(one.body)}`
  const shown = countBy(
    sent.filter(({ taskId }) => !taskId),
    wordsOf,
  )
  const byMsgid = new Map([...sent, ...suppressed].map((one) => [one.msgid, wordsOf(one)]))
  const problems: string[] = []
  const wanted = new Map<string, { most: number; least: number }>()
  for (const row of rows.filter(wasSent)) {
    const words = byMsgid.get(row.platformRef ?? '')
    if (words === undefined) {
      problems.push(`${label(row)} has never reached the platform`)
      continue
    }
    const { most, least } = wanted.get(words) ?? { most: 0, least: 0 }
    wanted.set(words, { most: most + 1, least: row.attempts > 1 ? least : least + 1 })
  }
  // A line that was on its way when its sender died, and has nothing left to say, is not said again: it may have arrived.
  let unsure = rows.filter(({ state, attempts }) => state === 'obsolete' && attempts > 0).length
  for (const words of new Set([...shown.keys(), ...wanted.keys()])) {
    const times = shown.get(words) ?? 0
    const { most, least } = wanted.get(words) ?? { most: 0, least: 0 }
    if (times === 1 && most === 0 && unsure-- > 0) continue
    if (times > most || times < Math.max(1, least))
      problems.push(`shown ${times} times, not ${least} to ${most}: ${words}`)
  }
  return problems
}

/**
 * What customers got against the outbox: each message of it, and nothing else. Returns what is wrong. WeChat has no
 * check for duplicates, so a message whose sender died while it was on its way is sent again and may be seen once for
 * each try; whatever was tried once is seen once.
 */
export function wrongCustomerMail({ messages }: Ledger, { wechat }: Sandbox): string[] {
  const rows = messages.filter(({ channel }) => channel === 'customer')
  const problems = rows.filter((row) => !wasSent(row)).map((row) => `${label(row)} was not sent`)
  const shown = countBy(
    wechat.sent.filter(({ errcode }) => errcode === 0),
    ({ templateId, data }) =>
      `${data.character_string1?.value} ${templateId} ${data.thing4?.value ?? data.thing2?.value}`,
  )
  const wanted = new Map(
    rows
      .filter(wasSent)
      .map(({ kind, data, attempts }) => [
        `${data.number} ${TEMPLATES[kind]} ${data.progress ?? data.question ?? data.result}`,
        attempts,
      ]),
  )
  for (const [about, times] of shown)
    if (!wanted.has(about)) problems.push(`a customer was told ${times} times: ${about}`)
  for (const [about, tries] of wanted) {
    const times = shown.get(about) ?? 0
    if (times < 1 || times > tries) problems.push(`a customer was told ${times} times in ${tries} tries: ${about}`)
  }
  return problems
}

/** No card invites anybody to a step that is over, and every open step has one that does. Returns what is wrong. */
export function wrongCards({ steps, messages }: Ledger, { wecom }: Sandbox): string[] {
  const problems: string[] = []
  const userOf = new Map(wecom.sent.map(({ taskId, to }) => [taskId, to]))
  for (const step of steps) {
    const cards = messages.filter(
      ({ subjectId, kind }) => subjectId === step.id && CARDS.includes(kind) && kind !== 'escalation',
    )
    const alive = cards.filter(({ id }) => userOf.has(id) && wecom.card(String(userOf.get(id)), id).alive)
    const right = step.isLive() ? alive.length >= 1 : alive.length === 0
    if (!right) problems.push(`step ${step.name} ${step.id} (${step.state}) has ${alive.length} live cards`)
  }
  return problems
}

/** The steps that are still open, with the cards about them: for messages of failing tests. */
export function openWork({ tickets, runs, steps, messages }: Ledger, { wecom }: Sandbox): string[] {
  const look = ({ id, kind, state, recipientId }: Message) => {
    const to = wecom.sent.find(({ taskId }) => taskId === id)?.to
    return `${kind} to ${to ?? recipientId} ${state}${to && wecom.card(to, id).alive ? ' alive' : ''}`
  }
  return steps
    .filter((step) => step.isLive())
    .map((step) => {
      const subjectId = runs.find(({ id }) => id === step.runId)?.subjectId
      const ticket = tickets.find(({ id }) => id === subjectId)
      const cards = messages
        .filter((message) => message.subjectId === step.id && CARDS.includes(message.kind))
        .map(look)
      return `${ticket?.answers.description} ${step.name} ${step.state} level ${step.level}: ${cards.join(', ')}`
    })
}

function wasSent({ state }: Message): boolean {
  return state === 'sent' || state === 'confirmed'
}

function label({ id, kind, state, attempts, error }: Message): string {
  return `message ${id} (${kind}, ${state}, ${attempts} tries${error ? `, ${error}` : ''})`
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}
