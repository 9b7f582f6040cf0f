/**
 * Runs the suites, each with one command:
 *   node test/run.mjs           types, lint, format, import rules, unit tests and stories on the embedded database
 *   node test/run.mjs mysql     the stories again on MySQL (TEST_DATABASE_URL, default root without a password on this machine),
 *                               with the story of two processes in place of the one of crashes
 *   node test/run.mjs browser   the journey in real Chromium
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createConnection } from 'mysql2/promise'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Stories of whole processes that are killed and started again. */
const OF_PROCESSES = /crash|apart|redelivery/
/** Stories wait about as long as they work: so many at once keep two processors busy. */
const WAITING = 4
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
    env.TEST_DATABASE_URL ??= (await import('../dist/test/mysql-here.js')).MYSQL_HERE
    env.TEST_DATABASE_POOL = `yingke_test_${randomBytes(6).toString('hex')}`
    try {
      tests(['stories'], ['agenda', 'db', 'condition-sql', 'events', 'segments'])
    } finally {
      await dropSchemas(env.TEST_DATABASE_URL, env.TEST_DATABASE_POOL)
    }
  },
  browser() {
    run('node', ['server/start.mjs', '--build-only'])
    tests(['browser'])
  },
}

if (!SUITES[suite]) {
  process.stderr.write(`There is no suite "${suite}": mysql, browser or none.\n`)
  process.exit(2)
}
try {
  run('npx', ['tsc'])
  await SUITES[suite]()
} catch (error) {
  if (!(error instanceof Failed)) throw error
  process.exitCode = 1
}

/** Drops the schemas that the test files have shared. */
async function dropSchemas(server, pool) {
  const connection = await createConnection({ uri: server })
  const [rows] = await connection.query('SHOW DATABASES LIKE ?', [`${pool}%`])
  for (const row of rows) await connection.query(`DROP DATABASE ${Object.values(row)[0]}`)
  await connection.end()
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
  if (status !== 0) throw new Failed(command)
}
