import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Story } from './harness.ts'

/**
 * Everything that the database holds, as somebody reads it who has stolen it: on SQLite the bytes of its files, on MySQL
 * every row of every table.
 */
export async function dumpOf(story: Story): Promise<string> {
  if (!process.env.TEST_DATABASE_URL) {
    const files = (await readdir(story.folder)).filter((name) => name.startsWith('yingke.db'))
    const parts = await Promise.all(files.map((name) => readFile(join(story.folder, name), 'utf8')))
    return parts.join('\n')
  }
  return story.db.read(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
    )
    const rows: unknown[] = []
    for (const { name } of tables) rows.push(await tx.query(`SELECT * FROM \`${name}\``))
    return JSON.stringify(rows)
  })
}
