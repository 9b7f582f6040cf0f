/**
 * Takes a picture of every kind of card and line, on each work chat, at the width of a phone, for people to look at:
 *   npx tsc && node dist/test/looks/run.js <folder> [scene …]
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { launchChromium } from '../browser/browser.ts'
import { CHATS, openStory, type Story } from '../harness.ts'
import { Album } from './album.ts'
import { answers } from './answers.ts'
import { complaint } from './complaint.ts'
import { field } from './field.ts'
import { money } from './money.ts'
import { others } from './others.ts'
import { people } from './people.ts'
import { rentals } from './rentals.ts'
import type { Scene } from './scene.ts'
import { Shown } from './shown.ts'
import { trade } from './trade.ts'

const scenes: Scene[] = [...complaint, ...field, ...answers, ...others, ...people, ...rentals, ...money, ...trade]

async function main(folder: string | undefined, names: string[]): Promise<void> {
  if (!folder)
    throw new Error(`name a folder for the pictures, and scenes of: ${scenes.map(({ name }) => name).join(' ')}`)
  const browser = await launchChromium()
  const shown = new Shown()
  const album = new Album(browser, folder, shown)
  try {
    for (const scene of scenes.filter(({ name }) => names.length === 0 || names.includes(name)))
      for (const chat of scene.on ?? CHATS) await playOn(chat, scene, album)
  } finally {
    await album.close()
    await browser.close()
  }
  await writeFile(join(folder, 'unread.txt'), shown.unread().join('\n'))
  if (names.length > 0) return
  const missing = shown.missing()
  if (missing.length === 0) return
  process.stderr.write(`On no picture:\n${missing.map((name) => `  ${name}\n`).join('')}`)
  process.exitCode = 1
}

async function playOn(chat: NonNullable<Scene['on']>[number], scene: Scene, album: Album): Promise<void> {
  let story: Story | undefined
  try {
    story = await openStory({ chat, ...scene.house })
    await album.turnTo(scene.name, story)
    await scene.play(story, album)
  } catch (error) {
    process.stderr.write(`${scene.name} on ${chat}: ${String(error).split('\n')[0]}\n`)
    process.exitCode = 1
  } finally {
    await story?.close()
  }
}

const [folder, ...names] = process.argv.slice(2)
await main(folder, names)
