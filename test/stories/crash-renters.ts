import { setTimeout as pause } from 'node:timers/promises'
import type { PaySheet } from '../../server/sandbox/wechatpay.ts'
import { until } from '../processes.ts'
import type { Shopper } from './crash-customers.ts'
import { type Rank, showTheWay } from './crash-till.ts'

/** pays: at once; late: when the hold is over, or nearly; never; calls_off: after price and deposit were paid. */
export const FATES = ['pays', 'pays', 'late', 'never', 'calls_off'] as const
export type Fate = (typeof FATES)[number]

interface Look {
  id: string
  state: string
  payments: { id: string; purpose: string; state: string }[]
}

const PATIENCE_MS = 120_000

/** A customer who rents a car while the house comes and goes. */
export class Renter {
  bookingId?: string

  constructor(
    private readonly rank: Rank,
    private readonly shopper: Shopper,
    readonly fate: Fate,
    private readonly from: number,
  ) {}

  /** From the booking to where it stays. */
  async rents(): Promise<void> {
    const { shopper, fate, from } = this
    await shopper.signIn()
    const wish = { store: 'hongqiao', model: 'corolla', from, until: from + 86_400_000 }
    const { booking } = await shopper.ask<{ booking?: Look }>('POST', '/api/bookings', () => wish, 'rent', [409])
    if (!booking) return
    this.bookingId = booking.id
    if (fate === 'never') return
    if (fate === 'late') await pause(HOLD_MS - 1000 + Math.random() * 3000)
    const paid = await this.pays(booking.payments[0]?.id ?? '')
    if (fate !== 'calls_off' || !paid) return
    const look = await this.confirmed()
    if (!look) return
    const deposit = look.payments.find(({ purpose }) => purpose === 'deposit')
    if (deposit) await this.pays(deposit.id)
    await shopper.ask('POST', `/api/bookings/${booking.id}/cancel`, () => ({}), undefined, [409])
  }

  /** Pays on the phone, if it still can be paid. */
  private async pays(paymentId: string): Promise<boolean> {
    const { pay, product } = this.rank
    const path = `/api/payments/${paymentId}/prepay`
    const sheet = await this.shopper.ask<Partial<PaySheet>>('POST', path, () => ({}), undefined, [409])
    if (!sheet.paySign) return false
    showTheWay(pay, product.url)
    try {
      await pay.pay(this.shopper.user.openid, sheet as PaySheet)
      return true
    } catch (error) {
      if (/the order is|prepay_id expired/.test(String(error))) return false
      throw error
    }
  }

  /** What was paid is confirmed, or the car went to somebody else. */
  private async confirmed(): Promise<Look | undefined> {
    const path = `/api/bookings/${this.bookingId}`
    let look: Look | undefined
    await until(
      'the booking is confirmed or over',
      async () => {
        look = (await this.shopper.ask<{ booking: Look }>('GET', path, () => undefined)).booking
        return look.state !== 'held'
      },
      PATIENCE_MS,
      300,
    )
    return look?.state === 'confirmed' ? look : undefined
  }
}

/** How long a car waits for its payment in this story. */
export const HOLD_MS = 12_000
