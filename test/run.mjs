/**
 * Runs the suites, each with one command:
 *   node test/run.mjs           types, lint, format, import rules, unit tests and stories on the embedded database
 *   node test/run.mjs mysql     the stories again on MySQL (TEST_DATABASE_URL, default root without a password on this machine),
 *                               with the stories of two processes and of a database that goes away in place of the crashes
 *   node test/run.mjs browser   the journey in real Chromium
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Stories of whole processes that are killed and started again. */
const OF_PROCESSES = /crash/
/** Those of them that MySQL alone can tell: with several processes on one database, or without it for a while. */
const OF_SERVERS = /two-processes|database-gone/
/** What counts how often something is done that takes longer on a busy machine: how often a lock ran out, people asked again. */
const ALONE = /apart|redelivery|agenda-leases/
/** Memory that looks like a folder, and how much of it the databases of the suites take at most. */
const MEMORY = '/dev/shm'
const ROOM = 2 * 1024 ** 3
/** Stories wait as well as they work: so many at once keep two processors busy. */
const WORKERS = 4
const [suite = 'all'] = process.argv.slice(2)
const env = { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent' }
// A fifth of what the story of malformed bodies sends when it is run by itself.
env.FUZZ_BODIES ??= '20000'

/** A command that did not end well: what comes behind it is not begun. */
class Failed extends Error {}

const SUITES = {
  all() {
    run('npx', ['biome', 'ci', '--error-on-warnings', '.'])
    tests(['unit', 'stories'])
  },
  async mysql() {
    const { MYSQL_HERE, dropSchemas } = await import('../dist/test/mysql-here.js')
    env.TEST_DATABASE_URL ??= MYSQL_HERE
    env.TEST_DATABASE_POOL = `yingke_test_${randomBytes(6).toString('hex')}`
    try {
      tests(['stories'], ['agenda', 'db', 'condition-sql', 'events', 'segments'])
    } finally {
      await dropSchemas(env.TEST_DATABASE_URL, env.TEST_DATABASE_POOL)
    }
  },
  browser() {
    run('node', ['server/start.mjs', '--build-only'])
    node(4, filesOf('browser'))
  },
}

if (!SUITES[suite]) {
  process.stderr.write(`There is no suite "${suite}": mysql, browser or none.\n`)
  process.exit(2)
}
// What tests write has to outlive nothing: where there is room, it does not go to the disk.
const folder = env.TMPDIR === undefined && hasRoom() ? mkdtempSync(join(MEMORY, 'yingke-test-')) : undefined
if (folder) env.TMPDIR = folder
try {
  run('npx', ['tsc'])
  await SUITES[suite]()
} catch (error) {
  if (!(error instanceof Failed)) throw error
  process.exitCode = 1
} finally {
  if (folder) rmSync(folder, { recursive: true, force: true })
}

/**
 * Runs the compiled test files of these folders, and those unit tests whose names begin with one of `alsoUnit`, many in
 * one process. Stories of whole processes come after them, two at a time and a process a file: they live by the real clock,
 * and mostly wait. What a busy machine would falsify comes last.
 */
function tests(folders, alsoUnit = []) {
  const more = filesOf('unit').filter((file) => alsoUnit.some((name) => file.includes(`/unit/${name}`)))
  const all = [...folders.flatMap((folder) => filesOf(folder)), ...more]
  const isApart = (file) => OF_PROCESSES.test(file) || OF_SERVERS.test(file)
  const alone = (suite === 'mysql' ? more : all).filter((file) => ALONE.test(file))
  const together = all.filter((file) => !isApart(file) && !ALONE.test(file))
  const here = suite === 'mysql' ? OF_SERVERS : OF_PROCESSES
  run('node', ['dist/test/group.js', `--workers=${WORKERS}`, ...together])
  for (const files of [all.filter((file) => here.test(file)), alone]) if (files.length > 0) node(2, files)
}

function node(concurrency, files) {
  run('node', nodeTest(concurrency, files))
}

function nodeTest(concurrency, files) {
  return ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=900000', '--test-reporter=spec', ...files]
}

function hasRoom() {
  if (!existsSync(MEMORY)) return false
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > ROOM
}

function filesOf(folder) {
  const path = join('dist/test', folder)
  return readdirSync(join(ROOT, path))
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => join(path, name))
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' })
  if (status !== 0) throw new Failed(command)
}
