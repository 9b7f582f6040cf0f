import { Input, Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { rename } from '../../services/me.ts'
import { words } from '../../words.ts'

const LONGEST = 20

/** How the customer wishes to be addressed, changed in place. */
export function Nickname({ nickname }: { nickname: string | null }) {
  const [draft, setDraft] = useState<string>()
  const [busy, start] = useTask()

  const save = () =>
    start(async () => {
      const name = draft?.trim()
      if (name && name !== nickname) {
        await rename(name)
        tell(words.me.saved)
      }
      setDraft(undefined)
    })

  if (draft === undefined) {
    return (
      <View className="me-row" onClick={() => setDraft(nickname ?? '')}>
        <Text className="me-label">{words.me.nickname}</Text>
        <Text className={`me-value ${nickname ? '' : 'me-value-none'}`}>{nickname ?? words.me.setNickname}</Text>
        <Action look="plain" text={words.me.edit} />
      </View>
    )
  }
  return (
    <View className="me-edit">
      <Text className="me-label">{words.me.nicknameTitle}</Text>
      <View className="me-edit-row">
        {/* WeChat offers the person's own nickname above the keyboard. */}
        <Input
          className="me-input"
          type="nickname"
          value={draft}
          maxlength={LONGEST}
          focus
          placeholder={words.me.nicknamePlaceholder}
          placeholderClass="field-placeholder"
          onInput={(event) => setDraft(event.detail.value)}
          onConfirm={save}
        />
        <Action look="plain" text={words.me.save} busyText={words.me.saving} busy={busy} onClick={save} />
      </View>
    </View>
  )
}
