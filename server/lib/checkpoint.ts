import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { log } from './log.ts'

/** A checkpoint is worth its flush, and a test that writes little never needs one. */
const COMMITS = 256
/**
 * Some tens of megabytes of log: work on many rows makes so much of it in a few commits, and a log that only grows costs
 * each commit twice as much as one that begins anew.
 */
const ROWS = 10_000
/** 96 MB: so long a log shall begin anew. That flushes within a commit, so it shall be rare. */
const LONG = 24_000

/**
 * Brings what was committed from SQLite's log into the database file, in a thread of its own: the flush takes up to a
 * tenth of a second, in which a commit would keep everybody waiting. Should the thread fail, SQLite's own checkpoint
 * comes, later and within a commit.
 *
 * The log begins anew when nothing of it is left to bring over, which never happens beside a busy writer: the last few
 * pages are the writer's own, between two transactions.
 */
export class Checkpointer {
  private commits = 0
  private rows = 0
  private busy = false
  private thread: Worker | undefined
  private long = false

  constructor(private readonly file: string) {}

  /** Notes a commit, and how many rows it changed. */
  committed(rows: number): void {
    this.commits += 1
    this.rows += rows
    if ((this.commits < COMMITS && this.rows < ROWS) || this.busy) return
    this.commits = 0
    this.rows = 0
    this.busy = true
    this.thread ??= this.start()
    this.thread.postMessage('checkpoint')
  }

  /** Whether the writer shall bring over the few pages that are left, so that the log begins anew; says so once. */
  shallFinish(): boolean {
    const { long } = this
    this.long = false
    return long
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    if (!this.thread) return
    this.thread.ref()
    const ended = once(this.thread, 'exit')
    this.thread.postMessage('stop')
    await ended
  }

  private start(): Worker {
    const script = new URL('./checkpoint-thread.js', import.meta.url)
    const thread = new Worker(script, { workerData: { file: this.file }, execArgv: [] })
    thread.on('message', (pages: number) => {
      this.busy = false
      this.long = pages > LONG
    })
    // Stays busy: nobody asks a broken thread again.
    thread.on('error', (error) => log.error({ err: error }, 'the log is no longer shortened beside the work'))
    thread.on('exit', () => {
      this.thread = undefined
    })
    thread.unref()
    return thread
  }
}
