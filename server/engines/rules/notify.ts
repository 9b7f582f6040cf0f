import { DateTime } from 'luxon'
import { z } from 'zod'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { identifier } from '../flows/step-source.ts'
import { enqueue, enqueueAll } from '../messages/outbox.ts'
import { accountsOf } from '../staff/roster.ts'
import { leastAsked, notFull, openFollowUp } from './follow-ups.ts'
import { NotNow, type RuleWord } from './hooks.ts'
import { type Receiver, receiverSchema, receiversOf } from './receivers.ts'

const text = (most: number) => z.string().min(1).max(most)
const whom = {
  to: receiverSchema.default('owner'),
  /** The role that is asked where nobody looks after the customer. */
  or: identifier.max(40),
}

const MORNING = { hour: 9, minute: 0 }

interface StaffNote {
  to: Receiver
  or: string
  title: string
  text: string
  urgent: boolean
  everywhere: boolean
  robot?: string
}

/**
 * Tells somebody of staff something about a customer. What must not be missed is told `everywhere`: in each work chat
 * where they have an account, and through `robot` in a group, where no customer is named (C4).
 */
const notifyStaff: RuleWord<StaffNote> = {
  name: 'notify_staff',
  args: z.strictObject({
    ...whom,
    title: text(40),
    text: text(500),
    urgent: z.boolean().default(false),
    everywhere: z.boolean().default(false),
    robot: z.string().min(1).max(26).optional(),
  }),
  refers: { or: 'role', 'to.role': 'role' },
  async run(tx, turn, { to, or, title, text: words, urgent, everywhere, robot }) {
    const people = await receiversOf(tx, turn, to, or)
    const note = { kind: 'rule_note', subjectId: turn.run.id, urgent: urgent || everywhere }
    const data = { title, text: words, customerId: turn.customerId }
    for (const { id } of people) {
      const ways = everywhere ? await chatsOf(tx, id) : []
      const by = ways.length > 0 ? ways : [undefined]
      const each = by.map((via) => ({
        ...note,
        key: `${turn.key}:${id}${via ? `:${via}` : ''}`,
        channel: 'staff' as const,
        to: id,
        ...(via && { via }),
        data: { ...data, ...(via && { via }) },
      }))
      await enqueueAll(tx, each)
    }
    if (robot)
      await enqueue(tx, {
        ...note,
        key: `${turn.key}:${robot}`,
        channel: 'group',
        to: robot,
        data: { title, text: words },
      })
    return { staff: people.map(({ name }) => name), title }
  },
}

/** The work chats in which somebody can be told. */
async function chatsOf(tx: Tx, staffId: string): Promise<string[]> {
  return [...new Set((await accountsOf(tx, staffId)).map(({ platform }) => platform))]
}

interface CustomerNote {
  kind: string
  class: 'marketing' | 'service'
  via?: string
  data: Record<string, unknown>
}

/** Why a message of a class may not go to a customer by a way, as the customer has said: the purpose's title. */
type Refuse = (
  tx: Tx,
  customerId: string,
  note: Pick<CustomerNote, 'kind' | 'class' | 'via'>,
) => Promise<string | undefined>

let refused: Refuse = async () => undefined

/** Hands over what customers have said to being told things. */
export function useConsent(ask: Refuse): void {
  refused = ask
}

/** Tells the customer something: by the way that is named, else by their best one. Its words stand in templates/messages. */
const notifyCustomer: RuleWord<CustomerNote> = {
  name: 'notify_customer',
  args: z.strictObject({
    kind: identifier.max(40),
    class: z.enum(['marketing', 'service']).default('marketing'),
    via: z.enum(['subscribe', 'sms', 'mail']).optional(),
    data: z.record(z.string(), z.unknown()).default({}),
  }),
  contact: (args) => args.class,
  markets: (args) => args.class === 'marketing',
  refused: (tx, customerId, note) => refused(tx, customerId, note),
  async run(tx, { run, rule, key, customerId, profiled }, { kind, class: kindOf, via, data }) {
    if (!customerId) throw new Conflict('rule_no_customer')
    await enqueue(tx, {
      key,
      channel: 'customer',
      to: customerId,
      kind,
      subjectId: run.id,
      ...(via && { via }),
      data: {
        ...{ title: rule.title, at: tx.now, ...run.memory.given, ...data, class: kindOf },
        ...(profiled && { profiled }),
      },
    })
    return { message: kind, ...(via && { via }) }
  },
}

interface Calling {
  to: Receiver
  or: string
  title: string
  points: string[]
  reasons: { value: string; label: string }[]
  per_day: number
}

/** Asks somebody to call the customer, with a card that has the answers on it (C3). */
const followUp: RuleWord<Calling> = {
  name: 'follow_up',
  args: z.strictObject({
    ...whom,
    title: text(40),
    points: z.array(text(100)).max(5).default([]),
    reasons: z
      .array(z.strictObject({ value: identifier, label: text(20) }))
      .max(8)
      .default([]),
    /** How many customers one person is asked to call in a day; the others come the next morning. */
    per_day: z.int().min(1).max(200).default(20),
  }),
  refers: { or: 'role', 'to.role': 'role' },
  tells: ['follow_up.answered'],
  gives: ['caller'],
  markets: () => true,
  async run(tx, turn, { to, or, title, points, reasons, per_day: most }) {
    const { run, key, customerId } = turn
    if (!customerId) throw new Conflict('rule_no_customer')
    const people = await receiversOf(tx, turn, to, or)
    const today = DateTime.fromMillis(tx.now, { zone: turn.rule.zone }).startOf('day')
    const one = await leastAsked(tx, await notFull(tx, people, most, today.toMillis()))
    if (!one) throw new NotNow('enough_today', today.plus({ days: 1 }).set(MORNING).toMillis())
    const call = { effectKey: key, runId: run.id, rule: run.rule, customerId, staffId: one.id, role: or }
    await openFollowUp(tx, { ...call, title, points, reasons })
    return { staff: [one.name], caller: one.name, title }
  },
}

interface Hook {
  to: string
  data: Record<string, unknown>
}

let hooks: ReadonlySet<string> = new Set()

/** Says which outside systems are configured, by the names that packs use. */
export function useHooks(names: Iterable<string>): void {
  hooks = new Set(names)
}

/** Tells an outside system, over the outbox: signed, tried again until it has taken it. */
const callWebhook: RuleWord<Hook> = {
  name: 'call_webhook',
  args: z.strictObject({ to: z.string().min(1).max(26), data: z.record(z.string(), z.unknown()).default({}) }),
  refers: { to: 'hook' },
  async run(tx, { run, key, customerId }, { to, data }) {
    if (!hooks.has(to)) throw new Conflict('rule_no_hook', { hook: to })
    await enqueue(tx, {
      key,
      channel: 'webhook',
      to,
      kind: 'webhook',
      subjectId: run.id,
      data: { rule: run.rule, run: run.id, key: run.runKey, customer: customerId, occasion: run.occasion, data },
    })
    return { hook: to }
  },
}

/** The words of the rules that know no noun. */
export const ownWords = [notifyStaff, notifyCustomer, followUp, callWebhook] as RuleWord[]
