import { words } from '../../words.ts'

export default definePageConfig({
  navigationBarTitleText: words.loyalty.pointsPage.title,
  enablePullDownRefresh: true,
})
