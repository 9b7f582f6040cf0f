/** A picture on its way to the server, or there. */
export interface PhotoItem {
  key: string
  state: 'sending' | 'sent' | 'failed'
  /** Where this phone can show it from, as long as the app stays open. */
  path?: string
  /** Percent. */
  progress: number
  id?: string
  url?: string
  why?: string
}

/** The pictures among a field's value. */
export function photosIn(value: unknown): PhotoItem[] {
  return Array.isArray(value) ? (value as PhotoItem[]) : []
}

/** What of the pictures outlives the app: those that the server holds. */
export function keepable(items: PhotoItem[]): PhotoItem[] {
  return items
    .filter((item) => item.state === 'sent')
    .map(({ key, state, progress, id, url }) => ({ key, state, progress, id, url }))
}

/** The ids by which the server knows them. */
export function sentIds(items: PhotoItem[]): string[] {
  return items.flatMap((item) => (item.state === 'sent' && item.id ? [item.id] : []))
}
