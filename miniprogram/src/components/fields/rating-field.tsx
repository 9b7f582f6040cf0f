import { Stars } from '../stars.tsx'
import type { FieldProps } from './field-props.ts'

/** One to five stars. */
export function RatingField({ value, onChange }: FieldProps) {
  return <Stars value={typeof value === 'number' ? value : 0} onChange={onChange} />
}
