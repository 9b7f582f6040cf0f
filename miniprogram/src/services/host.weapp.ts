import Taro from '@tarojs/taro'
import type { Host } from './host'
import { sortSubscribeResult } from './subscribe-result.ts'

/** So long WeChat may search for a better place, in ms; below 3000 it does not. */
const HIGH_ACCURACY_MS = 4000

/** Whether a person has changed their mind; anything else is a refusal, or trouble with the phone. */
function isCancel(error: unknown): boolean {
  return /cancel/i.test(String((error as { errMsg?: unknown }).errMsg))
}

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

  async pay(order) {
    try {
      await Taro.requestPayment(order)
      return true
    } catch (error) {
      if (isCancel(error)) return false
      throw error
    }
  },

  async openScore(sheet) {
    try {
      await Taro.openBusinessView(sheet)
    } catch (error) {
      if (!isCancel(error)) throw error
    }
  },

  async chooseImages(count) {
    try {
      const { tempFiles } = await Taro.chooseMedia({ count, mediaType: ['image'], sizeType: ['compressed'] })
      return tempFiles.map((file) => ({ path: file.tempFilePath, size: file.size }))
    } catch (error) {
      if (isCancel(error)) return []
      throw error
    }
  },

  async locate() {
    try {
      const { latitude, longitude } = await Taro.getLocation({
        type: 'gcj02',
        isHighAccuracy: true,
        highAccuracyExpireTime: HIGH_ACCURACY_MS,
      })
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
      return { lat: Number(latitude), lng: Number(longitude), address: name || address, by: 'map' }
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
      // A code of this mini-program says its page and scene as a path; of what is in it otherwise nothing is promised.
      return path || result
    } catch (error) {
      return isCancel(error) ? undefined : ''
    }
  },

  openPrivacy() {
    Taro.openPrivacyContract()
  },

  async pictureOf(canvas) {
    const { tempFilePath } = await Taro.canvasToTempFilePath({ canvas: canvas as unknown as Taro.Canvas })
    return { path: tempFilePath, size: 0 }
  },

  async openDocument(url, header) {
    const { tempFilePath, statusCode } = await Taro.downloadFile({ url, header })
    if (statusCode !== 200) throw new Error(`the document answered ${statusCode}`)
    await Taro.openDocument({ filePath: tempFilePath, fileType: 'pdf', showMenu: true })
  },

  onNetwork(changed) {
    Taro.onNetworkStatusChange(({ isConnected }) => changed(isConnected))
  },
}
