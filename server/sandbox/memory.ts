import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { log } from '../lib/log.ts'

/** What the sandbox remembers: plain parts in one JSON file, media bytes beside it. */
export interface Memory {
  /** The named part as it was kept, or `initial`; the object is then changed in place. */
  part<T extends object>(name: string, initial: T): T
  /** Something changed: it is written within a moment. */
  touch(): void
  /** Brings a part up to date just before it is written. */
  beforeSave(work: () => void): void
  keepBytes(id: string, bytes: Buffer): Promise<void>
  bytes(id: string): Promise<Buffer | undefined>
  /** Writes what is not yet written. */
  close(): Promise<void>
}

const DEBOUNCE_MS = 250
/** A big memory is written less often: writing takes one part in so many of the time at most. */
const WRITING_SHARE = 20

/** Opens the memory kept in `file`; without a file it lasts as long as the process. */
export function openMemory(file?: string): Memory {
  const parts: Record<string, object> = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const blobs = new Map<string, Buffer>()
  const folder = file && `${file}.media`
  if (folder) mkdirSync(folder, { recursive: true })
  let timer: NodeJS.Timeout | undefined
  let tookMs = 0
  const before: (() => void)[] = []
  let writing: Promise<void> = Promise.resolve()

  function save(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (!file) return Promise.resolve()
    for (const work of before) work()
    writing = writing
      .then(async () => {
        const began = performance.now()
        await replaceFile(file, JSON.stringify(parts))
        tookMs = performance.now() - began
      })
      .catch((error) => log.warn({ error }, 'sandbox'))
    return writing
  }

  return {
    part<T extends object>(name: string, initial: T): T {
      parts[name] = { ...initial, ...parts[name] }
      return parts[name] as T
    },
    touch() {
      if (file && !timer) timer = setTimeout(save, Math.max(DEBOUNCE_MS, tookMs * WRITING_SHARE))
    },
    beforeSave: (work) => void before.push(work),
    async keepBytes(id, bytes) {
      if (folder) await writeFile(join(folder, id), bytes)
      else blobs.set(id, bytes)
    },
    async bytes(id) {
      return folder ? readFile(join(folder, id)).catch(() => undefined) : blobs.get(id)
    },
    close: () => (timer ? save() : writing),
  }
}

/** A reader finds the old text or the new one, never half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}
