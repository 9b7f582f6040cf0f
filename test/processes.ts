import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../server/run.js', import.meta.url))
const WARM = fileURLToPath(new URL('warm.js', import.meta.url))
/** A loaded machine may need a while to start a process; one that has nothing else to do needs about three seconds. */
const START_MS = 120_000
const OUTPUT_KEPT = 20_000

/** The product as a process of its own, which can be killed and started again. */
export class Product {
  readonly url: string
  /** How long each start took until the doors were open, in ms. */
  readonly starts: number[] = []
  /** Ends that nobody asked for, with the last words. */
  readonly deaths: string[] = []
  private child?: ChildProcess
  /** The process that takes over after the next kill: it has read the code already. */
  private spare?: ChildProcess
  private output = ''

  constructor(
    readonly port: number,
    private readonly env: Record<string, string>,
    /** Whether a spare process stands by, so that a start is no longer than it must be. */
    private readonly standby = false,
  ) {
    this.url = `http://127.0.0.1:${port}`
  }

  /** Starts the process and waits until its doors are open. */
  async start(): Promise<void> {
    const began = performance.now()
    const child = this.spare ?? this.spawned()
    this.spare = undefined
    child.stdin?.write('go\n')
    this.child = child
    this.output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output = (this.output + chunk.toString('utf8')).slice(-OUTPUT_KEPT)
      })
    }
    child.once('exit', (code, signal) => {
      if (this.child !== child) return
      this.child = undefined
      this.deaths.push(`exit ${code ?? signal}\n${this.output}`)
    })
    await until('the process opens its doors', () => this.isOpen(child), START_MS)
    this.starts.push(Math.round(performance.now() - began))
    if (this.standby) this.spare = this.spawned()
  }

  /** Waits until the started process says that everything in it runs. */
  async ready(): Promise<void> {
    await until('the process says that it is ready', () => this.output.includes('Listening on'), START_MS)
  }

  /** Ends the process as a power cut would, and waits until it is gone. */
  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  /** Asks the process to close. */
  stop(): Promise<void> {
    this.spare?.kill('SIGKILL')
    this.spare = undefined
    return this.end('SIGTERM')
  }

  /** The last lines that the process wrote, for messages of failing tests. */
  get lastWords(): string {
    return this.output
  }

  private spawned(): ChildProcess {
    return spawn(process.execPath, [this.standby ? WARM : MAIN], {
      env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', BASE_URL: this.url, ...this.env, PORT: String(this.port) },
      stdio: [this.standby ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (!child) return
    this.child = undefined
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  private async isOpen(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`the process ended instead of starting:\n${this.output}`)
    try {
      return (await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(5_000) })).ok
    } catch {
      return false
    }
  }
}

/** A port of the loopback that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Looks again and again until there is something to see; throws after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs: number,
  everyMs = 25,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await pause(everyMs)
  }
}

/** Like `until`, for what need not come: says whether it did. */
export async function within(withinMs: number, look: () => unknown, everyMs = 25): Promise<boolean> {
  const end = performance.now() + withinMs
  while (!look()) {
    if (performance.now() > end) return false
    await pause(everyMs)
  }
  return true
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
