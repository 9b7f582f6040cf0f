import { calendarOf } from './engines/flows/ladder.ts'
import { ConfigError, readConfig } from './lib/config.ts'
import { log } from './lib/log.ts'
import { type Running, start } from './main.ts'

/** A sandbox that is opened at night or on a holiday begins at the next working hour, so that the limits can be seen. */
async function toWorkingTime({ house, advance }: Running): Promise<void> {
  const [flow] = house.shelf.flows.values()
  if (!flow) return
  const now = house.clock.now()
  const next = calendarOf(flow.body).nextWorking(now)
  if (next > now && Number.isFinite(next)) await advance(next - now)
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const running = await start(config)
  if (running.sandbox) await toWorkingTime(running)
  const { brand } = running.house.shelf.heads[0] ?? { brand: 'Yingke' }
  log.info({ url: running.url, sandbox: Boolean(running.sandbox) }, `${brand} is ready`)
  process.stdout.write(`\n  ${running.sandbox ? `Desk: ${running.url}/desk/` : `Listening on ${running.url}`}\n\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'closing')
      running.close().then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, 'closing failed')
          process.exit(1)
        },
      )
    })
  }
}

main().catch((error) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else log.fatal({ err: error }, 'the house could not be opened')
  process.exit(1)
})
