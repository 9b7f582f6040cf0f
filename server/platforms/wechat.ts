import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { type CheckScene, checkImage, checkText, type TextCheck, type Verdict } from './wechat-check.ts'
import { wechatReaction } from './wechat-errors.ts'
import { readIdCard, readLicence, type WechatIdCard, type WechatLicence } from './wechat-ocr.ts'
import { subscribeData } from './wechat-values.ts'
import { askWx, type WxPlatform, wxApi } from './wx-api.ts'

export interface WechatConfig {
  appId: string
  appSecret: string
  apiBase: string
}

/** Who signed in. `sessionKey` never leaves the server. */
export interface WechatSession {
  openid: string
  unionid?: string
  sessionKey: string
}

export interface WechatPhone {
  /** With the country's code where it is not 86, as WeChat writes it. */
  phoneNumber: string
  purePhoneNumber: string
  countryCode: string
}

export interface SubscribeMessage {
  openid: string
  templateId: string
  /** The page that opens, with its query. */
  page?: string
  /** Texts by template key (`thing1`, `time2` …); each is fitted to the rule of its kind. */
  data: Record<string, string>
  state?: 'developer' | 'trial' | 'formal'
}

/** One mini-program's server side. Every call may throw a PlatformError('wechat', errcode, …). */
export interface Wechat {
  /** Exchanges the code of wx.login, good once and for five minutes (40029, 40163 otherwise: final). */
  session(code: string): Promise<WechatSession>
  /** Exchanges the code of the phone button, which is not the code of wx.login. */
  phoneNumber(code: string): Promise<WechatPhone>
  /** Sends one subscribe message; 43101 (final) when the person has not agreed or the agreement is used up. */
  sendSubscribe(message: SubscribeMessage): Promise<{ msgid?: string }>
  /** Checks a text for forbidden content, at once. */
  checkText(check: TextCheck): Promise<Verdict>
  /** Hands a picture in for checking and returns the trace id under which the verdict will be pushed. */
  checkImage(image: { url: string; openid: string; scene: CheckScene }): Promise<string>
  /** What stands on the picture of an identity card; 101001 (final) when there is none on it. */
  idCard(picture: Buffer): Promise<WechatIdCard>
  /** What stands on the picture of a driving licence; 101001 (final) when there is none on it. */
  drivingLicence(picture: Buffer): Promise<WechatLicence>
}

const PARALLEL = 20

/** On success there is usually no errcode at all, and the Content-Type may be text/plain (§6.1). */
const sessionShape = z
  .object({ openid: z.string().min(1), session_key: z.string().min(1), unionid: z.string().optional() })
  .transform(
    (answer): WechatSession => ({
      openid: answer.openid,
      ...(answer.unionid && { unionid: answer.unionid }),
      sessionKey: answer.session_key,
    }),
  )

const tokenShape = z
  .object({ access_token: z.string().min(1), expires_in: z.number().positive() })
  .transform((answer) => ({ token: answer.access_token, expiresInS: answer.expires_in }))

const sentShape = z
  .object({ msgid: z.coerce.string().optional() })
  .transform(({ msgid }) => (msgid === undefined ? {} : { msgid }))

/** A client of one mini-program. Nothing is called until something is asked of it. */
export function wechat(config: WechatConfig, clock: Clock): Wechat {
  const platform: WxPlatform = { platform: 'wechat', apiBase: config.apiBase, reaction: wechatReaction }
  // Never with force_refresh: 20 a day would be used up by one bad hour, and the plain mode already hands out the
  // newest token when another process has renewed it.
  const fetchToken = () =>
    askWx(platform, tokenShape, {
      path: '/cgi-bin/stable_token',
      json: {
        grant_type: 'client_credential',
        appid: config.appId,
        secret: config.appSecret,
        force_refresh: false,
      },
    })
  const api = wxApi(platform, fetchToken, PARALLEL, clock)

  const phoneShape = z
    .object({
      phone_info: z.object({
        phoneNumber: z.string(),
        purePhoneNumber: z.string().min(1),
        countryCode: z.coerce.string(),
        watermark: z.object({ appid: z.literal(config.appId) }),
      }),
    })
    .transform(({ phone_info: { watermark: _, ...phone } }): WechatPhone => phone)

  return {
    session: (code) =>
      askWx(platform, sessionShape, {
        path: '/sns/jscode2session',
        query: {
          appid: config.appId,
          secret: config.appSecret,
          js_code: code,
          grant_type: 'authorization_code',
        },
      }),

    phoneNumber: (code) => api.json(phoneShape, { path: '/wxa/business/getuserphonenumber', json: { code } }),

    // Async, so that a value that cannot be fitted rejects like every other failure.
    sendSubscribe: async ({ openid, templateId, page, data, state = 'formal' }) =>
      api.json(sentShape, {
        path: '/cgi-bin/message/subscribe/send',
        json: {
          touser: openid,
          template_id: templateId,
          page,
          miniprogram_state: state,
          lang: 'zh_CN',
          data: subscribeData(data),
        },
      }),

    checkText: (check) => checkText(api, check),
    checkImage: (image) => checkImage(api, image),
    idCard: (picture) => readIdCard(api, picture),
    drivingLicence: (picture) => readLicence(api, picture),
  }
}
