import { failing, type Part } from '../../lib/explain.ts'
import type { Words } from '../../lib/render.ts'
import { titleOf, titleOfRule } from './hooks.ts'
import type { RuleTrace } from './run.ts'
import { eventOf } from './trigger.ts'
import type { TriggerNow, Why } from './why.ts'

const KEY = 'cards/rules'
/** A number of this size is an instant. */
const INSTANT = 1_000_000_000_000

/** Why a rule did what it did, or nothing, in sentences. */
export function tellWhy(why: Why, customer: string, words: Words, now: number): string[] {
  const say = (key: string, data: object = {}) => words.text(`${KEY}.why.${key}`, { ...data, now })
  const [latest, ...older] = why.runs
  const lines = [say('title', { title: why.title, customer })]
  if (why.state !== 'on') lines.push(say(`state_${why.state}`))
  if (!latest) lines.push(say('never'))
  else lines.push(...latest.traces.map((trace) => tellTrace(trace, words, now)))
  for (const { run } of older) {
    const outcome = words.text(`${KEY}.outcome.${run.outcome ?? 'running'}`)
    lines.push(say('older', { from: run.startedAt, outcome }))
  }
  for (const refusal of why.refusals) lines.push(tellTrace(refusal, words, now))
  lines.push(...presentLines(why, words, now))
  return lines
}

/** What a rule noted, in a sentence with its time. */
export function tellTrace(
  { kind, at, data }: Pick<RuleTrace, 'kind' | 'at' | 'data'>,
  words: Words,
  now: number,
): string {
  const named = (group: string, name: unknown) => nameOf(words, group, String(name ?? ''))
  const parts = partsIn(data)
  const answer = { outcome: '', why: '', ...(data.answer as Record<string, unknown> | undefined) }
  const went = wayIn(data)
  const all = {
    ...DEFAULTS,
    ...data,
    kind: String(data.kind ?? ''),
    event: data.event ? named('event', data.event) : '',
    events: Array.isArray(data.events) ? data.events.map((one) => named('event', one)) : [],
    delivery: data.delivery ? named('delivery', data.delivery) : '',
    word: data.word ? named('word', data.word) : '',
    why: data.why ? named('because', data.why) : '',
    enough: data.why === 'enough_today',
    outcome: data.outcome ? named('outcome', data.outcome) : '',
    about: data.field ? named('field', data.field) : titleOf('segment', String(data.segment ?? '')),
    by: Array.isArray(data.by) ? data.by.map(titleOfRule) : [],
    staff: Array.isArray(data.staff) ? data.staff : [],
    came: isSaid(words, answer.outcome) ? named('said', answer.outcome) : '',
    grounds: answer.why ? named('said', answer.why) : '',
    went: went.taken,
    values: valuesIn(data.values ?? went.by, words, now),
    parts: parts.map((part) => tellPart(part, words, now)),
  }
  const sentence = words.text(`${KEY}.trace.${kind}`, { ...all, now })
  return words.text(`${KEY}.why.line`, { at, sentence, now })
}

/** A part of a condition, and what was found in its place. */
export function tellPart(part: Part, words: Words, now: number): string {
  const text = (key: string, data: object) => words.text(`${KEY}.part.${key}`, { ...data, now })
  if (part.kind !== 'field') {
    const inner = (part.parts ?? []).map((one) => tellPart(one, words, now))
    return text(part.kind.slice(1), { inner })
  }
  const { path = '', operator = '$eq', wanted, found } = part
  const key = words.has(`${KEY}.part.${operator.slice(1)}`) ? operator.slice(1) : 'other'
  const label = nameOf(words, 'field', path)
  return text(key, { label, operator, wanted: shown(path, wanted, words, now), found: shown(path, found, words, now) })
}

function presentLines({ triggers, condition, runs, refused }: Why, words: Words, now: number): string[] {
  const say = (key: string, data: object = {}) => words.text(`${KEY}.why.${key}`, { ...data, now })
  const lines = triggers.map((trigger) => say('now', { sentence: triggerSentence(trigger, words, now) }))
  if (refused) lines.push(say('refused', { purpose: refused }))
  if (!condition) return lines
  const left = failing(condition.parts).map((part) => tellPart(part, words, now))
  const inside = runs[0]?.run.state === 'running'
  return [...lines, say(condition.holds ? 'holds' : 'fails', { parts: left, inside })]
}

