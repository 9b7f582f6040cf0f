import type { ChatItem } from './chat.ts'
import type { DingtalkItem } from './dingtalk-chat.ts'
import type { SmsItem } from './sms.ts'
import type { MailItem } from './smtp.ts'
import type { InboxItem } from './wechat.ts'
import type { BotItem } from './wecom-bot.ts'

/** What the desk is told as it happens. */
export type LiveEvent =
  | { type: 'chat'; userid: string; item: ChatItem }
  | { type: 'dingtalk'; chat: string; item: DingtalkItem }
  | { type: 'bot'; chat: string; item: BotItem }
  | { type: 'inbox'; openid: string; item: InboxItem }
  | { type: 'sms'; phone: string; item: SmsItem }
  | { type: 'mail'; address: string; item: MailItem }
  | { type: 'clock'; now: number }
  | { type: 'faults' }
  | { type: 'menu' }

/** Passes events on to whoever listens now. */
export class Live {
  private readonly listeners = new Set<(event: LiveEvent) => void>()

  /** Listens until the returned function is called. */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event)
  }
}
