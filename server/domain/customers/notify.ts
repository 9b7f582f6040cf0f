import { record, SYSTEM } from '../../engines/events/events.ts'
import type { Channel } from '../../engines/messages/channel.ts'
import type { Message } from '../../engines/messages/message.ts'
import { enqueueAll, type Outgoing } from '../../engines/messages/outbox.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import { WAYS, type WayName } from '../../engines/packs/ways.ts'
import { PlatformError } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { readAddressees } from './addressees.ts'
import { refusal, type Telling } from './consents.ts'
import { emailOf } from './email.ts'
import { stopWay } from './stop.ts'
import type { Way } from './way.ts'

/**
 * The channel to customers: of the ways that a kind of message may go, the first by which the customer can be reached,
 * and when that is finally refused the next. No message goes twice, unless its pack wants it by each of several ways.
 */
export function customerChannel(ways: Way[], shelf: Shelf): Channel {
  const byName = new Map<string, Way>(ways.map((way) => [way.name, way]))
  const wayOf = ({ via }: Pick<Message, 'via'>) => byName.get(via ?? '')

  /** The ways that a kind may go, and whether it goes by each. */
  function allowed(kind: string): { names: WayName[]; each: boolean } {
    const rule = shelf.heads.map(({ ways: told }) => told[kind]).find((told) => told !== undefined)
    const each = rule !== undefined && 'each' in rule
    const order: readonly WayName[] = each ? rule.each : (rule ?? WAYS)
    return { names: order.filter((name) => byName.get(name)?.offers(kind)), each }
  }

  async function reachable(tx: Tx, message: Message, names: WayName[]): Promise<WayName[]> {
    const found: WayName[] = []
    for (const name of names)
      if (!(await refusal(tx, message.recipientId, tellingOf(message, name))))
        if (await byName.get(name)?.reaches(tx, message.recipientId)) found.push(name)
    return found
  }

  return {
    limits: ways.flatMap(({ limits }) => limits),
    prepare: (tx, messages) => readAddressees(tx, [...new Set(messages.map(({ recipientId }) => recipientId))]),

    notBefore: (_message, now) => now,

    async route(tx, message) {
      const { names, each } = allowed(message.kind)
      const left = message.onward === null ? names : names.filter((name) => message.onward?.split(',').includes(name))
      const [via = null, ...others] = await reachable(tx, message, left)
      if (!each) return { via, onward: others.join(',') || null }
      await enqueueAll(
        tx,
        others.map((name) => again(message, name)),
      )
      return { via, onward: null }
    },

    async draw(tx, message) {
      const way = wayOf(message)
      // A no that was said meanwhile holds for what waits as well, and for a way that was asked for by name.
      if (way && (await refusal(tx, message.recipientId, tellingOf(message, way.name)))) return undefined
      const wire = await way?.draw(tx, message)
      return wire === undefined ? undefined : { wire, via: way?.name }
    },

    send(message, wire, repeated) {
      const way = wayOf(message)
      if (!way) throw new PlatformError('customer', 'off', false, `there is no way "${message.via}"`)
      return way.send(message, wire, repeated)
    },

    async refused(tx, message, { code, text }) {
      const { recipientId: customerId, kind, via } = message
      await record(tx, 'message.refused', {
        by: SYSTEM,
        subject: { type: 'customer', id: customerId },
        customerId,
        data: { message: message.id, kind, via, code, text: text.slice(0, 200) },
      })
      if (via !== 'mail' || code !== 'bounced') return
      const address = await emailOf(tx, customerId)
      if (address) await stopWay(tx, customerId, 'mail', { reason: 'bounced', address, messageId: message.id })
    },
  }
}

/** What kind of message it is when consent is asked: of the class that its rule gave it, else of service. */
function tellingOf({ data }: Message, via: WayName): Telling {
  return { class: data.class === 'marketing' ? 'marketing' : 'service', via, profiled: data.profiled === true }
}

/** The same message once more, for another way of its own. */
function again({ dedupKey, channel, recipientId, kind, subjectId, data, urgent }: Message, via: WayName): Outgoing {
  return { key: `${dedupKey}:${via}`.slice(0, 190), channel, to: recipientId, kind, subjectId, data, urgent, via }
}