function triggerSentence(
  { trigger, lastAt, nextAt, unmeant = [], unknown }: TriggerNow,
  words: Words,
  now: number,
): string {
  const say = (key: string, data: object) => words.text(`${KEY}.trigger.${key}`, { ...data, now })
  const heard = eventOf(trigger)
  if (heard) {
    const events = [heard.event].flat().map((name) => nameOf(words, 'event', name))
    const about =
      'segment' in trigger
        ? titleOf('segment', trigger.segment)
        : 'field' in trigger
          ? nameOf(words, 'field', trigger.field)
          : ''
    const parts = unmeant.map((part) => tellPart(part, words, now))
    return say(lastAt ? 'event' : 'no_event', { events, about, at: lastAt ?? 0, parts })
  }
  if ('date' in trigger) {
    const label = nameOf(words, 'field', trigger.date)
    if (unknown) return say('no_date', { label })
    return say(nextAt ? 'date' : 'date_passed', { label, at: nextAt ?? 0 })
  }
  return say(nextAt ? 'schedule' : 'no_schedule', { at: nextAt ?? 0 })
}

const DEFAULTS = {
  until: 0,
  title: '',
  message: '',
  hook: '',
  flow: '',
  number: '',
  part: '',
  share: '',
  before: 0,
  since: 0,
  final: true,
  grace: '',
  timeout: '',
  role: '',
  answer: {},
  purpose: '',
}

/** Which way a branch led, and what stood where its conditions looked: those of all ways where none of them held. */
function wayIn({ way, looked }: Record<string, unknown>): { taken: string; by: Record<string, unknown> } {
  const ways = Array.isArray(looked) ? (looked as { way: number; parts: Part[] }[]) : []
  const meant = ways.filter((one) => one.way === way)
  const parts = (meant.length > 0 ? meant : ways).flatMap((one) => fieldsIn(one.parts))
  return {
    taken: meant.length > 0 ? 'meant' : way === null ? 'none' : 'else',
    by: Object.fromEntries(parts.map(({ path = '', found }) => [path, found])),
  }
}

function fieldsIn(parts: Part[]): Part[] {
  return parts.flatMap((part) => (part.parts ? fieldsIn(part.parts) : [part]))
}

/** The parts of a condition that a trace keeps and that did not hold. */
function partsIn(data: Record<string, unknown>): Part[] {
  return Array.isArray(data.parts) ? failing(data.parts as Part[]) : []
}

function valuesIn(values: unknown, words: Words, now: number): string[] {
  if (typeof values !== 'object' || values === null) return []
  return Object.entries(values).map(([path, value]) =>
    words.text(`${KEY}.value`, { label: nameOf(words, 'field', path), value: shown(path, value, words, now), now }),
  )
}

/** What a name is called where people read it; one that has no words stands as it is. */
function nameOf(words: Words, group: string, name: string): string {
  const key = `${KEY}.${group}.${name.replaceAll('.', '_')}`
  return words.has(key) ? words.text(key) : name
}

function isSaid(words: Words, value: unknown): boolean {
  return words.has(`${KEY}.said.${value}`)
}

function shown(path: string, value: unknown, words: Words, now: number): string {
  const say = (key: string, data: object = {}) => words.text(`${KEY}.shown.${key}`, { ...data, now })
  if (value === null || value === undefined) return say('nothing')
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no')
  if (Array.isArray(value)) return say('list', { list: value.map((one) => shown(path, one, words, now)) })
  if (typeof value === 'number' && path.endsWith('fen')) return say('money', { value })
  if (typeof value === 'number' && value > INSTANT) return say('instant', { value })
  if (typeof value === 'object') return JSON.stringify(value)
  const name = String(value)
  if (path.endsWith('.kind')) return titleOf('flow', name)
  return path.endsWith('.segment') ? titleOf('segment', name) : nameOf(words, 'said', name)
}
