import { Input, Picker, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Chosen } from '../../components/fields/chosen.tsx'
import '../../components/fields/field.css'
import { PhotoPicker } from '../../components/photo-picker.tsx'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { type PhotoItem, sentIds } from '../../services/photo-item.ts'
import { addPaper, type Paper, type PaperKind } from '../../services/profile.ts'
import { words } from '../../words.ts'

const say = words.privacy.papers
const KINDS: PaperKind[] = ['id_card', 'driving_licence', 'passport']
const CLASSES = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'B1', 'B2', 'A1', 'A2', 'A3', 'D', 'E', 'F']

interface PaperSheetProps {
  open: boolean
  onClose: () => void
  onAdded: (papers: Paper[]) => void
}

/** A paper is typed in: its kind, number, class, and until when it holds. */
export function PaperSheet({ open, onClose, onAdded }: PaperSheetProps) {
  const [kind, setKind] = useState<PaperKind>('id_card')
  const [number, setNumber] = useState('')
  const [ofClass, setClass] = useState('')
  const [until, setUntil] = useState('')
  const [photos, setPhotos] = useState<PhotoItem[]>([])
  const [busy, start] = useTask()
  const sending = photos.some(({ state }) => state === 'sending')

  const save = () =>
    start(async () => {
      const [photo] = sentIds(photos)
      const licence = kind === 'driving_licence' && ofClass ? { class: ofClass } : {}
      const rest = { ...licence, ...(until && { expires_on: until }), ...(photo && { photo }) }
      onAdded(await addPaper({ kind, number: number.trim(), ...rest }))
      tell(say.saved)
      setNumber('')
      setUntil('')
      setPhotos([])
      onClose()
    })

  return (
    <Sheet
      open={open}
      title={say.add}
      onClose={onClose}
      foot={
        <Action text={say.save} busyText={say.saving} busy={busy} disabled={!number.trim() || sending} onClick={save} />
      }
    >
      <Text className="paper-label">{say.kind}</Text>
      <Picker
        mode="selector"
        range={KINDS.map((one) => say.kinds[one])}
        value={KINDS.indexOf(kind)}
        onChange={(event) => setKind(KINDS[Number(event.detail.value)] ?? 'id_card')}
      >
        <Chosen text={say.kinds[kind]} />
      </Picker>
      <Text className="paper-label">{say.number}</Text>
      <Input
        className="field-input"
        value={number}
        maxlength={20}
        placeholder={say.number}
        placeholderClass="field-placeholder"
        onInput={(event) => setNumber(event.detail.value)}
      />
      {kind === 'driving_licence' ? (
        <View>
          <Text className="paper-label">{say.class}</Text>
          <Picker
            mode="selector"
            range={CLASSES}
            value={Math.max(0, CLASSES.indexOf(ofClass))}
            onChange={(event) => setClass(CLASSES[Number(event.detail.value)] ?? '')}
          >
            <Chosen text={ofClass} />
          </Picker>
        </View>
      ) : null}
      <Text className="paper-label">{say.expires}</Text>
      <Picker mode="date" value={until} onChange={(event) => setUntil(event.detail.value)}>
        <Chosen text={until} placeholder={say.forever} />
      </Picker>
      <Text className="paper-label">{say.photo}</Text>
      <PhotoPicker items={photos} most={1} onChange={setPhotos} paper />
    </Sheet>
  )
}
