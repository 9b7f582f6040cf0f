import { words } from '../../words.ts'

export default definePageConfig({
  navigationBarTitleText: words.appointments.title,
  enablePullDownRefresh: true,
})
