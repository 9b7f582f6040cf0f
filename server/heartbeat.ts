import { Counter } from 'prom-client'
import { SECOND } from './lib/clock.ts'
import { log } from './lib/log.ts'

const WAIT_MS = 5 * SECOND

const failures = new Counter({
  name: 'yingke_heartbeat_failures_total',
  help: 'Signs of life that did not reach whoever watches over us',
})

/** Tells an outside watch that all is well: its silence is the alarm. A failure is logged and counted, nothing more. */
export async function heartbeat(url: string): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`answered ${response.status}`)
  } catch (error) {
    failures.inc()
    // The address itself may be a secret and stays out of the log.
    log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'the heartbeat was not heard')
  }
}
