import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh, useReachBottom } from '@tarojs/taro'
import { useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { CouponCard, OfferCard } from '../../components/coupon-card.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { type CouponOffer, type CouponTab, claimCoupon, claimKey } from '../../services/loyalty.ts'
import { words } from '../../words.ts'
import './coupons.css'
import { useCoupons } from './use-coupons.ts'

const TABS: CouponTab[] = ['usable', 'used', 'expired']
const say = words.loyalty.couponPage

/** The customer's coupons, and those they may take. */
export default function Coupons() {
  const [tab, setTab] = useState<CouponTab>('usable')
  return (
    <Page>
      <View className="coupon-tabs">
        {TABS.map((name) => (
          <View key={name} className={`coupon-tab ${name === tab ? 'coupon-tab-on' : ''}`} onClick={() => setTab(name)}>
            <Text className="coupon-tab-text">{say.tabs[name]}</Text>
          </View>
        ))}
      </View>
      <CouponList key={tab} tab={tab} />
    </Page>
  )
}

function CouponList({ tab }: { tab: CouponTab }) {
  const list = useCoupons(tab)
  usePullDownRefresh(() => list.reload().finally(() => Taro.stopPullDownRefresh()))
  useReachBottom(list.more)
  const { coupons, offers } = list
  if (coupons === undefined) return list.error ? <Failed error={list.error} onRetry={list.reload} /> : <Loading />
  return (
    <View>
      {offers.length > 0 ? <View className="section-title">{say.offers}</View> : null}
      {offers.map((offer) => (
        <Offer key={offer.coupon} offer={offer} onClaimed={list.reload} />
      ))}
      {offers.length > 0 && coupons.length > 0 ? <View className="section-title">{say.mine}</View> : null}
      {coupons.map((coupon) => (
        <CouponCard key={coupon.id} coupon={coupon} />
      ))}
      {coupons.length === 0 && offers.length === 0 ? (
        <Empty icon="coupon" title={say.empty[tab]} text={say.emptyText[tab]} />
      ) : null}
      {coupons.length > 0 && tab !== 'usable' ? (
        <View className="coupon-foot" onClick={list.more}>
          <Text>{list.failed ? say.moreFailed : list.next ? say.more : say.end}</Text>
        </View>
      ) : null}
    </View>
  )
}

function Offer({ offer, onClaimed }: { offer: CouponOffer; onClaimed: () => Promise<void> }) {
  const [busy, start] = useTask()
  // The same key until it has worked: a tap after a lost answer takes no second coupon.
  const key = useRef(claimKey(offer.coupon))
  const claim = () =>
    start(async () => {
      await claimCoupon(offer.coupon, key.current)
      key.current = claimKey(offer.coupon)
      tell(say.claimed)
      await onClaimed()
    })
  return (
    <OfferCard offer={offer}>
      <Action text={say.claim} busy={busy} onClick={claim} />
    </OfferCard>
  )
}
