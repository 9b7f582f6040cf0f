import { host } from './host'
import { createStore } from './store.ts'

/** Whether the server can be reached, as far as we know: the system's word, corrected by each request. */
export const online = createStore(true)

/** Starts listening to the system's word; called once by the app. */
export function watchNetwork(): void {
  host.onNetwork((connected) => online.set(connected))
}
