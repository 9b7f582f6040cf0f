import { Text, View } from '@tarojs/components'
import { useEffect } from 'react'
import { useTask } from '../hooks/use-task.ts'
import { catalog, knowCatalog } from '../services/catalog.ts'
import { signIn } from '../services/session.ts'
import { useStore } from '../services/store.ts'
import { words } from '../words.ts'
import { Action } from './action.tsx'
import './sign-in.css'

/** Signing in, with one tap. */
export function SignIn() {
  const [busy, start] = useTask()
  const { brand } = useStore(catalog)
  useEffect(knowCatalog, [])
  return (
    <View className="sign-in">
      <View className="sign-in-mark">
        <Text>{brand.slice(0, 1)}</Text>
      </View>
      <Text className="sign-in-brand">{brand}</Text>
      <Text className="sign-in-title">{words.signIn.title}</Text>
      <Text className="sign-in-text">{words.signIn.intro}</Text>
      <Action text={words.signIn.button} busyText={words.signIn.busy} busy={busy} onClick={() => start(signIn)} />
      <Text className="sign-in-note">{words.signIn.note}</Text>
    </View>
  )
}
