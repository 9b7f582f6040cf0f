import { useEffect, useState } from 'react'
import { now } from '../services/clock.ts'

/** The server's time, drawn again each second while `ticking`. */
export function useNow(ticking: boolean): number {
  const [at, setAt] = useState(now)
  useEffect(() => {
    if (!ticking) return
    setAt(now())
    const timer = setInterval(() => setAt(now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return at
}
