import type { FlowSource } from '../flows/flow.ts'
import type { Form } from '../forms/form.ts'
import { type PackProblem, type Read, unknown } from './source.ts'

/** What words and customers bring into a run under names of their own. */
const BROUGHT = ['quote', 'rating', 'reporter']

/** Checks that what fields offer as most likely meant stands somewhere in the flows whose steps ask with their form. */
export function checkWishes(flows: Read<FlowSource>[], forms: Read<Form>[], problems: PackProblem[]): void {
  const byName = new Map(forms.map(({ value }) => [value.form, value]))
  const placesOf = (prefix: string, form = '') =>
    (byName.get(form)?.fields ?? []).map((field) => `${prefix}.${field.name}`)
  for (const { value, source } of forms) {
    const asking = flows.filter((flow) => flow.value.steps.some(({ form }) => form === value.form))
    // A flow with mistakes of its own says nothing yet.
    if (asking.length === 0) continue
    const known = asking.flatMap(({ value: { form, steps } }) => [
      ...placesOf('form', form),
      ...steps.flatMap((step) => placesOf(step.step, step.form)),
    ])
    value.fields.forEach(({ wish }, i) => {
      const places = typeof wish === 'object' ? Object.entries(wish) : [['', wish ?? ''] as const]
      for (const [part, place] of places) {
        if (place === '' || known.includes(place) || BROUGHT.includes(place.split('.')[0] ?? '')) continue
        const path = ['fields', i, 'wish', ...(part ? [part] : [])]
        problems.push(source.problem(path, unknown('answer', place, [...new Set(known)])))
      }
    })
  }
}
