import { words } from '../../words.ts'

export default definePageConfig({
  navigationBarTitleText: words.rental.list.title,
  enablePullDownRefresh: true,
})
