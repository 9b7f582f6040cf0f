import { useRef, useState } from 'react'
import { useLive } from './use-live.ts'

/** One page of a list, and where the next one begins; null at the end. */
interface Paged<At> {
  next: At | null
}

/**
 * A list page by page: the first is loaded as by `useLive`, older ones when they are asked for. New entries push old ones
 * onto the next page: of two with one id the first is the fresher.
 */
export function usePages<Page extends Paged<At>, Item extends { id: string }, At extends string | number>(
  read: (next?: At) => Promise<Page>,
  itemsOf: (page: Page) => Item[],
  every?: () => number,
) {
  const first = useLive(() => read(), every)
  const [older, setOlder] = useState<{ items: Item[]; next: At | null }>()
  const [failed, setFailed] = useState(false)
  const loading = useRef(false)
  const next = older ? older.next : (first.data?.next ?? null)
  const items = first.data && freshestOfEach([...itemsOf(first.data), ...(older?.items ?? [])])

  /** Loads the next page; throws when it cannot. */
  const load = async () => {
    if (next === null || loading.current) return
    loading.current = true
    try {
      const page = await read(next)
      setOlder((before) => ({ items: [...(before?.items ?? []), ...itemsOf(page)], next: page.next }))
    } finally {
      loading.current = false
    }
  }

  /** The same for a page that says `failed` in its own place. */
  const more = async () => {
    setFailed(false)
    await load().catch(() => setFailed(true))
  }

  const reload = async () => {
    setOlder(undefined)
    await first.reload()
  }

  return { first: first.data, items, error: first.error, next, failed, load, more, reload }
}

function freshestOfEach<Item extends { id: string }>(items: Item[]): Item[] {
  const byId = new Map<string, Item>()
  for (const item of items) if (!byId.has(item.id)) byId.set(item.id, item)
  return [...byId.values()]
}
