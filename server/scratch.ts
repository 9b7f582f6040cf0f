import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenScratch } from './engines/rules/dry-run.ts'
import { entities, migrations } from './entities.ts'
import { Database } from './lib/db.ts'

/** Opens an empty house in a folder of its own, which is gone afterwards: for trials that must touch nothing. */
export const inScratch: OpenScratch = async (clock, work) => {
  const folder = mkdtempSync(join(tmpdir(), 'yingke-scratch-'))
  const db = await Database.open({ url: `sqlite:${join(folder, 'scratch.db')}`, entities, migrations, clock })
  try {
    return await work(db)
  } finally {
    await db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
