import { z } from 'zod'
import type { FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { opened } from '../../lib/crypto.ts'
import { Invalid } from '../../lib/errors.ts'
import { priceList } from './prices.ts'
import type { Chosen } from './quote.ts'
import { approveQuote, draftQuote, rejectQuote } from './quotes.ts'

const place = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write form.<field> or <step>.<field>')

interface DraftArgs {
  items: string
  buyer: { company?: string; name?: string; phone?: string }
}

const draft: FlowWord<DraftArgs> = {
  name: 'draft_quote',
  args: z.strictObject({
    /** The field of the step's form in which items of a price list were chosen. */
    items: z.string().default('items'),
    /** Where stands whom it is made out to. */
    buyer: z.strictObject({ company: place.optional(), name: place.optional(), phone: place.optional() }).default({}),
  }),
  misfit({ items }, { moment, form }) {
    if (moment !== 'finish') return { path: ['do'], reason: '"draft_quote" is said on "finish"' }
    const known = (form?.fields ?? []).filter(({ kind }) => kind === 'items').map(({ name }) => name)
    if (known.includes(items)) return undefined
    return { path: ['items'], reason: `there is no items field "${items}"; known: ${known.join(', ') || 'none'}` }
  },
  async run(tx, turn, { items, buyer }) {
    const chosen = turn.step.answers?.[items] as Chosen[] | undefined
    const list = priceList(listOf(turn, items))
    if (!chosen || !list) throw new Invalid(items, chosen ? 'items_gone' : 'required_items')
    const at = (path: string | undefined) => String(answerAt(turn, path) ?? '')
    const made = { company: at(buyer.company), name: at(buyer.name), phone: at(buyer.phone) }
    await draftQuote(tx, turn, { list, chosen, buyer: made })
  },
}

const send: FlowWord<object> = {
  name: 'send_quote',
  args: z.strictObject({}),
  async run(tx, { run }) {
    await approveQuote(tx, run.subjectId)
  },
}

const reject: FlowWord<object> = {
  name: 'reject_quote',
  args: z.strictObject({}),
  async run(tx, { run }) {
    await rejectQuote(tx, run.subjectId)
  },
}

/** The words that quotes lend to the flows. */
export const quoteWords = [draft, send, reject] as FlowWord[]

/** The price list from which a field of a step's form chooses. */
function listOf({ flow, definition }: Turn, field: string): string | undefined {
  return flow.forms[definition.form ?? '']?.fields.find(({ name }) => name === field)?.list
}

function answerAt({ run }: Turn, path = ''): unknown {
  const [step = '', field = ''] = path.split('.')
  return opened(run.answers[step]?.[field])
}
