import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/** What a checkpoint answers: pages in the log, and how many of them are in the database by now. */
interface Progress {
  log: number
  checkpointed: number
}

interface Sqlite {
  pragma(text: string): Progress[]
  close(): void
}

/** So few pages are left that bringing them over takes no time. */
const NEARLY = 64
const ROUNDS = 8

// The driver has no types of its own, and this thread needs two calls of it.
const Driver = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => Sqlite
const database = new Driver(workerData.file as string)
database.pragma('synchronous = NORMAL')

parentPort?.on('message', (wish: 'checkpoint' | 'stop') => {
  if (wish === 'stop') {
    database.close()
    parentPort?.close()
    return
  }
  let pages = 0
  // A round knows nothing of what is committed meanwhile: what the next one finds on top of it, it has left.
  for (let round = 0, before = 0; round < ROUNDS; round++) {
    const [progress] = database.pragma('wal_checkpoint(PASSIVE)')
    pages = progress?.log ?? 0
    const left = Math.abs(pages - before)
    before = progress?.checkpointed ?? 0
    if (!progress || left < NEARLY) break
  }
  parentPort?.postMessage(pages)
})
