/** A process that tells test files, one after the other as it is given them, until there are no more (test/group.ts). */
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Account, tellFile } from './telling.ts'

export type Word = { begins: string } | { told: Account } | { ready: true }

process.on('message', async ({ file }: { file: string }) => {
  // While a file is told only what it does itself keeps this process up: one that waits for nothing ends it.
  process.channel?.unref()
  const account = await tellFile(pathToFileURL(resolve(file)).href, basename(file), (test) => say({ begins: test }))
  process.channel?.ref()
  say({ told: account })
})
say({ ready: true })

function say(word: Word): void {
  process.send?.(word)
}
