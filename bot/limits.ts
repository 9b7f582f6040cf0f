import type { Limit } from '../server/engines/messages/channel.ts'
import { DAY, HOUR, MINUTE } from '../server/lib/clock.ts'

/*
 * What each way allows (PLATFORMS.md §1.9, §5.4, §5.9, §5.10), kept a little below. Counts hold in any window of that
 * length, however slow a call is; a burst goes at once and the rest at an even pace.
 */

const BURST = 8

/** WeCom, application messages: to one member 30 a minute and 1,000 an hour, beyond which it drops without a word. */
export const WECOM_LIMITS: Limit[] = [
  { per: 'recipient', count: 29, windowMs: MINUTE, burst: BURST, via: 'wecom' },
  { per: 'recipient', count: 950, windowMs: HOUR, via: 'wecom' },
  { per: 'channel', count: 9_000, windowMs: MINUTE, via: 'wecom' },
]

/** DingTalk, robot and cards: 10,000 calls in 20 s from one address, then it is shut out for five minutes. */
export const DINGTALK_LIMITS: Limit[] = [
  { per: 'recipient', count: 29, windowMs: MINUTE, burst: BURST, via: 'dingtalk' },
  { per: 'channel', count: 9_000, windowMs: 20_000, via: 'dingtalk' },
]

/**
 * DingTalk, work notifications: 500 a day to one person, 5,000 receivers a minute; what is more is lost silently. They
 * bind only whoever falls back on them.
 */
export const DINGTALK_NOTICE_LIMITS: Limit[] = [
  { per: 'recipient', count: 490, windowMs: DAY, via: 'dingtalk_notice' },
  { per: 'channel', count: 4_800, windowMs: MINUTE, via: 'dingtalk_notice' },
]

/** Group robots of either platform: 20 messages a minute each; DingTalk shuts a faster one out for ten minutes. */
export const GROUP_LIMITS: Limit[] = [{ per: 'recipient', count: 18, windowMs: MINUTE, burst: 5 }]
