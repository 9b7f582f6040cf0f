/**
 * `npm start`: builds what is missing or older than its sources (the server in seconds, the mini-program's H5 in about
 * a minute at the first start), says what it does, and opens the house.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const BUILDS = [
  {
    name: 'server',
    sources: ['server', 'bot', 'test', 'tsconfig.json'],
    output: 'dist/server/main.js',
    run: ['npx', 'tsc'],
  },
  {
    name: 'mini-program (H5)',
    sources: ['miniprogram/src', 'miniprogram/config', 'miniprogram/package.json'],
    output: 'miniprogram/dist/h5/index.html',
    run: ['npm', 'run', '--silent', 'build:h5', '-w', 'miniprogram'],
  },
]

// Values of the environment win over those of the file.
if (exists(join(ROOT, '.env'))) process.loadEnvFile?.(join(ROOT, '.env'))

for (const build of BUILDS) await buildIfStale(build)
if (!process.argv.includes('--build-only')) await import(join(ROOT, 'dist/server/run.js'))

async function buildIfStale({ name, sources, output, run }) {
  const stamp = join(ROOT, dirname(output), `.built-from`)
  const state = fingerprint(sources)
  if (exists(join(ROOT, output)) && read(stamp) === state) return
  const began = Date.now()
  const tick = setInterval(() => progress(name, began), 1000)
  progress(name, began)
  const { code, text } = await execute(run)
  clearInterval(tick)
  if (code !== 0) {
    process.stderr.write(`\n${text}\nBuilding the ${name} failed.\n`)
    process.exit(1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
  process.stdout.write(`\r  built the ${name} in ${seconds(began)} s     \n`)
}

function progress(name, began) {
  // A log file wants one line, a terminal a counter.
  if (process.stdout.isTTY) process.stdout.write(`\r  building the ${name} … ${seconds(began)} s `)
  else if (seconds(began) % 15 === 0) process.stdout.write(`  building the ${name} … ${seconds(began)} s\n`)
}

function execute([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, FORCE_COLOR: '0' } })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text = (text + part).slice(-8000)))
    child.on('error', (error) => resolve({ code: 1, text: error.message }))
    child.on('close', (code) => resolve({ code, text }))
  })
}

/** Names, sizes and times of the sources: cheap, and different whenever one of them is edited. */
function fingerprint(sources) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const found = statSync(path)
    if (!found.isDirectory()) return hash.update(`${path}:${found.size}:${found.mtimeMs}\n`)
    for (const name of readdirSync(path).sort()) visit(join(path, name))
  }
  for (const source of sources) if (exists(join(ROOT, source))) visit(join(ROOT, source))
  return hash.digest('hex')
}

function exists(path) {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function read(path) {
  return exists(path) ? readFileSync(path, 'utf8') : ''
}

function seconds(began) {
  return Math.round((Date.now() - began) / 1000)
}
