import type { ButtonProps } from '@tarojs/components'

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
  /** Pictures that the person chose; empty when they changed their mind. */
  chooseImages(count: number): Promise<LocalImage[]>
  /** Calls back with every change between online and offline. */
  onNetwork(changed: (online: boolean) => void): void
}

/** The part of a Button that the WeChat client answers. */
export type HostButton = Pick<ButtonProps, 'openType' | 'onGetPhoneNumber'> & { onClick?: () => void }

export interface SubscribeAnswer {
  accepted: string[]
  rejected: string[]
}

export interface LocalImage {
  path: string
  /** Bytes. */
  size: number
}

export declare const host: Host
