import type { ButtonProps } from '@tarojs/components'
import type { Place } from './api.ts'

/** What the WeChat client around us can do; host.weapp.ts and host.h5.ts each say how. */
export interface Host {
  /** In front of every /api path: empty when the server that sent us also answers. */
  apiBase: string
  /** False when there is no WeChat client to sign in with. */
  available(): boolean
  /** A one-time code that the server exchanges for the customer's openid. */
  loginCode(): Promise<string>
  /** What to spread on a Button so that one tap hands over the phone number's code. */
  phoneButton(onCode: (code: string) => void, onRefused: () => void): HostButton
  /** Asks for subscribe messages; to be called inside a tap. Rejects when the client does not ask. */
  requestSubscribe(ids: string[]): Promise<SubscribeAnswer>
  /** Pays what the server has prepared, in WeChat's own window; false when they changed their mind. Rejects otherwise. */
  pay(order: PayOrder): Promise<boolean>
  /** Opens WeChat's page of pay score; ends when they come back, whatever they did there. Rejects when it cannot be opened. */
  openScore(sheet: ScoreSheet): Promise<void>
  /** Pictures that the person chose; empty when they changed their mind. Rejects when they do not allow it. */
  chooseImages(count: number): Promise<LocalImage[]>
  /** Where this phone is; undefined when the person, or the phone, does not say. */
  locate(): Promise<Place | undefined>
  /** A place chosen on a map; undefined when they changed their mind. Absent where there is no map. */
  choosePlace?(near?: Place): Promise<Place | undefined>
  /** Opens the page on which a refused permission can be given after all. Absent where there is none. */
  openPermissions?(): void
  /** Opens what the business has told WeChat about its use of personal data. Absent where there is no WeChat. */
  openPrivacy?(): void
  /** What a scanned code says, empty when it cannot be read; undefined when nobody scanned. Absent where nothing scans. */
  scan?(): Promise<string | undefined>
  /** What is drawn on with a mouse, where there is one; touches come through the component. Returns how to stop. */
  onMouse?(canvas: PadCanvas, pen: Pen): () => void
  /** A drawn canvas as a picture that can be sent. */
  pictureOf(canvas: PadCanvas): Promise<LocalImage>
  /** Shows a PDF of ours, which can be saved and passed on from there. Rejects when it cannot be fetched. */
  openDocument(url: string, headers?: Record<string, string>): Promise<void>
  /** Calls back with every change between online and offline. */
  onNetwork(changed: (online: boolean) => void): void
}

/** The part of a Button that the WeChat client answers. */
export type HostButton = Pick<ButtonProps, 'openType' | 'onGetPhoneNumber'> & { onClick?: () => void }

/** What the server answers to `prepay`. */
export interface PayOrder {
  timeStamp: string
  nonceStr: string
  package: string
  signType: 'RSA'
  paySign: string
}

/** What the server answers when WeChat is to vouch for a deposit; `wx.openBusinessView` is called with it. */
export interface ScoreSheet {
  businessType: 'wxpayScoreUse'
  extraData: Record<'mch_id' | 'package' | 'timestamp' | 'nonce_str' | 'sign_type' | 'sign', string>
}

export interface SubscribeAnswer {
  accepted: string[]
  rejected: string[]
}

export interface LocalImage {
  path: string
  /** Bytes. */
  size: number
}

/** The part of a canvas that WeChat's and the browser's have in common. */
export interface PadCanvas {
  width: number
  height: number
  getContext(kind: '2d'): unknown
}

/** What follows a hand over a canvas; in px from its corner. */
export interface Pen {
  down(x: number, y: number): void
  move(x: number, y: number): void
  up(): void
}

export declare const host: Host
