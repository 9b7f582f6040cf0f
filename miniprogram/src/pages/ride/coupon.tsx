import { View } from '@tarojs/components'
import { useState } from 'react'
import { CouponSheet } from '../../components/coupon-sheet.tsx'
import { Row } from '../../components/row.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { useTask } from '../../hooks/use-task.ts'
import { yuan } from '../../services/money.ts'
import { chooseCoupon, type Ride, readChoice } from '../../services/rides.ts'
import { words } from '../../words.ts'

const say = words.rides

/** Which coupon pays for a ride, as long as that can be said; nothing for who has none. */
export function Coupon({ ride, put }: { ride: Ride; put: (ride: Ride) => void }) {
  const { data, reload } = useLive(() => readChoice(ride.id))
  const [open, setOpen] = useState(false)
  const [, start] = useTask()
  if (!data?.can || data.coupons.length === 0) return null
  const { coupons, chosen } = data
  const used = coupons.find(({ id }) => id === chosen)
  const worth = (off: number | undefined, text: string) => (off === undefined ? text : yuan(-off))
  const pick = (coupon: string | undefined) =>
    start(async () => {
      setOpen(false)
      put(await chooseCoupon(ride.id, coupon ?? null))
      await reload()
    })
  return (
    <View className="card rows ride-coupon">
      <Row
        label={say.coupon}
        value={used ? `${used.title} ${worth(used.off, used.worth)}` : undefined}
        none={say.couponNone(coupons.length)}
        onClick={() => setOpen(true)}
      />
      <CouponSheet
        open={open}
        coupons={coupons.map((one) => ({ ...one, worth: worth(one.off, one.worth) }))}
        chosen={chosen ?? undefined}
        onPick={pick}
        onClose={() => setOpen(false)}
      />
    </View>
  )
}
