/**
 * Runs test files in a few processes that stay, so that modules are loaded once for many files and their code is warm:
 *   node dist/test/group.js [--workers=4] file…
 * Files wait in one queue, the long ones first. It fails for each test that fails, for a file that cannot be imported or has
 * no test, and for a process that ends while it tells a file or does not end after its last.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Word } from './group-worker.ts'
import { dropSchemas } from './mysql-here.ts'
import type { Account } from './telling.ts'

/** A file that takes longer hangs; a worker that has told its last ends within the other. */
const [FILE_MS, END_MS] = [600_000, 30_000]
/** Short files that take long: they read pictures or throw dice some thousand times. The others take as long as they are. */
const LONG = /ocr|random/
const given = process.argv.slice(2)
const workers = Number(given.find((one) => one.startsWith('--workers='))?.slice('--workers='.length) ?? 4)
const files = given.filter((one) => !one.startsWith('--'))
const queue = files.toSorted((a, b) => length(b) - length(a) || 0)
const began = performance.now()
const failures: string[] = []
let [passed, skipped, told] = [0, 0, 0]

const server = process.env.TEST_DATABASE_POOL ? undefined : process.env.TEST_DATABASE_URL
process.env.TEST_DATABASE_POOL ??= `yingke_test_${randomBytes(6).toString('hex')}`

await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, work))
if (server) await dropSchemas(server, process.env.TEST_DATABASE_POOL)
if (told !== files.length) failures.push(`✖ ${files.length - told} files were not told`)
const seconds = ((performance.now() - began) / 1000).toFixed(1)
print(`ℹ ${told} files, ${passed} passed, ${skipped} skipped, ${failures.length} failed, ${seconds} s`)
if (failures.length > 0) print(`\n✖ failed:\n\n${failures.join('\n\n')}`)
process.exitCode = failures.length > 0 ? 1 : 0

/** Has workers tell files until none is left: the next one where the last has died. */
async function work(): Promise<void> {
  while (queue.length > 0) await employ()
}

/** One worker, as long as it lives. */
function employ(): Promise<void> {
  return new Promise((resolve) => {
    const worker = fork(join(import.meta.dirname, 'group-worker.js'), { serialization: 'advanced' })
    const had: string[] = []
    let inHand: string | undefined
    let test = 'its first test'
    let overdue: string | undefined
    let watch: NodeJS.Timeout

    function next(): void {
      clearTimeout(watch)
      inHand = queue.shift()
      test = 'its first test'
      if (inHand) {
        had.push(inHand)
        worker.send({ file: inHand })
      } else worker.disconnect()
      watch = setTimeout(
        () => {
          overdue = inHand ? 'it took too long' : 'something was left open'
          worker.kill('SIGKILL')
        },
        inHand ? FILE_MS : END_MS,
      )
    }

    worker.on('message', (word: Word) => {
      if ('begins' in word) test = word.begins
      else {
        if ('told' in word) tally(inHand ?? '', word.told)
        next()
      }
    })
    worker.on('exit', (code, signal) => {
      clearTimeout(watch)
      const how = overdue ?? `its process ended with ${signal ?? code}`
      if (inHand) {
        told++
        failures.push(`✖ ${inHand}, in ${test}: ${how}`)
        print(failures.at(-1) ?? '')
      } else if (code !== 0) failures.push(`✖ after ${had.join(', ')}: ${how}`)
      resolve()
    })
  })
}

function tally(file: string, account: Account): void {
  told++
  passed += account.passed
  skipped += account.skipped
  failures.push(...account.failures.map(({ name, why }) => `✖ ${file}\n  ${name}\n${indented(why)}`))
  print(account.lines.join('\n'))
}

function length(file: string): number {
  return LONG.test(file) ? Number.POSITIVE_INFINITY : statSync(file).size
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
