import { words } from '../../words.ts'

export default definePageConfig({
  navigationBarTitleText: words.loyalty.couponPage.title,
  enablePullDownRefresh: true,
})
