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
const ROUNDS = 4

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
  for (let round = 0; round < ROUNDS; round++) {
    const [progress] = database.pragma('wal_checkpoint(PASSIVE)')
    pages = progress?.log ?? 0
    if (!progress || progress.log - progress.checkpointed < NEARLY) break
  }
  parentPort?.postMessage(pages)
})
