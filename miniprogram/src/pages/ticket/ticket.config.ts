import { words } from '../../words.ts'

export default definePageConfig({ navigationBarTitleText: words.ticket.progress, enablePullDownRefresh: true })
