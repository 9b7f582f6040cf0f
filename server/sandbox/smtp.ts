/** A mail as it stands in a mailbox. */
export interface MailItem {
  id: string
  /** ms UTC on the sandbox's clock. */
  at: number
  to: string
  from: { name: string; address: string }
  subject: string
  text: string
  html: string
  messageId: string
  /** By its name in small letters. */
  headers: Record<string, string>
  /** Pictures that the HTML shows by `cid:`. */
  pictures: { cid: string; type: string }[]
}

/** Switches that make the mail server misbehave; replies are whole SMTP lines, `450 4.2.0 Greylisted`. */
export interface SmtpFaults {
  /** Connections are cut at the greeting. */
  down: boolean
  slowMs: number
  /** Answered to the next receivers, one each. */
  refuseReceivers: string[]
  /** Answered to the next mails after their last line, one each. */
  refuseMails: string[]
  /** The next n mails are taken, but the connection is cut before the answer. */
  loseAnswers: number
}

/** A mail server that knows every mailbox but those that begin with `nobody`. */
export interface SmtpStandIn {
  readonly faults: SmtpFaults
  /** Message-IDs of everything that was taken, in order: twice if it came twice. */
  readonly taken: string[]
  /** What a mailbox shows, oldest first: two of one Message-ID once, as mail stores do. */
  inbox(address: string): MailItem[]
  /** The bytes of a picture in a mail. */
  picture(id: string, cid: string): Promise<{ type: string; bytes: Buffer } | undefined>
}
