import type { Paper } from './api.ts'
import { host } from './host'

/** Opens a document in the phone's own viewer. Throws an Error that says so when it could not be fetched. */
export function openDocument({ url }: Paper): Promise<void> {
  return host.openDocument(host.apiBase + url)
}
