import { Input } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { changeProfile, type Profile } from '../../services/profile.ts'
import { words } from '../../words.ts'

const say = words.privacy.profile
const LONGEST = 60

interface RegionSheetProps {
  open: boolean
  region: string | null
  onClose: () => void
  onChange: (profile: Profile) => void
}

/** Where the customer lives, typed. */
export function RegionSheet({ open, region, onClose, onChange }: RegionSheetProps) {
  const [draft, setDraft] = useState<string>()
  const [busy, start] = useTask()
  const text = (draft ?? region ?? '').trim()
  const save = () =>
    start(async () => {
      if (text) onChange(await changeProfile({ region: text }))
      tell(say.saved)
      onClose()
    })
  return (
    <Sheet
      open={open}
      title={say.region}
      onClose={onClose}
      foot={<Action text={say.save} busyText={say.saving} busy={busy} disabled={!text} onClick={save} />}
    >
      <Input
        className="field-input"
        value={draft ?? region ?? ''}
        maxlength={LONGEST}
        placeholder={say.regionPlaceholder}
        placeholderClass="field-placeholder"
        onInput={(event) => setDraft(event.detail.value)}
        onConfirm={save}
      />
    </Sheet>
  )
}
