/**
 * Compiles dist/weapp with WeChat's own compilers, as the developer tools would: wcc for pages, wcsc for styles,
 * miniprogram-ci for the whole. No network: account particulars are the published defaults, the key is thrown away.
 * Exits with 1 and says what is wrong when anything is.
 */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import ci from 'miniprogram-ci'
import compiler from 'miniprogram-compiler'

const project = resolve(import.meta.dirname, '..')
const output = join(project, 'dist/weapp')

/** WeChat takes 2 MB for the main package; above this much it opens slowly on a poor phone. */
const MOST_BYTES = 1.5 * 1024 * 1024
/** WeChat's limit for an icon of the tab bar. */
const MOST_ICON_BYTES = 40 * 1024
/** What WeChat lets an app use only if its app.json names it (requiredPrivateInfos). */
const PRIVATE = [
  'getFuzzyLocation',
  'getLocation',
  'onLocationChange',
  'startLocationUpdate',
  'startLocationUpdateBackground',
  'chooseLocation',
  'choosePoi',
  'chooseAddress',
]
/** So long a reason for a permission may be. */
const MOST_REASON = 30

/** What the compilers may print, in bytes: their output is the compiled code. */
const MOST_OUTPUT = 64 * 1024 * 1024

/** A project that asks WeChat nothing about the account: the defaults hold for everybody. */
class OfflineProject extends ci.Project {
  async attr() {
    return ci.DefaultProjectAttr
  }
}

const checks = {
  'app.json names files that exist': checkPages,
  'app.json declares what is asked of the phone': checkPrivacy,
  'size of the main package': checkSize,
  'wcc (pages)': checkWxml,
  'wcsc (styles)': checkWxss,
  'miniprogram-ci (whole project)': checkProject,
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  try {
    say('ok', name, await check())
  } catch (error) {
    failed += 1
    say('FAILED', name, error instanceof Error ? error.message : String(error))
  }
}
// miniprogram-ci leaves a child process behind; without this the check would never end.
process.exit(failed > 0 ? 1 : 0)

function checkPages() {
  const { pages, tabBar } = JSON.parse(readFileSync(join(output, 'app.json'), 'utf8'))
  for (const page of pages) for (const end of ['js', 'json', 'wxml']) statSync(join(output, `${page}.${end}`))
  for (const { iconPath, selectedIconPath } of tabBar.list) {
    for (const icon of [iconPath, selectedIconPath]) {
      if (statSync(join(output, icon)).size > MOST_ICON_BYTES) throw new Error(`${icon} is larger than 40 KB`)
    }
  }
  return `${pages.length} pages`
}

function checkPrivacy() {
  const { requiredPrivateInfos = [], permission = {} } = JSON.parse(readFileSync(join(output, 'app.json'), 'utf8'))
  // Taro's own files name everything that there is.
  const ours = readdirSync(output, { recursive: true }).filter((name) => /^(?:common|app|pages\/.*)\.js$/.test(name))
  const code = ours.map((name) => readFileSync(join(output, name), 'utf8')).join('\n')
  const used = PRIVATE.filter((name) => new RegExp(`\\.${name}\\(`).test(code))
  const [silent, idle] = [difference(used, requiredPrivateInfos), difference(requiredPrivateInfos, used)]
  if (silent.length > 0) throw new Error(`${silent.join(', ')}: used, and not in requiredPrivateInfos`)
  if (idle.length > 0) throw new Error(`${idle.join(', ')}: in requiredPrivateInfos, and not used`)
  const { desc } = permission['scope.userLocation'] ?? {}
  if (used.length > 0 && !desc) throw new Error('permission tells no reason for scope.userLocation')
  if (desc?.length > MOST_REASON) throw new Error(`the reason for scope.userLocation is longer than ${MOST_REASON}`)
  return used.join(', ') || 'nothing'
}

function checkSize() {
  const bytes = readdirSync(output, { recursive: true })
    .map((name) => statSync(join(output, name)))
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + entry.size, 0)
  if (bytes > MOST_BYTES) throw new Error(`${kilobytes(bytes)}, more than ${kilobytes(MOST_BYTES)}`)
  return kilobytes(bytes)
}

function checkWxml() {
  const { pages } = JSON.parse(readFileSync(join(output, 'app.json'), 'utf8'))
  const find = evaluate(compiler.wxmlToJs(output, { maxBuffer: MOST_OUTPUT }))
  for (const page of pages) {
    const draw = find(`${page}.wxml`)
    if (typeof draw !== 'function') throw new Error(`${page}.wxml does not compile to a page`)
    draw({ root: { cn: [] } })
  }
  return `${pages.length} pages compiled and drawn`
}

function checkWxss() {
  const names = readdirSync(output, { recursive: true }).filter((name) => name.endsWith('.wxss'))
  try {
    compiler.wxssToJs(output, { maxBuffer: MOST_OUTPUT })
  } catch (error) {
    // The wrapper drops what wcsc says about the place.
    throw new Error(names.map(refusal).filter(Boolean).join('; ') || error.message)
  }
  return `${names.length} files`
}

/** What wcsc has against one file and where; nothing where the file alone is right. */
function refusal(name) {
  const wcsc = join(import.meta.dirname, 'node_modules/miniprogram-compiler/bin/linux/wcsc')
  return /\S+\(\d+:\d+\): .*/.exec(spawnSync(wcsc, ['-lc', name], { cwd: output, encoding: 'utf8' }).stderr)?.[0]
}

async function checkProject() {
  const folder = mkdtempSync(join(tmpdir(), 'weapp-check-'))
  const key = join(folder, 'key.pem')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  try {
    const compiled = await ci.getCompiledResult({
      project: new OfflineProject({
        appid: 'wx0000000000000000',
        type: 'miniProgram',
        projectPath: project,
        privateKeyPath: key,
        ignores: ['node_modules/**/*', 'check/**/*'],
      }),
      version: '0.0.0',
      setting: { es6: true, minify: false },
      onProgressUpdate: () => {},
    })
    return `${Object.keys(compiled).length} files`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function difference(some, others) {
  return some.filter((one) => !others.includes(one))
}

/** Runs what wcc made; it is written for a browser. */
function evaluate(code) {
  const browser = { navigator: { userAgent: '' } }
  return new Function('global', 'window', 'navigator', code)(browser, browser, browser.navigator)
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1024)} KB`
}

function say(state, name, text) {
  process.stdout.write(`${state.padEnd(6)}  ${name}: ${text}\n`)
}
