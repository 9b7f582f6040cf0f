import type { z } from 'zod'
import type { Tx } from '../../lib/tx.ts'
import { type Happening, record } from '../events/events.ts'
import type { ContactRule } from './contacts.ts'
import type { Rule } from './rule.ts'
import type { RuleRun } from './run.ts'

/** Under this name an event of a word tells for which run it was said: it reaches that one and no other. */
export const RULE_RUN = 'rule_run'

/** A rule in the version that is in force. */
export interface RuleVersion {
  id: string
  version: number
  body: Rule
}

/** What a noun tells of one of its own to conditions and texts. */
export interface RuleFacts {
  /** What was known at an instant: now, or where it can look back, then. Undefined where there is no such one. */
  at(tx: Tx, id: string, at: number): Promise<Record<string, unknown> | undefined>
  /** Whether it can look back. */
  looksBack?: true
  /**
   * The dates of many at once, as far as they are at hand and of this moment: for a rule that is new. Whoever is left out
   * is asked for one by one.
   */
  dates?(tx: Tx, ids: string[]): Promise<Map<string, Record<string, unknown>>>
  /** Ids behind the given one, in order; with `segment` only those in it. For rules that go through all of them. */
  list?(tx: Tx, after: string, most: number, segment?: string): Promise<string[]>
  /** Whether a field is made of what somebody did: whoever chooses by it profiles them. */
  behaviour?(field: string): boolean
  /**
   * The events that may change what it tells, by the beginnings of their names; where that hangs on what is asked, by the
   * fields that rules watch. Without any it says itself what has changed.
   */
  changedBy?: readonly string[] | ((fields: readonly string[]) => Changes)
}

/** Events that may change what is told of one of a kind. */
export interface Changes {
  /** Beginnings of names. */
  names: readonly string[]
  /** Whatever they do themselves may. */
  themselves?: boolean
}

/** What a word may know of the run that says it. */
export interface RuleTurn {
  run: RuleRun
  rule: Rule
  /** Names the effect: a word that has had it under this key does nothing more. */
  key: string
  customerId: string | null
  /** All that conditions of this step can ask for. */
  data: Record<string, unknown>
  /** The customer was chosen for it by what they did. */
  profiled: boolean
}

/** A word that rules can say (R2). */
export interface RuleWord<Args = unknown> {
  name: string
  args: z.ZodType<Args>
  /** The arguments that name something of the pack: `{ flow: 'flow', 'to.role': 'role' }`. */
  refers?: Record<string, 'flow' | 'role' | 'hook' | 'rule' | 'coupon' | 'stage'>
  /** It changes only what the house knows: it is said even while the rule is paused. */
  inside?: true
  /** The class of a message to the customer, by which caps and quiet hours go. */
  contact?(args: Args): string
  /** It wants to sell something: where the rule chooses by behaviour, not to those who refuse to be profiled. */
  markets?(args: Args): boolean
  /** What the customer has not agreed to, if that forbids it: it is left out then, and the trace says so. */
  refused?(tx: Tx, customerId: string, args: Args): Promise<string | undefined>
  /** Events by which its end can be waited for. */
  tells?: string[]
  /** What of its result later steps and messages of the run have at hand, as `run.given.<name>`. */
  gives?: string[]
  /** Throws an AppError where it cannot be done. Returns what the trace shall keep. */
  run(tx: Tx, turn: RuleTurn, args: Args): Promise<Record<string, unknown> | undefined>
}

/** Thrown by a word that cannot be said now and can be later: the run waits for it, in its row. */
export class NotNow extends Error {
  constructor(
    readonly why: string,
    readonly until: number,
  ) {
    super(why)
  }
}

/** All that rules run on: the house's own, or what a dry run puts in its place. */
export interface World {
  rules(): ReadonlyMap<string, RuleVersion>
  facts: ReadonlyMap<string, RuleFacts>
  word(name: string): RuleWord | undefined
  /** A text of a pack with its places filled in. Throws where something is missing. */
  say(text: string, data: Record<string, unknown>): string
  contacts(): ContactRule
  /** What a customer has refused when they do not want to be chosen by their behaviour: the purpose's title. */
  unprofiled(tx: Tx, customerId: string): Promise<string | undefined>
  record(tx: Tx, name: string, happening: Happening): Promise<void>
  /** Wakes the duty once a transaction is committed that has left it something to do. */
  poke(): void
}

/** What the house lends to the rules. */
interface Lent extends Pick<World, 'rules' | 'say' | 'contacts'> {
  /** What a flow or a segment is called where people read it. */
  titleOf(kind: 'flow' | 'segment', name: string): string | undefined
}

const words = new Map<string, RuleWord>()
const facts = new Map<string, RuleFacts>()
const lent: Lent & Pick<World, 'poke' | 'unprofiled'> = {
  rules: () => new Map(),
  say: (text) => text,
  titleOf: () => undefined,
  contacts: () => ({ zone: 'Asia/Shanghai', classes: {} }),
  unprofiled: async () => undefined,
  poke: () => undefined,
}

/** Lends words to the rules. */
export function ruleWords(given: RuleWord[]): void {
  for (const word of given) words.set(word.name, word)
}

/** Lends what a noun tells of its own, by the name under which conditions ask for it. */
export function ruleFacts(type: string, given: RuleFacts | RuleFacts['at']): void {
  facts.set(type, typeof given === 'function' ? { at: given } : given)
}

/** Hands over the rules in force, the language of the texts in packs, and the cap that all rules share. */
export function useRules(given: Lent): void {
  Object.assign(lent, given)
}

/** Hands over what customers have said to being chosen by their behaviour. */
export function useProfiling(ask: World['unprofiled']): void {
  lent.unprofiled = ask
}

/** Hands over what shall happen as soon as there is something to do. */
export function onRuleWork(wake: () => void): void {
  lent.poke = wake
}

/** What a flow or a segment is called where people read it; one that is not known, by its name. */
export function titleOf(kind: 'flow' | 'segment', name: string): string {
  return lent.titleOf(kind, name) ?? name
}

/** What a rule is called where people read it; one that is no longer in force, by its name. */
export function titleOfRule(name: string): string {
  return house.rules().get(name)?.body.title ?? name
}

/** A word by its name, or undefined. */
export function ruleWord(name: string): RuleWord | undefined {
  return words.get(name)
}

/** The names of all words, for error messages. */
export function ruleWordNames(): string[] {
  return [...words.keys()]
}

/** The kinds of which something is known. */
export function ruleFactTypes(): string[] {
  return [...facts.keys()]
}

/** The house's own world. */
export const house: World = {
  rules: () => lent.rules(),
  facts,
  word: ruleWord,
  say: (text, data) => lent.say(text, data),
  contacts: () => lent.contacts(),
  unprofiled: (tx, customerId) => lent.unprofiled(tx, customerId),
  record,
  poke: () => lent.poke(),
}
