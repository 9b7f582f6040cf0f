import { Input, Text, Textarea, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { SelectField } from '../../components/fields/choice-field.tsx'
import '../../components/fields/field.css'
import { PhotoPicker } from '../../components/photo-picker.tsx'
import { Sheet } from '../../components/sheet.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { readForm } from '../../services/catalog.ts'
import { type PhotoItem, sentIds } from '../../services/photo-item.ts'
import { disputeBill } from '../../services/rentals.ts'
import { words } from '../../words.ts'

const say = words.rental.booking
/** The form that a dispute fills in: the business says which fees there are. */
const FORM = 'rental_appeal'
const MOST_PHOTOS = 6
const LONGEST = 300

interface DisputeSheetProps {
  open: boolean
  id: string
  onClose: () => void
  onDone: () => Promise<void>
}

/** Which fee is wrong, by how much, and why. */
export function DisputeSheet({ open, ...props }: DisputeSheetProps) {
  return open ? <Disputing {...props} /> : null
}

function Disputing({ id, onClose, onDone }: Omit<DisputeSheetProps, 'open'>) {
  const { data: form } = useLive(() => readForm(FORM))
  const [fee, setFee] = useState('')
  const [amount, setAmount] = useState('')
  const [why, setWhy] = useState('')
  const [photos, setPhotos] = useState<PhotoItem[]>([])
  const [busy, start] = useTask()
  const fees = form?.fields.find(({ name }) => name === 'fee')
  const send = () => {
    if (!fee || !amount.trim() || !why.trim()) return tell(say.disputeLacks)
    return start(async () => {
      await disputeBill(id, { fee, amount: amount.trim(), description: why.trim(), photos: sentIds(photos) })
      onClose()
      tell(say.disputed)
      await onDone()
    })
  }
  return (
    <Sheet
      open
      title={say.disputeTitle}
      onClose={onClose}
      foot={<Action text={say.disputeSend} busy={busy} onClick={send} />}
    >
      <Text className="dispute-label">{say.disputeFee}</Text>
      {fees ? <SelectField field={fees} value={fee} onChange={(chosen) => setFee(String(chosen))} /> : null}
      <Text className="dispute-label">{say.disputeAmount}</Text>
      <Input
        className="field-input field-line"
        type="digit"
        value={amount}
        maxlength={10}
        onInput={({ detail }) => setAmount(detail.value)}
      />
      <Text className="dispute-label">{say.disputeWhy}</Text>
      <Textarea
        className="field-input field-textarea"
        value={why}
        maxlength={LONGEST}
        placeholder={say.disputePlaceholder}
        placeholderClass="field-placeholder"
        onInput={({ detail }) => setWhy(detail.value)}
      />
      <Text className="dispute-label">{say.disputePhotos}</Text>
      <View>
        <PhotoPicker items={photos} most={MOST_PHOTOS} onChange={setPhotos} />
      </View>
    </Sheet>
  )
}
