/** A text message as it stands on the phone. */
export interface SmsItem {
  id: string
  /** ms UTC on the sandbox's clock. */
  at: number
  phone: string
  template: string
  /** As the operator shows it: the signature in brackets, then the text. */
  text: string
}

/** A template as the platform has approved it; `${name}` are its variables. */
export interface SmsTemplate {
  template: string
  text: string
}

/** A call that was made, taken or refused. */
export interface SmsSend {
  at: number
  phone: string
  template: string
  params: Record<string, string>
  outId: string
  /** OK, or the error that was answered. */
  code: string
}

/** Switches that make the platform misbehave. */
export interface SmsFaults {
  down: false | 'reset' | '503'
  slowMs: number
  /** Error codes answered to the next messages, one each. */
  codes: string[]
  /** The next n messages are taken, but the connection is cut before the answer. */
  loseAnswers: number
  /** The operator reports of the next messages that they did not arrive, with these codes. */
  undelivered: string[]
  /** Reports are pushed only by `report`. */
  reportManually: boolean
}

/** Aliyun's text messages as one account sees them, with the phones behind. */
export interface SmsStandIn {
  readonly faults: SmsFaults
  readonly sent: SmsSend[]
  /** Calls by action. */
  readonly calls: Map<string, number>
  /** What a phone has received, oldest first. */
  inbox(phone: string): SmsItem[]
  /** Pushes the reports that wait; returns how many. */
  report(): Promise<number>
}
