import type { Flow } from '../../engines/flows/flow.ts'
import { describeAnswers, isPrivate } from '../../engines/forms/answers.ts'
import type { Form } from '../../engines/forms/form.ts'
import { blindIndex, opened } from '../../lib/crypto.ts'
import { maskName, maskPhone } from '../../lib/format.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Customer } from '../customers/customer.ts'
import type { Ticket } from './ticket.ts'

/** A place as a customer's phone gives it (GCJ-02). */
export interface Place {
  lat: number
  lng: number
  address?: string
}

/** The thing that a report is about. */
export interface KnownAsset {
  id: string
  code: string
  kind: string
}

/** With where it was last seen, if that is known. */
type FindAsset = (tx: Tx, code: string) => Promise<{ asset: KnownAsset; place?: Place } | undefined>

let findAsset: FindAsset = async () => undefined

/** Lends the look-up of things by their code; without it a report knows the code only. */
export function lendAssets(find: FindAsset): void {
  findAsset = find
}

/** What cards show of a ticket: personal data only masked, words only when they passed the check. */
export function factsOf(ticket: Ticket, customer: Customer, form: Form) {
  const safe = ticket.safety === 'pass'
  // Before the check has passed only what was chosen from our own options is shown.
  const words = wordsField(form)
  const shown = form.fields.filter(
    ({ kind, name, options }) => kind !== 'photos' && name !== words && (safe || options !== undefined),
  )
  return {
    number: ticket.number,
    title: safe ? ticket.title : form.title,
    text: safe ? String(ticket.answers[words] ?? '') : '',
    safety: ticket.safety,
    customer: maskName(customer.nickname ?? ''),
    phone: maskPhone(customer.phone ?? ''),
    rows: describeAnswers({ fields: shown }, ticket.answers).map(({ label, text }) => ({ label, text })),
    photos: ticket.photos,
  }
}

/** Where it is and what it is about, if the form asked for it; the thing's own place stands in where a place was only written. */
export async function placeAndAsset(
  tx: Tx,
  form: Form,
  values: Record<string, unknown>,
): Promise<{ place?: Place; asset?: KnownAsset }> {
  const code = assetCodeIn(form, values)
  const found = code ? ((await findAsset(tx, code)) ?? { asset: { id: '', code, kind: '' } }) : undefined
  // A place that was only written has no point.
  const given = valueOfKind(form, values, 'location') as Partial<Place> | undefined
  const pointed = given?.lat !== undefined && given.lng !== undefined
  const place = pointed ? (given as Place) : given && found?.place && { ...found.place, ...given }
  return { ...(place && { place }), ...(found && { asset: found.asset }) }
}

/** The code of the thing that a report is about. */
export function assetCodeIn(form: Form, values: Record<string, unknown>): string | undefined {
  const code = valueOfKind(form, values, 'asset')
  return typeof code === 'string' ? code : undefined
}

/** By what further requests find an open ticket and join it: the same thing, or the same answer in the flow's `join_by`. */
export function openKeyOf(flow: Flow, form: Form, values: Record<string, unknown>): string | null {
  const code = isFaultForm(form) ? assetCodeIn(form, values) : undefined
  if (code) return `${flow.flow}:${code}`
  const said = flow.join_by === undefined ? undefined : opened(values[flow.join_by])
  // Whoever reads the table shall not read numbers and names.
  return said === undefined ? null : `${flow.flow}:${blindIndex('join', String(said))}`
}

/** What a request that joins says otherwise than the one that it joins, in words for whoever works on it. */
export function newsIn(form: Form, values: Record<string, unknown>, known: Record<string, unknown>): string {
  const words = wordsField(form)
  const text = (value: unknown) => JSON.stringify(opened(value))
  const other = form.fields.filter(
    ({ name, kind }) => kind !== 'photos' && name !== words && text(values[name]) !== text(known[name]),
  )
  const lines = describeAnswers({ fields: other }, values).map(({ label, text }) => `${label}：${text}`)
  return [...lines, opened(values[words]) ?? ''].filter(Boolean).join('\n')
}

/** Whether a form reports a fault of a thing at a place: several reports on one thing are one ticket. */
export function isFaultForm(form: Form): boolean {
  const kinds = new Set(form.fields.map(({ kind }) => kind))
  return kinds.has('asset') && kinds.has('location')
}

/** The name of the field in which a customer tells it in their own words, for everybody who works on it. */
export function wordsField(form: Form): string {
  return form.fields.find((field) => field.kind === 'longtext' && !isPrivate(field))?.name ?? ''
}

export function photosIn(form: Form, values: Record<string, unknown>): string[] {
  return form.fields.flatMap(({ kind, name }) => {
    if (kind === 'photos') return (values[name] as string[]) ?? []
    return kind === 'signature' && values[name] ? [String(opened(values[name]))] : []
  })
}

/** What the customer wrote into short fields: an order, a number plate. */
export function textsIn(form: Form, values: Record<string, unknown>): string[] {
  const short = form.fields.filter(({ kind }) => kind === 'text' || kind === 'asset')
  return short.flatMap(({ name }) => (opened(values[name]) as string) || [])
}

/** The first chosen option tells most in the fewest words; the form's title stands in where there is none. */
export function titleOf(form: Form, values: Record<string, unknown>): string {
  const select = form.fields.find((field) => field.kind === 'select' && values[field.name] && !isPrivate(field))
  const option = select?.options?.find(({ value }) => value === values[select.name])
  return option ? `${form.title}：${option.label}` : form.title
}

function valueOfKind(form: Form, values: Record<string, unknown>, kind: string): unknown {
  const field = form.fields.find((one) => one.kind === kind && values[one.name] !== undefined)
  return field && values[field.name]
}
