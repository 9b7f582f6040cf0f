import Taro from '@tarojs/taro'
import { useCallback, useRef, useState } from 'react'
import { explain } from '../services/explain.ts'

/**
 * Runs one action at a time: whether it is under way, and a start that shows a failure as a toast. The action begins
 * within the same tap, so that it may first of all ask WeChat something.
 */
export function useTask(): [busy: boolean, start: (task: () => Promise<void>) => Promise<void>] {
  const [busy, setBusy] = useState(false)
  const running = useRef(false)
  const start = useCallback(async (task: () => Promise<void>) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    try {
      await task()
    } catch (error) {
      Taro.showToast({ title: explain(error), icon: 'none', duration: 3000 })
    } finally {
      running.current = false
      setBusy(false)
    }
  }, [])
  return [busy, start]
}

/** A short word that something was done. */
export function tell(text: string): void {
  Taro.showToast({ title: text, icon: 'none' })
}
