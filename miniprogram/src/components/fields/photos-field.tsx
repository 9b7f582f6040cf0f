import { type PhotoItem, photosIn } from '../../services/photo-item.ts'
import { PhotoPicker } from '../photo-picker.tsx'
import type { FieldProps } from './field-props.ts'

const USUAL_MOST = 9

/** Pictures, sent as soon as they are chosen. */
export function PhotosField({ field, value, onChange }: FieldProps) {
  return (
    <PhotoPicker
      items={photosIn(value)}
      most={field.max ?? USUAL_MOST}
      onChange={(items: PhotoItem[]) => onChange(items)}
    />
  )
}
