import Taro from '@tarojs/taro'
import type { Host } from './host'
import { sortSubscribeResult } from './subscribe-result.ts'

export const host: Host = {
  apiBase: API_BASE,
  available: () => true,

  async loginCode() {
    return (await Taro.login()).code
  },

  phoneButton: (onCode, onRefused) => ({
    openType: 'getPhoneNumber',
    onGetPhoneNumber: ({ detail }) => (detail.code ? onCode(detail.code) : onRefused()),
  }),

  async requestSubscribe(ids) {
    // Taro asks for Alipay's ids too; WeChat does not read them.
    return sortSubscribeResult(ids, await Taro.requestSubscribeMessage({ tmplIds: ids, entityIds: [] }))
  },

  async chooseImages(count) {
    try {
      const { tempFiles } = await Taro.chooseMedia({ count, mediaType: ['image'], sizeType: ['compressed'] })
      return tempFiles.map((file) => ({ path: file.tempFilePath, size: file.size }))
    } catch {
      return []
    }
  },

  onNetwork(changed) {
    Taro.onNetworkStatusChange(({ isConnected }) => changed(isConnected))
  },
}
