import { View } from '@tarojs/components'
import { useState } from 'react'
import { tell, useTask } from '../hooks/use-task.ts'
import { photosIn, sentIds } from '../services/photo-item.ts'
import { words } from '../words.ts'
import { Action } from './action.tsx'
import './fields/field.css'
import { SignatureField } from './fields/signature-field.tsx'
import { Sheet } from './sheet.tsx'

interface SignSheetProps {
  open: boolean
  title: string
  /** What the button says that sends the signature. */
  text: string
  onClose: () => void
  onSign: (signature: string) => Promise<void>
}

/** A signature is asked for, and sent. */
export function SignSheet({ open, title, text, onClose, onSign }: SignSheetProps) {
  const [value, setValue] = useState<unknown>()
  const [busy, start] = useTask()
  const [signature] = sentIds(photosIn(value))
  const send = () => {
    if (!signature) return tell(words.rental.contract.needSign)
    return start(async () => {
      await onSign(signature)
      setValue(undefined)
    })
  }
  return (
    <Sheet open={open} title={title} onClose={onClose} foot={<Action text={text} busy={busy} onClick={send} />}>
      <View className="sign-sheet">
        <SignatureField value={value} onChange={setValue} paper />
      </View>
    </Sheet>
  )
}
