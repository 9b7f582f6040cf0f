import { Text, View } from '@tarojs/components'
import type { ReactNode } from 'react'
import { now } from '../services/clock.ts'
import { sayDay } from '../services/days.ts'
import type { Coupon, CouponOffer } from '../services/loyalty.ts'
import { words } from '../words.ts'
import './coupon-card.css'

/** What has so little time left is said to end soon. */
const SOON_MS = 3 * 24 * 3_600_000
/** Longer worths are set smaller. */
const SHORT = 5

/** One coupon of the customer's. */
export function CouponCard({ coupon }: { coupon: Coupon }) {
  const { state, lastAt } = coupon
  const soon = state === 'usable' && lastAt - now() < SOON_MS
  return (
    <Ticket look={coupon} over={state === 'used' || state === 'expired'} when={whenOf(coupon)} soon={soon}>
      {state === 'later' ? <Text className="coupon-tag">{words.loyalty.couponPage.later}</Text> : null}
      {soon ? <Text className="coupon-tag coupon-tag-soon">{words.loyalty.couponPage.soon}</Text> : null}
    </Ticket>
  )
}

/** One coupon that the customer may take; `children` is the button. */
export function OfferCard({ offer, children }: { offer: CouponOffer; children: ReactNode }) {
  return (
    <Ticket look={offer}>
      <View className="coupon-act">{children}</View>
    </Ticket>
  )
}

interface TicketProps {
  look: CouponOffer | Coupon
  over?: boolean
  when?: string
  soon?: boolean
  children: ReactNode
}

function Ticket({ look, over = false, when, soon = false, children }: TicketProps) {
  return (
    <View className={`coupon ${over ? 'coupon-over' : ''}`}>
      <View className={`coupon-worth ${[...look.worth].length > SHORT ? 'coupon-worth-long' : ''}`}>
        <Text>{look.worth}</Text>
        <View className="coupon-notch coupon-notch-top" />
        <View className="coupon-notch coupon-notch-bottom" />
      </View>
      <View className="coupon-text">
        <View className="coupon-title">{look.title}</View>
        <Text className="coupon-terms">{look.terms}</Text>
        {when ? <Text className={`coupon-when ${soon ? 'coupon-when-soon' : ''}`}>{when}</Text> : null}
      </View>
      {children}
    </View>
  )
}

function whenOf({ state, startsAt, lastAt, usedAt }: Coupon): string {
  const say = words.loyalty.couponPage
  const until = sayDay(lastAt, now())
  if (state === 'used' && usedAt !== null) return say.usedOn(sayDay(usedAt, now()))
  return state === 'later' ? say.between(sayDay(startsAt, now()), until) : say.until(until)
}
