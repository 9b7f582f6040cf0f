import { useEffect } from 'react'
import { usePages } from '../../hooks/use-pages.ts'
import type { TicketSummary } from '../../services/api.ts'
import { readTickets } from '../../services/tickets.ts'

const EVERY_MS = 8_000

/** The tickets page by page; the first page stays fresh. While `enough` says no, further pages are fetched by themselves. */
export function useTicketList(enough: (tickets: TicketSummary[]) => boolean) {
  const {
    first,
    items: tickets,
    ...pages
  } = usePages(
    readTickets,
    (page) => page.tickets,
    () => EVERY_MS,
  )
  const { next, failed, more } = pages
  const searching = tickets !== undefined && next !== null && !failed && !enough(tickets)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `more` is new each time; these two say when to go on.
  useEffect(() => {
    if (searching) more()
  }, [searching, next])

  return { ...pages, tickets, searching }
}
