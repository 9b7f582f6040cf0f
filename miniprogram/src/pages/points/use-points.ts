import { useRef, useState } from 'react'
import { useLive } from '../../hooks/use-live.ts'
import { type PointsLine, readPoints } from '../../services/loyalty.ts'

/** The customer's points, and their history page by page. */
export function usePoints() {
  const first = useLive(() => readPoints())
  const [older, setOlder] = useState<{ lines: PointsLine[]; next: number | null }>()
  const [failed, setFailed] = useState(false)
  const loading = useRef(false)
  const next = older ? older.next : (first.data?.next ?? null)

  const more = async () => {
    if (next === null || loading.current) return
    loading.current = true
    setFailed(false)
    try {
      const page = await readPoints(next)
      setOlder((before) => ({ lines: [...(before?.lines ?? []), ...page.lines], next: page.next }))
    } catch {
      setFailed(true)
    } finally {
      loading.current = false
    }
  }

  const reload = async () => {
    setOlder(undefined)
    await first.reload()
  }

  const lines = first.data && newestOfEach([...first.data.lines, ...(older?.lines ?? [])])
  return { points: first.data, lines, error: first.error, next, failed, more, reload }
}

/** New lines push old ones onto the next page. */
function newestOfEach(lines: PointsLine[]): PointsLine[] {
  const byId = new Map<string, PointsLine>()
  for (const line of lines) if (!byId.has(line.id)) byId.set(line.id, line)
  return [...byId.values()]
}
