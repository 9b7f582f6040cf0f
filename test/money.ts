import assert from 'node:assert/strict'
import { balances } from '../server/domain/ledger/ledger.ts'
import { auditMoney } from '../server/domain/payments/audit.ts'
import { depositHeld, openDeposit } from '../server/domain/payments/deposits.ts'
import {
  askPayment,
  type Payment,
  type PaymentWish,
  paymentById,
  whenPaid,
} from '../server/domain/payments/payments.ts'
import type { PaySheet, WechatpayStandIn } from '../server/sandbox/wechatpay.ts'
import { type HouseOptions, openStory, type Story, type Worker } from './harness.ts'
import { idOf } from './rules.ts'

/** What is paid for in these stories: an errand, whose money is kept unless the story says otherwise. */
export const ERRAND = { type: 'errand', id: '01KERRAND0000000000000001' }
export const HOUR = 3_600_000

export interface Till {
  story: Story
  /** 王晓梅's id. */
  wang: string
  /** 钱芳, finance. */
  qian: Worker
  pay: WechatpayStandIn
  /** What the noun has heard, and what it says to it. */
  heard: string[]
  says: { verdict: 'kept' | 'returned' }
}

/** A house in which 王晓梅 pays for errands. */
export async function openTill(options: HouseOptions = {}): Promise<Till> {
  let qian: Worker | undefined
  const story = await openStory({
    ...options,
    env: { PACKS: 'service-desk,bike-share', ...options.env },
    prepare(opening) {
      qian = opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] })
    },
  })
  const wang = await idOf(story, story.wang)
  const heard: string[] = []
  const says = { verdict: 'kept' as const } as Till['says']
  whenPaid('errand', async (tx, payment) => {
    heard.push(`${payment.purpose} ${payment.amount}`)
    if (payment.purpose === 'deposit') {
      const subject = { type: payment.subjectType, id: payment.subjectId }
      const deposit = await openDeposit(tx, { customerId: wang, subject, amount: payment.amount })
      return (await depositHeld(tx, deposit.id, payment)) ? 'kept' : 'returned'
    }
    return says.verdict
  })
  const { wechatpay: pay } = story.sandbox
  if (!pay || !qian) throw new Error('this house has no till')
  return { story, wang, qian, pay, heard, says }
}

let asked = 0

/** Asks 王晓梅 for money. */
export function ask({ story, wang }: Till, wish: Partial<PaymentWish> = {}): Promise<Payment> {
  asked += 1
  return story.db.write((tx) =>
    askPayment(tx, {
      ...{ customerId: wang, subject: ERRAND, purpose: 'rental', amount: 26_800, title: '七座 SUV 一天' },
      ...{ payBy: tx.now + HOUR / 4, key: `errand:${asked}` },
      ...wish,
    }),
  )
}

/** What the phone is given to pay with. */
export async function sheet({ story }: Till, { id }: { id: string }): Promise<PaySheet> {
  const { status, body } = await story.wang.call<PaySheet>('POST', `/api/payments/${id}/prepay`, {})
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** 王晓梅 pays on her phone. */
export async function pays(till: Till, payment: { id: string }): Promise<void> {
  await till.pay.pay(till.story.wang.user.openid, await sheet(till, payment))
}

/** How a payment stands. */
export function stands({ story }: Till, { id }: { id: string }): Promise<Payment> {
  return story.db.read((tx) => paymentById(tx, id))
}

/** What the accounts come to, those that come to nothing left out. */
export async function books({ story }: Till): Promise<Record<string, number>> {
  const all = await story.db.read(balances)
  assert.equal(
    Object.values(all).reduce((sum, amount) => sum + amount, 0),
    0,
    'the books balance',
  )
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}

/** What the auditor finds about money. */
export async function findings({ story }: Till): Promise<string[]> {
  return (await auditMoney(story.db, true)).map(({ kind }) => kind)
}

/** The ways that the card of a difference offers, by their values. */
export function waysOf(worker: Worker, number: string): string[] {
  return (
    worker
      .card(number)
      .selects[0]?.options.map(({ id }) => id)
      .filter((id) => id !== '-') ?? []
  )
}
