import { usePages } from '../../hooks/use-pages.ts'
import { type CouponTab, readCoupons } from '../../services/loyalty.ts'

/** One tab of the customer's coupons, page by page. */
export function useCoupons(tab: CouponTab) {
  const read = (next?: string) => readCoupons(tab, next)
  const { first, items, ...pages } = usePages(read, ({ coupons }) => coupons)
  return { ...pages, coupons: items, offers: first?.offers ?? [] }
}
