import type { Channel } from './engines/messages/channel.ts'
import { MINUTE } from './lib/clock.ts'
import { PlatformError } from './lib/errors.ts'
import type { WebhookSettings } from './lib/webhook-settings.ts'
import { callWebhook } from './platforms/webhook.ts'

interface Needs {
  hooks: Record<string, WebhookSettings>
  privateToo: boolean
}

/** The way to outside systems: what rules tell them, signed, the same bytes under the same id at every try (I1). */
export function webhookChannel({ hooks, privateToo }: Needs): Channel {
  return {
    limits: [{ per: 'recipient', count: 600, windowMs: MINUTE }],
    notBefore: (_message, now) => now,
    async draw(_tx, message) {
      const { id, createdAt, data } = message
      return { wire: JSON.stringify({ id, at: createdAt, ...data }) }
    },
    async send({ id, recipientId }, wire) {
      const hook = hooks[recipientId]
      if (!hook) throw new PlatformError('webhook', 'off', false, `no webhook "${recipientId}" is configured`)
      await callWebhook(hook, { id, body: wire }, { privateToo })
      return {}
    },
  }
}
