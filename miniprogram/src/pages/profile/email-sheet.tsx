import { Input, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { askForEmail, confirmEmail, type Profile } from '../../services/profile.ts'
import { words } from '../../words.ts'

const say = words.privacy.profile

interface EmailSheetProps {
  open: boolean
  profile: Profile
  onClose: () => void
  onChange: (profile: Profile) => void
}

/** An address, and the code that shows it to be theirs. */
export function EmailSheet({ open, profile, onClose, onChange }: EmailSheetProps) {
  const [address, setAddress] = useState('')
  const [code, setCode] = useState('')
  const [anew, setAnew] = useState(false)
  const [busy, start] = useTask()
  const waiting = anew ? null : profile.email_waiting

  const ask = () =>
    start(async () => {
      onChange(await askForEmail(address.trim()))
      setAnew(false)
      setCode('')
    })
  const confirm = () =>
    start(async () => {
      onChange(await confirmEmail(code))
      tell(say.emailTaken)
      onClose()
    })

  const foot = waiting ? (
    <Action text={say.codeConfirm} busy={busy} disabled={code.length !== 6} onClick={confirm} />
  ) : (
    <Action text={say.emailSend} busyText={say.emailSending} busy={busy} disabled={!address.trim()} onClick={ask} />
  )
  return (
    <Sheet open={open} title={say.emailTitle} onClose={onClose} foot={foot}>
      {waiting ? (
        <View>
          <Text className="field-hint">{say.emailWaiting(waiting)}</Text>
          <Input
            className="field-input"
            type="number"
            value={code}
            maxlength={6}
            placeholder={say.code}
            placeholderClass="field-placeholder"
            onInput={(event) => setCode(event.detail.value)}
          />
          <Action look="plain" text={say.codeAgain} onClick={() => setAnew(true)} />
        </View>
      ) : (
        <Input
          className="field-input"
          value={address}
          maxlength={200}
          placeholder={profile.email ?? say.emailPlaceholder}
          placeholderClass="field-placeholder"
          onInput={(event) => setAddress(event.detail.value)}
        />
      )}
    </Sheet>
  )
}
