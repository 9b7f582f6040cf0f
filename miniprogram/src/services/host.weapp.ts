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

  async locate() {
    try {
      const { latitude, longitude } = await Taro.getLocation({ type: 'gcj02' })
      return { lat: latitude, lng: longitude }
    } catch {
      return undefined
    }
  },

  async choosePlace(near) {
    try {
      const { latitude, longitude, name, address } = await Taro.chooseLocation({
        latitude: near?.lat,
        longitude: near?.lng,
      })
      return { lat: Number(latitude), lng: Number(longitude), address: name || address }
    } catch {
      return undefined
    }
  },

  openPermissions() {
    Taro.openSetting()
  },

  async scan() {
    try {
      const { result, path } = await Taro.scanCode({})
      // A mini-program code says its page and scene as a path.
      return result || path
    } catch {
      return undefined
    }
  },

  async pictureOf(canvas) {
    const { tempFilePath } = await Taro.canvasToTempFilePath({ canvas: canvas as unknown as Taro.Canvas })
    return { path: tempFilePath, size: 0 }
  },

  onNetwork(changed) {
    Taro.onNetworkStatusChange(({ isConnected }) => changed(isConnected))
  },
}
