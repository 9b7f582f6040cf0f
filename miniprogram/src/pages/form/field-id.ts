import type { FormDefinition } from '../../services/api.ts'

/** Where a field stands on the page; names may hold characters that a selector may not. */
export function fieldId(form: FormDefinition, name: string): string {
  return `field-${form.fields.findIndex((field) => field.name === name)}`
}

/** Where the button stands, with what is said above it. */
export const FOOT = 'form-foot'
