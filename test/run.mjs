/**
 * Runs the suites, each with one command:
 *   node test/run.mjs           types, lint, format, import rules, unit tests and stories on the embedded database
 *   node test/run.mjs mysql     the stories again on MySQL (TEST_DATABASE_URL, default root without a password on this machine),
 *                               with the story of two processes in place of the one of crashes
 *   node test/run.mjs browser   the journey in real Chromium
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Stories of whole processes that are killed and started again. */
const OF_PROCESSES = /crash|apart|redelivery/
/** Stories wait about as long as they work: so many at once keep two processors busy. */
const WAITING = 4
const [suite = 'all'] = process.argv.slice(2)
const env = { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent' }
// A fifth of what the story of malformed bodies sends when it is run by itself.
env.FUZZ_BODIES ??= '20000'

run('npx', ['tsc'])
if (suite === 'all') {
  run('npx', ['biome', 'ci', '--error-on-warnings', '.'])
  tests(['unit', 'stories'])
} else if (suite === 'mysql') {
  env.TEST_DATABASE_URL ??= (await import('../dist/test/mysql-here.js')).MYSQL_HERE
  tests(['stories'], ['agenda', 'db', 'condition-sql', 'events', 'segments'])
} else if (suite === 'browser') {
  run('node', ['server/start.mjs', '--build-only'])
  tests(['browser'])
} else {
  process.stderr.write(`There is no suite "${suite}": mysql, browser or none.\n`)
  process.exit(2)
}

/**
 * Runs the compiled test files of these folders, and those unit tests whose names begin with one of `alsoUnit`. Stories
 * of whole processes have the machine to themselves: they live by the real clock.
 */
function tests(folders, alsoUnit = []) {
  const all = folders.flatMap((folder) => filesOf(folder))
  const more = filesOf('unit').filter((file) => alsoUnit.some((name) => file.includes(`/unit/${name}`)))
  const apart = all.filter((file) => (suite === 'mysql' ? /two-processes/ : OF_PROCESSES).test(file))
  const together = all.filter((file) => !/two-processes/.test(file) && !OF_PROCESSES.test(file))
  node(WAITING, [...together, ...more])
  const heavy = apart.filter((file) => /crash|two-processes/.test(file))
  if (apart.length > heavy.length)
    node(
      2,
      apart.filter((file) => !heavy.includes(file)),
    )
  if (heavy.length > 0) node(1, heavy)
}

function node(concurrency, files) {
  const limits = [`--test-concurrency=${concurrency}`, '--test-timeout=600000']
  run('node', ['--test', ...limits, '--test-reporter=spec', ...files])
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
  if (status !== 0) process.exit(status ?? 1)
}
