import { useDidHide, useDidShow, useRouter } from '@tarojs/taro'
import { useEffect, useRef } from 'react'
import { now } from '../services/clock.ts'
import { note, sendEvents } from '../services/events.ts'

/** Longer than this nobody looks at a page: the phone lay there. */
const LONGEST_MS = 30 * 60_000

/** Notes each look at the page, with how long it lasted, once it is over. */
export function usePageView(): void {
  const { path } = useRouter()
  const since = useRef<number | undefined>(undefined)
  const page = useRef(path)
  page.current = path

  const leave = useRef(() => {
    const began = since.current
    since.current = undefined
    if (began === undefined) return
    const dwell = Math.min(now() - began, LONGEST_MS)
    note('page.viewed', { page: pageName(page.current), dwell_ms: Math.max(0, dwell) }, began)
    sendEvents()
  })

  useDidShow(() => {
    since.current ??= now()
  })
  useDidHide(() => leave.current())
  useEffect(() => {
    // Whoever is drawn after the page was shown has not heard of it.
    since.current ??= now()
    return leave.current
  }, [])
}

/** `/pages/ticket/ticket?id=…` is the page `ticket`, whoever's ticket it is. */
function pageName(path: string): string {
  return /pages\/([\w-]+)\//.exec(path)?.[1] ?? 'other'
}
