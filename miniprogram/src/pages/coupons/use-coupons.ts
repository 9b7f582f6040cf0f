import { useRef, useState } from 'react'
import { useLive } from '../../hooks/use-live.ts'
import { type Coupon, type CouponTab, readCoupons } from '../../services/loyalty.ts'

/** One tab of the customer's coupons, page by page. */
export function useCoupons(tab: CouponTab) {
  const first = useLive(() => readCoupons(tab))
  const [older, setOlder] = useState<{ coupons: Coupon[]; next: string | null }>()
  const [failed, setFailed] = useState(false)
  const loading = useRef(false)
  const next = older ? older.next : (first.data?.next ?? null)

  const more = async () => {
    if (!next || loading.current) return
    loading.current = true
    setFailed(false)
    try {
      const page = await readCoupons(tab, next)
      setOlder((before) => ({ coupons: [...(before?.coupons ?? []), ...page.coupons], next: page.next }))
    } catch {
      setFailed(true)
    } finally {
      loading.current = false
    }
  }

  const reload = async () => {
    setOlder(undefined)
    await first.reload()
  }

  const coupons = first.data && [...first.data.coupons, ...(older?.coupons ?? [])]
  return { coupons, offers: first.data?.offers ?? [], error: first.error, next, failed, more, reload }
}
