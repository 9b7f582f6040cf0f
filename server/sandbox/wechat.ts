import type { WechatUser } from './people.ts'

/** What the platform finds on the pictures that it is sent next: the stand-in itself reads nothing. */
export interface OcrPapers {
  /** Which side of the identity card a picture shows; none: there is no paper on it. */
  side: 'Front' | 'Back' | 'none'
  front: { name: string; id: string; addr: string; gender: string; nationality: string }
  back: { valid_date: string }
  licence: Record<string, string>
  /** Pictures that it still reads today. */
  left: number
}

/** A subscribe-message template of the mini-program. */
export interface SubscribeTemplate {
  id: string
  title: string
  /** Keyword name on the wire (its prefix is its type) and its label, in order. */
  keywords: Record<string, string>
}

/** A subscribe message as the customer sees it. */
export interface InboxItem {
  id: string
  /** ms UTC on the sandbox's clock. */
  at: number
  templateId: string
  title: string
  lines: { name: string; label: string; value: string }[]
  page?: string
}

/** What became of a subscribe message. */
export interface SubscribeSend {
  at: number
  openid: string
  templateId: string
  data: Record<string, { value: string }>
  page?: string
  /** 0 = delivered, else the error that was answered. */
  errcode: number
}

/** A picture check that waits for, or has had, its verdict. */
export interface MediaCheck {
  traceId: string
  openid: string
  url: string
  state: 'waiting' | 'pushed'
}

/** Switches that make the platform misbehave. */
export interface WechatFaults {
  down: false | 'reset' | '503'
  slowMs: number
  /** Error codes answered to the next API calls (all but login and tokens), one each. */
  errcodes: number[]
  /** The next n API calls are carried out, but the connection is cut before the answer. */
  loseAnswers: number
  /** The next n subscribe messages are taken, and then reported as refused by their receiver. */
  undelivered: number
  /** Pictures are found risky. */
  mediaRisky: boolean
  /** Picture verdicts are pushed only by `finishMediaChecks`. */
  mediaManual: boolean
  /** Real milliseconds until a verdict is pushed by itself. */
  mediaDelayMs: number
  /** How many more times each push is delivered. */
  duplicatePushes: number
}

/** WeChat as one mini-program sees it, with the clients of its users. */
export interface WechatStandIn {
  readonly users: WechatUser[]
  readonly templates: SubscribeTemplate[]
  readonly faults: WechatFaults
  /** Every subscribe message that was asked for, delivered or refused. */
  readonly sent: SubscribeSend[]
  readonly mediaChecks: MediaCheck[]
  /** What stands on the papers that are photographed next. */
  readonly papers: OcrPapers
  readonly calls: Map<string, number>

  /** A new user. */
  addUser(nickname: string, phone: string): WechatUser
  /** wx.login: a code good for 5 minutes and one use. Also counts as a visit. */
  login(openid: string): string
  /** The phone button: a code good for 5 minutes and one use. */
  phoneCode(openid: string): string
  /** The user has the mini-program open now (content checks want a visit within 2 h). */
  visit(openid: string): void
  /** The subscribe sheet: one message may be sent for each accepted template; pushes the popup event. */
  accept(openid: string, templateIds: string[], rejected?: string[]): Promise<void>
  /** How many messages of a template may still be sent to the user. */
  remaining(openid: string, templateId: string): number
  /** Delivered subscribe messages, oldest first. */
  inbox(openid: string): InboxItem[]
  /** Pushes the verdicts that wait (`mediaManual`), or overrules the automatic ones; returns how many. */
  finishMediaChecks(suggest?: 'pass' | 'risky' | 'review'): Promise<number>
  /** Asks the product's push URL the verification question; true if the echo came back. */
  verifyUrl(): Promise<boolean>
  /** Makes the present access tokens invalid before their time (40001). */
  dropToken(): void
}
