import type { FormField } from '../../services/api.ts'

/** What every field is handed; `value` may be whatever a draft or a default left there. */
export interface FieldProps {
  field: FormField
  value: unknown
  onChange: (value: unknown) => void
}

/** The value as text, for what is typed. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}
