import { Text, View } from '@tarojs/components'
import type { ReactNode } from 'react'
import { usePageView } from '../hooks/use-page-view.ts'
import { host } from '../services/host'
import { online } from '../services/network.ts'
import { session } from '../services/session.ts'
import { useStore } from '../services/store.ts'
import { words } from '../words.ts'
import { Empty } from './empty.tsx'
import { Icon } from './icon.tsx'
import './page.css'
import { SignIn } from './sign-in.tsx'

interface PageProps {
  children: ReactNode
  /** Open pages may be looked at before signing in. */
  open?: boolean
}

/** The frame of every page: says when the network is gone, asks to sign in first, and names WeChat where it is missing. */
export function Page({ children, open = false }: PageProps) {
  const connected = useStore(online)
  const current = useStore(session)
  usePageView()
  if (!host.available()) {
    return <Empty icon="chat" title={words.wechatOnly.title} text={words.wechatOnly.text} />
  }
  return (
    <View className="page">
      {connected ? null : (
        <View className="page-offline">
          <Icon name="cloud" size={18} color="#7A5B12" />
          <Text className="page-offline-text">{words.offline}</Text>
        </View>
      )}
      {current || open ? children : <SignIn />}
    </View>
  )
}
