/** Text messages by Aliyun's Dysmsapi. */
export interface SmsSettings {
  accessKeyId: string
  accessKeySecret: string
  /** The approved signature that stands in brackets before each text. */
  signName: string
  /** Stands in the address to which reports are pushed; without it there are none. */
  reportToken?: string
  apiBase: string
}

/** Mail by any SMTP server. */
export interface MailSettings {
  /** Empty: the sandbox's stand-in, whose port is known when it stands. */
  smtpUrl: string
  /** `name <address>` or an address. */
  from: string
}

export const SMS_NEEDS = ['SMS_ACCESS_KEY_ID', 'SMS_ACCESS_KEY_SECRET', 'SMS_SIGN_NAME'] as const

interface SmsEnvironment extends Partial<Record<(typeof SMS_NEEDS)[number], string>> {
  SMS_REPORT_TOKEN?: string
  SMS_API_BASE?: string
}

/** The account for text messages, of which all that it needs is there. */
export function smsSettings(env: SmsEnvironment): SmsSettings {
  return {
    accessKeyId: env.SMS_ACCESS_KEY_ID ?? '',
    accessKeySecret: env.SMS_ACCESS_KEY_SECRET ?? '',
    signName: env.SMS_SIGN_NAME ?? '',
    reportToken: env.SMS_REPORT_TOKEN,
    apiBase: env.SMS_API_BASE ?? 'https://dysmsapi.aliyuncs.com',
  }
}

const ADDRESS = /^(?:[^<>@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/

/** The mail server and our address; in the sandbox the server may be missing. */
export function mailSettings(
  env: { SMTP_URL?: string; MAIL_FROM?: string },
  sandbox: boolean,
  problems: string[],
): MailSettings | undefined {
  const { SMTP_URL: smtpUrl = '', MAIL_FROM: from = '' } = env
  if (!smtpUrl && !from) return undefined
  if (!from) problems.push('MAIL_FROM: missing, while SMTP_URL is set')
  else if (!ADDRESS.test(from)) problems.push('MAIL_FROM: must be an address, or a name and an address in <>')
  if (!smtpUrl && !sandbox) problems.push('SMTP_URL: missing, while MAIL_FROM is set')
  return { smtpUrl, from }
}
