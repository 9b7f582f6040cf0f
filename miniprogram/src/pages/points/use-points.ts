import { usePages } from '../../hooks/use-pages.ts'
import { readPoints } from '../../services/loyalty.ts'

/** The customer's points, and their history page by page. */
export function usePoints() {
  const { first, items, ...pages } = usePages(readPoints, ({ lines }) => lines)
  return { ...pages, points: first, lines: items }
}
