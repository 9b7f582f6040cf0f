/** What the sandbox's stand-ins are called when nothing is configured. */
export const SANDBOX_DEFAULTS = {
  WECOM_CORP_ID: 'ww0sandbox0corp0001',
  WECOM_AGENT_ID: 1_000_002,
  WECOM_SECRET: 'sandbox-wecom-secret',
  WECOM_TOKEN: 'SandboxWecomToken',
  WECOM_ENCODING_AES_KEY: 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA',
  WECOM_BOT_ID: 'aibsandbox0001',
  WECOM_BOT_SECRET: 'sandbox-wecom-bot-secret',
  DINGTALK_APP_KEY: 'dingsandboxapp0001',
  DINGTALK_APP_SECRET: 'sandbox-dingtalk-secret',
  DINGTALK_ROBOT_CODE: 'dingsandboxapp0001',
  DINGTALK_CARD_TEMPLATE_ID: 'yingke-sandbox-card.schema',
  DINGTALK_CALLBACK_TOKEN: 'SandboxDingtalkToken',
  DINGTALK_CALLBACK_AES_KEY: 'c2FuZGJveC1kaW5ndGFsay1jYWxsYmFjay1rZXktMDA',
  DINGTALK_CORP_ID: 'dingsandboxcorp0001',
  DINGTALK_AGENT_ID: 2_000_002,
  WECHAT_APP_ID: 'wx0sandbox0app0001',
  WECHAT_APP_SECRET: 'sandbox-wechat-secret',
  WECHAT_PUSH_TOKEN: 'SandboxWechatToken',
  WECHAT_PUSH_AES_KEY: 'c2FuZGJveC13ZWNoYXQtcHVzaC1hZXMta2V5LTAwMDA',
  WECHATPAY_MCH_ID: '1900000001',
  WECHATPAY_SERIAL: '5A1D0B0C5A1D0B0C5A1D0B0C5A1D0B0C5A1D0B0C',
  WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119000000012026112300000001',
  WECHATPAY_APIV3_KEY: 'sandbox0wechatpay0apiv3key000001',
  WECHATPAY_SCORE_SERVICE_ID: '500001',
  WECHATPAY_SCORE_KEY: 'sandbox0wechatpay0apiv2key000001',
  SMS_ACCESS_KEY_ID: 'LTAI5tSandbox0Yingke0001',
  SMS_ACCESS_KEY_SECRET: 'sandbox-sms-secret',
  SMS_SIGN_NAME: '迎客',
  SMS_REPORT_TOKEN: 'SandboxSmsReportToken',
  MAIL_FROM: '迎客 <service@yingke.example>',
  LOCK_KEY: 'sandbox-lock-key-0001',
}

/** What the sandbox's WeCom is called where the company has none: its stand-in stands idle. */
export const IDLE_WECOM: WecomSettings = {
  corpId: SANDBOX_DEFAULTS.WECOM_CORP_ID,
  agentId: SANDBOX_DEFAULTS.WECOM_AGENT_ID,
  secret: SANDBOX_DEFAULTS.WECOM_SECRET,
  token: SANDBOX_DEFAULTS.WECOM_TOKEN,
  encodingAesKey: SANDBOX_DEFAULTS.WECOM_ENCODING_AES_KEY,
  apiBase: '',
}

export interface WecomSettings {
  corpId: string
  agentId: number
  secret: string
  token: string
  encodingAesKey: string
  apiBase: string
}

export interface WecomBotSettings {
  botId: string
  /** With it the bot keeps a long connection; without, it is called back and needs token and key. */
  secret?: string
  token?: string
  encodingAesKey?: string
  /** Not set: the public address. */
  wsUrl?: string
}

export interface DingtalkSettings {
  appKey: string
  appSecret: string
  robotCode: string
  cardTemplateId: string
  /** Event subscription over HTTP. */
  callbackToken?: string
  callbackAesKey?: string
  corpId?: string
  /** For work notifications, the fallback of cards. */
  agentId?: number
  apiBase: string
  oapiBase: string
  /** Whether callbacks come over Stream; else over HTTP. */
  stream: boolean
  /** The openConversationId of the group that hears of serious cases. */
  roomGroup?: string
}

export interface WechatSettings {
  appId: string
  appSecret: string
  apiBase: string
  pushToken: string
  pushAesKey?: string
}
