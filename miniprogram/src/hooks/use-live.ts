import { useDidHide, useDidShow } from '@tarojs/taro'
import { useCallback, useEffect, useRef, useState } from 'react'
import { online } from '../services/network.ts'
import { useStore } from '../services/store.ts'

const LONGEST_WAIT_MS = 60_000

export interface Live<T> {
  data: T | undefined
  /** The last failure; the data of before stays. */
  error: unknown
  reload(): Promise<void>
  /** Puts a newer value in, such as the answer to an action; a load under way no longer counts. */
  put(data: T): void
}

/**
 * Loads a value, and again whenever the page is shown or the network returns.
 * With `every` (ms, or null to stop, by the present value) it polls while the page is visible, slower after failures.
 */
export function useLive<T>(load: () => Promise<T>, every?: (data: T | undefined) => number | null): Live<T> {
  const [data, setData] = useState<T>()
  const [error, setError] = useState<unknown>()
  const connected = useStore(online)
  const latest = useRef({ load, every, data })
  latest.current = { load, every, data: latest.current.data }
  const life = useRef({ visible: true, mounted: true, turn: 0, failures: 0, timer: undefined as Timer })

  const put = useCallback((value: T) => {
    life.current.turn += 1
    latest.current.data = value
    setData(value)
  }, [])

  const reload = useCallback(async () => {
    const me = life.current
    clearTimeout(me.timer)
    me.turn += 1
    const turn = me.turn
    try {
      const value = await latest.current.load()
      if (turn === me.turn) {
        latest.current.data = value
        setData(value)
      }
      me.failures = 0
      setError(undefined)
    } catch (failure) {
      me.failures += 1
      setError(failure)
    }
    const wait = latest.current.every?.(latest.current.data)
    clearTimeout(me.timer)
    if (!wait || !me.visible || !me.mounted) return
    me.timer = setTimeout(reload, Math.min(wait * 2 ** me.failures, LONGEST_WAIT_MS))
  }, [])

  useEffect(() => {
    const me = life.current
    me.mounted = true
    reload()
    return () => {
      me.mounted = false
      clearTimeout(me.timer)
    }
  }, [reload])

  useDidHide(() => {
    life.current.visible = false
    clearTimeout(life.current.timer)
  })

  useDidShow(() => {
    if (life.current.visible) return
    life.current.visible = true
    reload()
  })

  useEffect(() => {
    if (connected && life.current.failures > 0) reload()
  }, [connected, reload])

  return { data, error, reload, put }
}

type Timer = ReturnType<typeof setTimeout> | undefined
