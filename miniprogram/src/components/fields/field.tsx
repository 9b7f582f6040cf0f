import { Text, View } from '@tarojs/components'
import type { ComponentType } from 'react'
import type { FieldKind } from '../../services/api.ts'
import { words } from '../../words.ts'
import { AssetField } from './asset-field.tsx'
import { MultiSelectField, SelectField, YesNoField } from './choice-field.tsx'
import { ComputedField } from './computed-field.tsx'
import { DateField, DateTimeField } from './date-field.tsx'
import './field.css'
import type { FieldProps } from './field-props.ts'
import { LocationField } from './location-field.tsx'
import { PhoneField } from './phone-field.tsx'
import { PhotosField } from './photos-field.tsx'
import { RatingField } from './rating-field.tsx'
import { SignatureField } from './signature-field.tsx'
import { IdNumberField, LongTextField, MoneyField, NumberField, TextField } from './text-field.tsx'

/** How each kind is drawn. A new kind is one line here. */
const KINDS: Record<FieldKind, ComponentType<FieldProps>> = {
  text: TextField,
  longtext: LongTextField,
  number: NumberField,
  phone: PhoneField,
  select: SelectField,
  multiselect: MultiSelectField,
  yesno: YesNoField,
  date: DateField,
  rating: RatingField,
  photos: PhotosField,
  money: MoneyField,
  datetime: DateTimeField,
  location: LocationField,
  signature: SignatureField,
  asset: AssetField,
  id_number: IdNumberField,
}

/** One field of a form: its label, how it is answered, and what is wrong with the answer. */
export function Field({ id, problem, ...props }: FieldProps & { id: string; problem?: string }) {
  const { field } = props
  const Kind = field.computed ? ComputedField : (KINDS[field.kind] ?? TextField)
  return (
    <View id={id} className={`card field ${problem ? 'field-wrong' : ''}`}>
      <View className="field-head">
        <Text className="field-label">{field.label}</Text>
        {field.required || field.computed ? null : <Text className="field-optional">{words.form.optional}</Text>}
      </View>
      {field.hint ? <Text className="field-hint">{field.hint}</Text> : null}
      <Kind {...props} />
      {problem ? <Text className="field-problem">{problem}</Text> : null}
    </View>
  )
}
