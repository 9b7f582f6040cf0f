import { useEffect, useRef, useState } from 'react'
import { useLive } from '../../hooks/use-live.ts'
import type { TicketSummary } from '../../services/api.ts'
import { readTickets } from '../../services/tickets.ts'

const EVERY_MS = 8_000

/** The tickets page by page; the first page stays fresh. While `enough` says no, further pages are fetched by themselves. */
export function useTicketList(enough: (tickets: TicketSummary[]) => boolean) {
  const first = useLive(
    () => readTickets(),
    () => EVERY_MS,
  )
  const [older, setOlder] = useState<{ tickets: TicketSummary[]; next: string | null }>()
  const [failed, setFailed] = useState(false)
  const loading = useRef(false)

  const next = older ? older.next : (first.data?.next ?? null)
  const tickets = first.data && newestOfEach([...first.data.tickets, ...(older?.tickets ?? [])])
  const searching = tickets !== undefined && next !== null && !failed && !enough(tickets)

  const more = async () => {
    if (!next || loading.current) return
    loading.current = true
    setFailed(false)
    try {
      const page = await readTickets(next)
      setOlder((before) => ({ tickets: [...(before?.tickets ?? []), ...page.tickets], next: page.next }))
    } catch {
      setFailed(true)
    } finally {
      loading.current = false
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: `more` is new each time; these two say when to go on.
  useEffect(() => {
    if (searching) more()
  }, [searching, next])

  const reload = async () => {
    setOlder(undefined)
    await first.reload()
  }

  return { tickets, error: first.error, next, failed, searching, more, reload }
}

/** New tickets push old ones onto the next page: what came first is the fresher copy. */
function newestOfEach(tickets: TicketSummary[]): TicketSummary[] {
  const byId = new Map<string, TicketSummary>()
  for (const ticket of tickets) if (!byId.has(ticket.id)) byId.set(ticket.id, ticket)
  return [...byId.values()]
}
