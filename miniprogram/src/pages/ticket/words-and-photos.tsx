import { View } from '@tarojs/components'
import { LongTextField } from '../../components/fields/text-field.tsx'
import '../../components/fields/field.css'
import { PhotoPicker } from '../../components/photo-picker.tsx'
import type { FormField } from '../../services/api.ts'
import { type PhotoItem, sentIds } from '../../services/photo-item.ts'
import { words } from '../../words.ts'

export interface Said {
  text: string
  photos: PhotoItem[]
}

export const NOTHING_SAID: Said = { text: '', photos: [] }

const MOST_WORDS = 500
const MOST_PHOTOS = 6

/** A box for words, and pictures below it. */
export function WordsAndPhotos(props: { said: Said; placeholder: string; onChange: (said: Said) => void }) {
  const { said, placeholder, onChange } = props
  const box: FormField = {
    name: 'words',
    kind: 'longtext',
    label: '',
    required: false,
    maxLength: MOST_WORDS,
    placeholder,
  }
  return (
    <View>
      <LongTextField field={box} value={said.text} onChange={(text) => onChange({ ...said, text: String(text) })} />
      <View className="words-photos">
        <PhotoPicker items={said.photos} most={MOST_PHOTOS} onChange={(photos) => onChange({ ...said, photos })} />
      </View>
    </View>
  )
}

/** Why it cannot be sent yet, if it cannot. */
export function problemInSaid(said: Said): string | undefined {
  if (said.photos.some((photo) => photo.state === 'sending')) return words.form.problems.sending
  if (said.photos.some((photo) => photo.state === 'failed')) return words.form.problems.notSent
  return said.text.trim() === '' && said.photos.length === 0 ? words.ticket.remarkEmpty : undefined
}

/** What is sent of it. */
export function saidToSend(said: Said): { text?: string; photos?: string[] } {
  const text = said.text.trim()
  const photos = sentIds(said.photos)
  return { ...(text ? { text } : {}), ...(photos.length > 0 ? { photos } : {}) }
}
