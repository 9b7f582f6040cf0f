import { sightOf } from '../../server/engines/access/access.ts'
import { masked } from '../../server/engines/access/masks.ts'
import type { Field } from '../../server/engines/access/matrix.ts'
import { noteRead } from '../../server/engines/access/reads.ts'
import { record } from '../../server/engines/events/events.ts'
import { openingForm } from '../../server/engines/flows/flow.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardActor, mayAct } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { opened } from '../../server/lib/crypto.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { CardKind, Press } from '../card.ts'
import { answer } from '../here.ts'

/** The whole numbers of a customer, for whoever has to call them now; each look is recorded (D12). */
export const contactCard: CardKind = {
  kind: 'contact',
  async draw(tx, message, words) {
    const turn = await turnOf(tx, message.subjectId)
    const staff = await staffById(tx, message.recipientId)
    // Drawn when it is sent, so that the number stands in no row; by then it may be somebody else's to call.
    if (!staff || !turn.step.isLive() || !(await mayAct(tx, turn, staff))) return undefined
    return {
      text: words.text('cards/chat.contact', {
        ...(await numbersOf(tx, turn, staff.id)),
        number: turn.run.facts.number,
      }),
    }
  },
}

/** Sends the numbers to whoever has the step. Throws Forbidden, Conflict. */
export async function showContact(tx: Tx, { staff, message }: Press): Promise<void> {
  await sendContact(tx, await turnOf(tx, message.subjectId), staff)
}

/** The same for whoever asks for it by the case's number. Throws Forbidden, Conflict. */
export async function sendContact(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardActor(tx, turn, staff, 'finish')
  const { customerId, subjectType: type, subjectId: id } = turn.run
  await record(tx, 'customer.viewed', {
    by: { type: 'staff', id: staff.id },
    subject: customerId ? { type: 'customer', id: customerId } : { type, id },
    customerId,
    data: { whole: true },
  })
  const view = customerId ? await viewOf(tx, staff.id, customerId) : undefined
  const fields = (['name', 'phone'] as const).filter((field) => view?.(field) === 'full')
  if (customerId) await noteRead(tx, { staff: staff.id }, { customerId, door: 'card', fields, why: 'step' })
  await answer(tx, {
    key: `contact:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'contact',
    subjectId: turn.step.id,
    urgent: true,
  })
}

/** The numbers that were given for this matter, and the customer's own where it is another. */
async function numbersOf(tx: Tx, { flow, run }: Turn, staffId: string) {
  const view = run.customerId ? await viewOf(tx, staffId, run.customerId) : undefined
  const seen = (field: Field, text: string) => (view ? String(masked(field, view(field), text) ?? HIDDEN) : text)
  const asked = openingForm(flow)?.fields.filter(({ kind }) => kind === 'phone') ?? []
  const given = asked.flatMap(({ name, label }) => {
    const phone = opened(run.answers.form?.[name])
    return typeof phone === 'string' ? { label, phone, shown: seen('phone', phone) } : []
  })
  const customer = run.customerId ? await lookups().customer(tx, run.customerId) : undefined
  const own = given.some(({ phone }) => phone === customer?.phone) ? '' : (customer?.phone ?? '')
  return {
    given: given.map(({ label, shown }) => ({ label, phone: shown })),
    own: own && seen('phone', own),
    name: customer?.name ? seen('name', customer.name) : '',
  }
}

const HIDDEN = '***'

/** Whoever is to act on a step, also out of the pool, has something to do for its customer. */
async function viewOf(tx: Tx, staffId: string, customerId: string) {
  return (await sightOf(tx, { staff: staffId }, 'card', customerId, true))?.view ?? (() => 'none' as const)
}
