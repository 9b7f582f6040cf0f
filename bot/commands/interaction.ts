import type { FoundCustomer } from '../../server/engines/staff/lookups.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { maskPhone } from '../../server/lib/format.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { findTime } from '../../server/lib/when.ts'
import { type Command, line } from '../command.ts'
import { findFor } from '../customer-sight.ts'

const MOST = 9
const MASKED = /^(1\d{2})[.…*·\-_ ]+(\d{4})$/
const PHONE = /(?<!\d)1\d{10}(?!\d)/g
const LONGEST = 500
/** Who, then what: parted by a comma, or by the first blank where there is none. */
const PARTS = /^(?:给|了|与|和|跟|with )?\s*(?:(?<who>[^,，;；:：。]+?)\s*[,，;；:：。]\s*|(?<one>\S+)\s+)(?<text>.+)$/s

/** A talk with a customer outside the house: who, what, when to follow up. Nothing is stored before a yes (D3). */
function interaction(channel: string, words: string[]): Command {
  const [word] = words
  return {
    name: channel,
    words,
    group: 'customers',
    async run(tx, staff, rest) {
      const { who: named, one, text } = PARTS.exec(rest)?.groups ?? {}
      const who = named ?? one
      if (!who || !text) throw new Invalid('customer', 'interaction_how')
      const found = await customersNamed(tx, staff.id, who.trim())
      if (found.length === 0) return [line(staff, 'interaction_nobody', { said: maskPhones(who) })]
      const words = maskPhones(text).slice(0, LONGEST)
      const data = {
        ids: found.map(({ id }) => id),
        channel,
        text: words,
        nextAt: nextIn(text, tx.now),
        // As it can be typed again.
        said: `${word} ${maskPhones(rest)}`,
      }
      return [{ kind: 'interaction', subjectId: newId(tx.now), data }]
    },
  }
}

/** The first time ahead that is named: a day in the past is part of the story. */
function nextIn(text: string, now: number): number | undefined {
  for (const part of text.split(/[,，;；。]/)) {
    try {
      const when = findTime(part, now)
      if (when) return when.at
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
    }
  }
  return undefined
}

async function customersNamed(tx: Tx, staffId: string, who: string): Promise<FoundCustomer[]> {
  const [, begin, end] = MASKED.exec(who) ?? []
  if (!begin || !end) return findFor(tx, staffId, who, MOST)
  const found = await findFor(tx, staffId, end, 50)
  return found.filter(({ phone }) => phone.startsWith(begin) && phone.endsWith(end)).slice(0, MOST)
}

function maskPhones(text: string): string {
  return text.replace(PHONE, (phone) => maskPhone(phone))
}

export const interactions = [
  interaction('call', ['打电话给', '致电', 'called', '电话']),
  interaction('visit', ['拜访', 'visited']),
  interaction('meeting', ['开会', 'met']),
  interaction('wechat', ['微信沟通', '微信', 'chatted']),
]
