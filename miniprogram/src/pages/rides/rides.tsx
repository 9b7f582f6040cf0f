import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh } from '@tarojs/taro'
import { useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { CouponSheet } from '../../components/coupon-sheet.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { usePages } from '../../hooks/use-pages.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { attemptFor } from '../../services/attempt.ts'
import { now } from '../../services/clock.ts'
import { sayDay } from '../../services/days.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import {
  buyCard,
  type CardOffer,
  pageOfRide,
  type Ride,
  type RideCard,
  readCards,
  readRides,
} from '../../services/rides.ts'
import { words } from '../../words.ts'
import './rides.css'

const say = words.rides

/** The customer's rides and cards, and the cards that can be bought. */
export default function Rides() {
  return (
    <Page>
      <Cards />
      <History />
    </Page>
  )
}

function Cards() {
  const { data, reload } = useLive(readCards)
  if (!data) return null
  return (
    <View>
      {data.cards.length > 0 ? <View className="section-title">{say.mine}</View> : null}
      {data.cards.map((card) => (
        <Mine key={card.id} card={card} reload={reload} />
      ))}
      {data.offered.length > 0 ? <View className="section-title">{say.cards}</View> : null}
      {data.offered.map((offer) => (
        <Offer key={offer.card} offer={offer} reload={reload} />
      ))}
    </View>
  )
}

function Mine({ card, reload }: { card: RideCard; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  const pay = (payment: string) =>
    start(async () => {
      if ((await payFor(payment))?.state === 'paid') tell(say.bought)
      await reload()
    })
  return (
    <View className="card ride-line">
      <View className="ride-line-text">
        <Text className="ride-line-title">{card.title}</Text>
        <Text className="ride-line-note">
          {card.endsAt === null ? say.states[card.state] : say.until(sayDay(card.endsAt - 1, now()))}
        </Text>
      </View>
      {card.payment ? (
        <Action look="quiet" text={say.goPay} busy={busy} onClick={() => card.payment && pay(card.payment)} />
      ) : (
        <Text className="ride-line-note">{say.states[card.state]}</Text>
      )}
    </View>
  )
}

function Offer({ offer, reload }: { offer: CardOffer; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  const [open, setOpen] = useState(false)
  // The one that takes most off, until somebody says otherwise; empty: none.
  const [picked, setPicked] = useState<string>()
  const { coupons } = offer
  const coupon = picked === undefined ? coupons[0] : coupons.find(({ id }) => id === picked)
  // The same key until it was paid: a tap after a lost answer buys no second card.
  const key = useRef(attemptFor(offer.card, undefined).key)
  const fresh = () => {
    key.current = attemptFor(offer.card, undefined).key
  }
  const buy = () =>
    start(async () => {
      const { payment, state } = await buyCard(offer.card, key.current, coupon?.id)
      const paid = payment ? (await payFor(payment))?.state === 'paid' : state === 'active'
      if (paid) {
        fresh()
        tell(say.bought)
      }
      await reload()
    })
  const pick = (id: string | undefined) => {
    setPicked(id ?? '')
    setOpen(false)
    fresh()
  }
  return (
    <View className="card ride-line">
      <View className="ride-line-text">
        <Text className="ride-line-title">{offer.title}</Text>
        <Text className="ride-line-note">{offer.text}</Text>
        {coupons.length > 0 ? (
          <Text className="ride-offer-coupon" onClick={() => setOpen(true)}>
            {coupon ? say.couponUsed(coupon.title, yuan(-coupon.off)) : say.couponNone(coupons.length)}
          </Text>
        ) : null}
      </View>
      <Action look="quiet" text={say.buy(yuan(offer.price - (coupon?.off ?? 0)))} busy={busy} onClick={buy} />
      <CouponSheet
        open={open}
        coupons={coupons.map((one) => ({ ...one, worth: yuan(-one.off) }))}
        chosen={coupon?.id}
        onPick={pick}
        onClose={() => setOpen(false)}
      />
    </View>
  )
}

function History() {
  const { items: rides, error, next, load, reload } = usePages(readRides, (page) => page.rides)
  const [busy, start] = useTask()
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  if (!rides) return error ? <Failed error={error} onRetry={reload} /> : <Loading />
  if (rides.length === 0) return <Empty icon="question" title={say.empty} text={say.emptyText} />
  return (
    <View>
      <View className="section-title">{say.history}</View>
      {rides.map((ride) => (
        <Line key={ride.id} ride={ride} />
      ))}
      {next ? <Action look="plain" text={say.more} busy={busy} onClick={() => start(load)} /> : null}
    </View>
  )
}

function Line({ ride }: { ride: Ride }) {
  const { id, code, title, minutes, stateText, amount, refunded, startedAt } = ride
  const open = () => Taro.navigateTo({ url: pageOfRide(id) })
  return (
    <View className="card ride-line" onClick={open} hoverClass="card-pressed">
      <View className="ride-line-text">
        <Text className="ride-line-title">{`${title} ${code}`}</Text>
        <Text className="ride-line-note">
          {startedAt === null ? stateText : `${sayDay(startedAt, now())} · ${say.minutes(minutes)} · ${stateText}`}
        </Text>
      </View>
      <Text className="ride-line-sum">{yuan(amount - refunded)}</Text>
    </View>
  )
}
