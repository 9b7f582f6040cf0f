import { useLaunch } from '@tarojs/taro'
import type { PropsWithChildren } from 'react'
import './app.css'
import { watchEvents } from './services/events.ts'
import { watchNetwork } from './services/network.ts'
import './frame'

/** The app: pages are drawn by Taro, each in its own frame. */
export default function App({ children }: PropsWithChildren) {
  useLaunch(() => {
    watchNetwork()
    watchEvents()
  })
  return children
}
