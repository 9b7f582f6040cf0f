import { View } from '@tarojs/components'
import { useState } from 'react'
import { CouponSheet } from '../../components/coupon-sheet.tsx'
import { Row } from '../../components/row.tsx'
import { useLive } from '../../hooks/use-live.ts'
import type { Wish } from '../../services/bookings.ts'
import { readCoupons } from '../../services/loyalty.ts'
import { session } from '../../services/session.ts'
import { useStore } from '../../services/store.ts'
import { words } from '../../words.ts'

const say = words.rental.order

interface CouponsProps {
  wish: Wish
  change: (part: Partial<Wish>) => void
}

/** The coupon that is used for it, of those in the customer's hands. */
export function Coupons(props: CouponsProps) {
  return useStore(session) ? <Mine {...props} /> : null
}

function Mine({ wish, change }: CouponsProps) {
  const { data } = useLive(() => readCoupons('usable'))
  const [open, setOpen] = useState(false)
  const usable = (data?.coupons ?? []).filter(({ state }) => state === 'usable')
  const chosen = usable.find(({ id }) => id === wish.coupon)
  const pick = (coupon: string | undefined) => {
    change({ coupon })
    setOpen(false)
  }
  if (usable.length === 0) return null
  return (
    <View className="card rows">
      <Row
        label={say.coupon}
        value={chosen ? `${chosen.title} ${chosen.worth}` : undefined}
        none={say.chooseCoupon(usable.length)}
        onClick={() => setOpen(true)}
      />
      <CouponSheet open={open} coupons={usable} chosen={wish.coupon} onPick={pick} onClose={() => setOpen(false)} />
    </View>
  )
}
