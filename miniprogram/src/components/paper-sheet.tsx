import { Input, Picker, Text, View } from '@tarojs/components'
import { type ReactNode, useState } from 'react'
import { type Typed, useReading } from '../hooks/use-reading.ts'
import { tell, useTask } from '../hooks/use-task.ts'
import { type PhotoItem, sentIds } from '../services/photo-item.ts'
import { addPaper, type NewPaper, type Paper, type PaperKind } from '../services/profile.ts'
import { words } from '../words.ts'
import { Action } from './action.tsx'
import { Chosen } from './fields/chosen.tsx'
import './fields/field.css'
import './paper-sheet.css'
import { PhotoPicker } from './photo-picker.tsx'
import { Sheet } from './sheet.tsx'

const say = words.privacy.papers
const KINDS: PaperKind[] = ['id_card', 'driving_licence', 'passport']
const CLASSES = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'B1', 'B2', 'A1', 'A2', 'A3', 'D', 'E', 'F']
const BLANK: Typed = { number: '', holder: '', class: '', issued: '', until: '' }

interface PaperSheetProps {
  open: boolean
  /** Which paper is wanted; without it the customer chooses. */
  kind?: PaperKind
  onClose: () => void
  onAdded: (papers: Paper[]) => void
}

/** A paper is photographed and read, or typed: what was read is looked over before it is kept. */
export function PaperSheet({ open, ...props }: PaperSheetProps) {
  // Drawn anew for each paper: nothing of the one before stands there.
  return open ? <Papering {...props} /> : null
}

function Papering({ kind: wanted, onClose, onAdded }: Omit<PaperSheetProps, 'open'>) {
  const [kind, setKind] = useState<PaperKind>(wanted ?? 'id_card')
  const [typed, setTyped] = useState(BLANK)
  const [photos, setPhotos] = useState<PhotoItem[]>([])
  const [busy, start] = useTask()
  const put = (part: Partial<Typed>) => setTyped((before) => ({ ...before, ...part }))
  const { reading, look, forget } = useReading(kind, put)
  const sending = photos.some(({ state }) => state === 'sending')
  const isLicence = kind === 'driving_licence'

  const choose = (next: PaperKind) => {
    setKind(next)
    setTyped(BLANK)
    setPhotos([])
    forget()
  }
  const save = () =>
    start(async () => {
      onAdded(await addPaper(paperOf(kind, typed, photos)))
      tell(say.saved)
      onClose()
    })
  const line = (field: keyof Typed, label: string, child: ReactNode) => (
    <View>
      <Text className={`paper-label ${reading.doubts.has(field) ? 'paper-hint-doubt' : ''}`}>
        {reading.doubts.has(field) ? say.doubt(label) : label}
      </Text>
      {child}
    </View>
  )
  const text = (field: 'number' | 'holder') => (
    <Input
      className="field-input field-line"
      value={typed[field]}
      maxlength={40}
      placeholder={say[field]}
      placeholderClass="field-placeholder"
      onInput={({ detail }) => put({ [field]: detail.value })}
    />
  )
  const day = (field: 'issued' | 'until', none: string) => (
    <Picker mode="date" value={typed[field]} onChange={({ detail }) => put({ [field]: detail.value })}>
      <Chosen text={typed[field]} placeholder={none} />
    </Picker>
  )

  return (
    <Sheet
      open
      title={wanted ? say.kinds[wanted] : say.add}
      onClose={onClose}
      foot={
        <Action
          text={say.save}
          busyText={say.saving}
          busy={busy}
          disabled={!typed.number.trim() || sending || reading.state === 'reading'}
          onClick={save}
        />
      }
    >
      {wanted ? null : (
        <View>
          <Text className="paper-label">{say.kind}</Text>
          <Picker
            mode="selector"
            range={KINDS.map((one) => say.kinds[one])}
            value={KINDS.indexOf(kind)}
            onChange={({ detail }) => choose(KINDS[Number(detail.value)] ?? 'id_card')}
          >
            <Chosen text={say.kinds[kind]} />
          </Picker>
        </View>
      )}
      <Text className="paper-label">{kind === 'id_card' ? say.photoBoth : say.photo}</Text>
      <PhotoPicker
        items={photos}
        most={kind === 'id_card' ? 2 : 1}
        paper
        onChange={(items) => {
          setPhotos(items)
          look(items)
        }}
      />
      {reading.state === 'reading' ? <Text className="paper-hint">{say.reading}</Text> : null}
      {reading.state === 'read' ? <Text className="paper-hint paper-hint-good">{say.read}</Text> : null}
      {reading.state === 'failed' ? <Text className="paper-hint paper-hint-doubt">{reading.why}</Text> : null}
      {line('number', say.number, text('number'))}
      {line('holder', say.holder, text('holder'))}
      {isLicence
        ? line(
            'class',
            say.class,
            <Picker
              mode="selector"
              range={CLASSES}
              value={Math.max(0, CLASSES.indexOf(typed.class))}
              onChange={({ detail }) => put({ class: CLASSES[Number(detail.value)] ?? '' })}
            >
              <Chosen text={typed.class} />
            </Picker>,
          )
        : null}
      {isLicence ? line('issued', say.issued, day('issued', words.form.chooseDate)) : null}
      {line('until', say.expires, day('until', say.forever))}
    </Sheet>
  )
}

function paperOf(kind: PaperKind, typed: Typed, photos: PhotoItem[]): NewPaper {
  const [photo] = sentIds(photos)
  const isLicence = kind === 'driving_licence'
  return {
    kind,
    number: typed.number.trim(),
    ...(typed.holder.trim() && { holder: typed.holder.trim() }),
    ...(isLicence && typed.class && { class: typed.class }),
    ...(isLicence && typed.issued && { issued_on: typed.issued }),
    ...(typed.until && { expires_on: typed.until }),
    ...(photo && { photo }),
  }
}
