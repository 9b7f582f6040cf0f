import Taro from '@tarojs/taro'
import type { Host, PayOrder, ScoreSheet } from './host'
import { sortSubscribeResult } from './subscribe-result.ts'

/** The part of WeChat's JS bridge that we use, as the hosting client offers it to a page. */
interface Bridge {
  login(options: { success: (result: { code: string }) => void; fail?: (error: unknown) => void }): void
  getPhoneNumber(options: { success: (result: { code: string }) => void; fail: (error: unknown) => void }): void
  requestSubscribeMessage(options: {
    tmplIds: string[]
    success: (result: Record<string, string>) => void
    fail: (error: unknown) => void
  }): void
  requestPayment?(options: PayOrder & { success: () => void; fail: (error: { errMsg?: string }) => void }): void
  openBusinessView?(options: ScoreSheet & { success: () => void; fail: (error: { errMsg?: string }) => void }): void
  scanCode?(options: { success: (result: { result: string }) => void; fail: (error: unknown) => void }): void
  getLocation?(options: {
    type: 'gcj02'
    success: (result: { latitude: number; longitude: number }) => void
    fail: (error: unknown) => void
  }): void
}

/** The client's bridge: in this window, or in the same-origin window that frames us. */
function findBridge(): Bridge | undefined {
  const offers = (view: Window) => {
    const wx = (view as Window & { wx?: Bridge }).wx
    return typeof wx?.login === 'function' ? wx : undefined
  }
  try {
    return offers(window) ?? offers(window.parent)
  } catch {
    // A parent of another origin may not be touched, and is none of ours.
    return undefined
  }
}

export const host: Host = {
  apiBase: '',
  available: () => findBridge() !== undefined,

  loginCode: () =>
    new Promise((resolve, reject) => {
      const bridge = findBridge()
      if (!bridge) return reject(new Error('no WeChat client around this page'))
      bridge.login({ success: ({ code }) => resolve(code), fail: () => reject(new Error('wx.login failed')) })
    }),

  phoneButton: (onCode, onRefused) => ({
    onClick: () => {
      const bridge = findBridge()
      if (!bridge) return onRefused()
      bridge.getPhoneNumber({ success: ({ code }) => onCode(code), fail: onRefused })
    },
  }),

  requestSubscribe: (ids) =>
    new Promise((resolve, reject) => {
      const bridge = findBridge()
      if (!bridge) return reject(new Error('no WeChat client around this page'))
      bridge.requestSubscribeMessage({
        tmplIds: ids,
        success: (result) => resolve(sortSubscribeResult(ids, result)),
        fail: () => reject(new Error('wx.requestSubscribeMessage failed')),
      })
    }),

  pay: (order) =>
    new Promise((resolve, reject) => {
      const bridge = findBridge()
      if (!bridge?.requestPayment) return reject(new Error('no WeChat client around this page'))
      bridge.requestPayment({
        ...order,
        success: () => resolve(true),
        fail: ({ errMsg = '' }) => (/cancel/.test(errMsg) ? resolve(false) : reject(new Error(errMsg))),
      })
    }),

  openScore: (sheet) =>
    new Promise((resolve, reject) => {
      const bridge = findBridge()
      if (!bridge?.openBusinessView) return reject(new Error('no WeChat client around this page'))
      bridge.openBusinessView({
        ...sheet,
        success: resolve,
        fail: ({ errMsg = '' }) => (/cancel/.test(errMsg) ? resolve() : reject(new Error(errMsg))),
      })
    }),

  chooseImages: (count) =>
    new Promise((resolve) => {
      Taro.chooseImage({
        count,
        success: ({ tempFiles }) => resolve(tempFiles.map((file) => ({ path: file.path, size: file.size }))),
        fail: () => resolve([]),
      })
    }),

  locate: () =>
    new Promise((resolve) => {
      const bridge = findBridge()
      if (bridge?.getLocation) {
        return bridge.getLocation({
          type: 'gcj02',
          success: ({ latitude, longitude }) => resolve({ lat: latitude, lng: longitude }),
          fail: () => resolve(undefined),
        })
      }
      if (!navigator.geolocation) return resolve(undefined)
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => resolve({ lat: coords.latitude, lng: coords.longitude, datum: 'wgs84' }),
        () => resolve(undefined),
        { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
      )
    }),

  get scan() {
    const bridge = findBridge()
    if (!bridge?.scanCode) return undefined
    return () =>
      new Promise<string | undefined>((resolve) => {
        bridge.scanCode?.({ success: ({ result }) => resolve(result), fail: () => resolve(undefined) })
      })
  },

  onMouse(canvas, pen) {
    const element = canvas as HTMLCanvasElement
    const at = (tell: (x: number, y: number) => void) => (event: PointerEvent) => {
      if (event.pointerType === 'mouse' && event.buttons === 1) tell(event.offsetX, event.offsetY)
    }
    const listeners = { pointerdown: at(pen.down), pointermove: at(pen.move), pointerup: pen.up, pointerleave: pen.up }
    const all = Object.entries(listeners) as [string, EventListener][]
    for (const [name, listener] of all) element.addEventListener(name, listener)
    return () => {
      for (const [name, listener] of all) element.removeEventListener(name, listener)
    }
  },

  async pictureOf(canvas) {
    // Not toBlob: a browser with nothing to paint takes its time over that.
    const text = atob((canvas as HTMLCanvasElement).toDataURL('image/png').split(',')[1] ?? '')
    const picture = new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type: 'image/png' })
    return { path: URL.createObjectURL(picture), size: picture.size }
  },

  async openDocument(url, headers) {
    if (!headers) return void window.open(url, '_blank')
    const answer = await fetch(url, { headers })
    if (!answer.ok) throw new Error(`the document answered ${answer.status}`)
    window.open(URL.createObjectURL(await answer.blob()), '_blank')
  },

  onNetwork(changed) {
    // Taro's H5 reads navigator.connection, which does not say "none" on every browser; these events do.
    window.addEventListener('online', () => changed(true))
    window.addEventListener('offline', () => changed(false))
  },
}
