import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FixedClock, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { ROOT } from '../../server/lib/config.ts'
import { loadWords, type Words, WordsError } from '../../server/lib/render.ts'
import { after, test } from '../suite.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** 2026-11-23 (a Monday) 14:00 in Shanghai. */
const NOW = Date.UTC(2026, 10, 23, 6, 0)

/** A templates folder with the real format words and these files. */
function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'words-'))
  folders.push(dir)
  mkdirSync(join(dir, 'messages'))
  cpSync(join(ROOT, 'templates/messages/format.yaml'), join(dir, 'messages/format.yaml'))
  for (const [file, text] of Object.entries(files)) put(dir, file, text)
  return dir
}

function put(dir: string, file: string, text: string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true })
  writeFileSync(join(dir, file), text)
}

function wordsOf(files: Record<string, string>): Words {
  return loadWords(folder(files), { clock: new FixedClock(NOW) })
}

/** Renders one template. */
function shown(template: string, data: Record<string, unknown> = {}): string {
  return wordsOf({ 'messages/one.yaml': `leaf: ${JSON.stringify(template)}` }).text('messages/one.leaf', data)
}

function problemsOf(files: Record<string, string>): string[] {
  try {
    wordsOf(files)
  } catch (error) {
    assert.ok(error instanceof WordsError, String(error))
    return error.problems.map(({ file, line, reason }) => `${file}:${line}: ${reason}`)
  }
  throw new Error('the words were accepted')
}

test('a text is found by folder, file and path', () => {
  const words = wordsOf({
    'messages/errors.yaml': 'too_many: 操作太快了，请 {{seconds}} 秒后再试。\nform:\n  required: 请填写“{{label}}”。',
    'documents/receipt.hbs': '收据：{{money total}}',
  })
  assert.equal(words.text('messages/errors.too_many', { seconds: 30 }), '操作太快了，请 30 秒后再试。')
  assert.equal(words.text('messages/errors.form.required', { label: '电话' }), '请填写“电话”。')
  assert.equal(words.text('documents/receipt', { total: 1200 }), '收据：￥12.00')
  assert.equal(words.has('messages/errors.form'), true)
  assert.equal(words.has('messages/errors.from'), false)
})

test('a tree keeps its shape, and only its texts are rendered', () => {
  const words = wordsOf({
    'cards/step.yaml': [
      'title: 投诉 {{no}}',
      'color: 3',
      'quiet: true',
      'note:',
      'buttons: &buttons',
      '  - { key: accept, text: 接单 }',
      "  - { key: done, text: '完成 {{no}}' }",
      'again: *buttons',
    ].join('\n'),
  })
  const buttons = [
    { key: 'accept', text: '接单' },
    { key: 'done', text: '完成 7' },
  ]
  assert.deepEqual(words.tree('cards/step', { no: 7 }), {
    title: '投诉 7',
    color: 3,
    quiet: true,
    note: null,
    buttons,
    again: buttons,
  })
  assert.deepEqual(words.tree('cards/step.buttons.1', { no: 7 }), buttons[1])
  assert.equal(words.text('cards/step.buttons.1.text', { no: 7 }), '完成 7')
  assert.equal(words.text('cards/step.color'), '3')
  assert.throws(() => words.text('cards/step.buttons'), /cards\/step\.buttons is a group or list/)
})

test('what a customer writes can neither become a template nor change the YAML', () => {
  const evil = '{{secret}}\n- key: "x": [1, 2]\n<b>'
  const words = wordsOf({
    'cards/case.yaml': "title: 'T {{title}}'\nlist: ['{{title}}']",
    'pages/case.hbs': '<p>{{title}}</p>',
  })
  assert.deepEqual(words.tree('cards/case', { title: evil, secret: 's' }), { title: `T ${evil}`, list: [evil] })
  assert.match(words.text('pages/case', { title: '<script>"&' }), /^<p>&lt;script&gt;&quot;&amp;<\/p>$/)
  assert.equal(words.text('cards/case.title', { title: '<b>&' }), 'T <b>&')
})

test('a missing variable is an error that names the text and the variable', () => {
  const words = wordsOf({
    'messages/a.yaml': 'b: 您好 {{customer.name}}，{{dueAt}}\nc: "{{date dueAt}}"\nd: "{{name}}"',
  })
  assert.throws(
    () => words.text('messages/a.b', { dueAt: 1 }),
    /messages\/a\.b: the variable "customer\.name" is missing/,
  )
  assert.throws(() => words.text('messages/a.b', { customer: {}, dueAt: 1 }), /"customer\.name" is missing/)
  assert.throws(() => words.text('messages/a.b', { customer: { name: undefined }, dueAt: 1 }), /"customer\.name"/)
  assert.throws(() => words.text('messages/a.b', { customer: { name: '王' } }), /"dueAt" is missing/)
  assert.throws(() => words.text('messages/a.c'), /messages\/a\.c: \{\{date dueAt\}\} got no value/)
  assert.throws(() => words.text('messages/a.d'), /"name" is missing/)
  assert.throws(
    () => words.tree('messages/a', { customer: { name: '王' }, dueAt: 1 }),
    /messages\/a\.d: .*"name" is missing/,
  )
  assert.equal(shown("{{#if gone}}a{{else}}b{{/if}}{{default gone '无'}}{{empty}}", { empty: null }), 'b无')
})

test('nothing inherited can be reached, and no object becomes a text', () => {
  class Row {
    own = 1
    get hidden(): string {
      return 'getter'
    }
  }
  assert.throws(() => shown('{{constructor}}'), /"constructor" is missing/)
  assert.throws(() => shown('{{row.hidden}}', { row: new Row() }), /"row\.hidden" is missing/)
  assert.throws(() => shown('{{list.constructor.name}}', { list: [] }), /missing/)
  assert.equal(shown('{{row.own}}', { row: new Row() }), '1')
  assert.throws(() => shown('{{row}}', { row: new Row() }), /a list or group stands where a text belongs/)
  assert.throws(() => shown('{{list}}', { list: [1] }), /a list or group/)
})

test('lists can be walked, and a variable may be called like a helper', () => {
  const data = {
    people: [
      { name: '王小明', phone: '13812345678' },
      { name: '李雷', phone: '1' },
    ],
    shop: '一店',
  }
  assert.equal(
    shown('{{#each people}}{{name}} {{phone}}@{{../shop}}{{#unless @last}}；{{/unless}}{{/each}}', data),
    '王小明 13812345678@一店；李雷 1@一店',
  )
  assert.equal(shown('{{#with (lookup people 1)}}{{name}}{{/with}}', data), '李雷')
  assert.equal(shown('{{#each people as |one|}}{{one.name}}{{/each}}', data), '王小明李雷')
})

test('an unknown key names its nearest neighbours', () => {
  const words = wordsOf({ 'messages/errors.yaml': 'too_many: 请稍后再试。\nnot_found: 没有找到。' })
  assert.throws(
    () => words.text('messages/errors.to_many'),
    /no words "messages\/errors\.to_many".*messages\/errors\.too_many/,
  )
  assert.throws(() => words.tree('cards/none'), /no words "cards\/none"/)
})

test('dates are told from today on', () => {
  const at = (day: number, hour: number, minute: number): number => Date.UTC(2026, 10, day, hour - 8, minute)
  const datetime = (value: number): string => shown('{{datetime at}}', { at: value })
  assert.equal(datetime(at(23, 14, 30)), '今天 14:30')
  assert.equal(datetime(at(23, 0, 0)), '今天 00:00')
  assert.equal(datetime(at(24, 9, 10)), '明天 09:10')
  assert.equal(datetime(at(22, 23, 59)), '昨天 23:59')
  assert.equal(datetime(at(25, 14, 30)), '11月25日 周三 14:30')
  assert.equal(datetime(at(21, 14, 30)), '11月21日 周六 14:30')
  assert.equal(datetime(Date.UTC(2027, 0, 4, 1, 0)), '2027年1月4日 周一 09:00')
  assert.equal(shown('{{dated at}}', { at: at(23, 14, 30), now: at(24, 10, 0) }), '11月23日 14:30')
  assert.equal(shown('{{dated at}}', { at: Date.UTC(2027, 0, 4, 1, 0) }), '1月4日 09:00')
  assert.equal(shown('{{date at}} {{time at}}', { at: at(29, 8, 5) }), '11月29日 周日 08:05')
  assert.equal(shown('{{stamp at}}', { at: at(9, 8, 5) }), '2026-11-09 08:05')
  assert.equal(shown('{{datetime at}}', { at: at(25, 14, 30), now: at(24, 10, 0) }), '明天 14:30')
  assert.equal(shown('{{datetime at now=sentAt}}', { at: at(25, 14, 30), sentAt: at(25, 10, 0), now: 0 }), '今天 14:30')
})

test('spans, money, masks and lists are written as people write them', () => {
  const duration = (ms: number, more = ''): string => shown(`{{duration ms${more}}}`, { ms })
  assert.equal(duration(10 * MINUTE), '10 分钟')
  assert.equal(duration(10 * MINUTE - 3), '10 分钟')
  assert.equal(duration(90 * MINUTE), '1 小时 30 分钟')
  assert.equal(duration(2 * HOUR), '2 小时')
  assert.equal(duration(24 * HOUR - 1), '1 天')
  assert.equal(duration(48 * HOUR), '2 天')
  assert.equal(duration(49.6 * HOUR), '2 天 2 小时')
  assert.equal(duration(47.9 * HOUR), '2 天')
  assert.equal(duration(30 * HOUR + 5 * MINUTE, " in='hours'"), '30 小时 5 分钟')
  assert.equal(duration(20_000), '1 分钟以内')
  assert.equal(duration(-HOUR), '1 分钟以内')
  assert.equal(shown('{{span a}}、{{span b}}', { a: '30 min', b: '1 workday' }), '30 分钟、1 个工作日')
  assert.throws(() => shown('{{span a}}', { a: 'soon' }), /soon is no span/)

  assert.equal(shown('{{money fen}}', { fen: 1200 }), '￥12.00')
  assert.equal(shown('{{money fen}}', { fen: -5 }), '-￥0.05')
  assert.equal(shown('{{amount fen}}', { fen: 123_456_789 }), '1,234,567.89')
  assert.equal(shown('{{capital fen}}', { fen: 1_640_902 }), '壹万陆仟肆佰零玖元零贰分')
  assert.equal(shown('{{ymd at}}', { at: NOW }), '2026年11月23日')
  assert.throws(() => shown('{{money fen}}', { fen: 12.5 }), /\{\{money fen\}\} 12\.5 is no whole number of fen/)

  assert.equal(shown('{{phone p}}', { p: '13812341234' }), '138****1234')
  assert.equal(shown('{{phone p}}', { p: '021-6123 4567' }), '021****4567')
  assert.equal(shown('{{phone p}}', { p: '12345' }), '*****')
  assert.equal(shown('{{name n}}', { n: '王小明' }), '王**')
  assert.equal(shown('{{name n}}', { n: '李雷' }), '李*')
  assert.equal(shown('{{name n}}', { n: '𠮷' }), '𠮷*')
  assert.equal(shown('{{name n}}', { n: 'Alexander' }), 'A**')

  assert.equal(shown('{{join list}}', { list: ['漏水', '破损'] }), '漏水、破损')
  assert.equal(shown("{{join list '/'}}", { list: ['a', 1] }), 'a/1')
  assert.throws(() => shown('{{join list}}', { list: 'a' }), /is no list/)
  assert.equal(shown("{{#if (eq kind 'a')}}1{{else}}2{{/if}}", { kind: 'a' }), '1')
  assert.equal(shown("{{#if (eq kind 'a')}}1{{else}}2{{/if}}", { kind: 'b' }), '2')
})

test('every broken file is told with file, line and reason', () => {
  assert.deepEqual(
    problemsOf({
      'cards/a.yaml': 'ok: 好\nbad: "{{#if x}}"\nhelper: "{{shout x}}"',
      'cards/b.yaml': 'text: |\n  first\n  {{/each}}',
      'messages/c.yaml': 'a: 1\na: 2',
      'messages/d.yaml': 'a: 1\nb.c: 2',
      'pages/e.hbs': '<p>\n{{{raw}}}</p>',
      'pages/f.hbs': '{{> head}}',
      'pages/f.yaml': 'a: 1',
      'pages/g.h.hbs': 'x',
    }).map((problem) => problem.replace(/Expecting.*|".*$/s, '…')),
    [
      'cards/a.yaml:2: Parse error on line 1: {{#if x}} ---------^ …',
      'cards/a.yaml:3: there is no helper …',
      'cards/b.yaml:3: Parse error on line 2: first{{/each}} -----^ …',
      'messages/c.yaml:2: Map keys must be unique',
      'messages/d.yaml:2: …',
      'pages/e.hbs:2: a page may not show a value unescaped',
      'pages/f.hbs:1: there are no partials',
      'pages/f.yaml:1: there is another file for pages/f',
      'pages/g.h.hbs:1: a file name may not contain a further dot',
    ],
  )
  assert.deepEqual(problemsOf({ 'messages/format.yaml': 'date: x' }).slice(0, 2), [
    'messages/format.yaml:1: the text "date_with_year" is missing',
    'messages/format.yaml:1: the text "yesterday" is missing',
  ])
})

test('a reload takes everything or nothing', () => {
  const dir = folder({ 'messages/a.yaml': 'hello: 您好', 'messages/b.yaml': 'bye: 再见' })
  const words = loadWords(dir)
  put(dir, 'messages/a.yaml', 'hello: 早上好')
  put(dir, 'messages/b.yaml', 'bye: "{{#if"')
  assert.throws(() => words.reload(), /messages\/b\.yaml:1: /)
  assert.equal(words.text('messages/a.hello'), '您好')
  assert.equal(words.text('messages/b.bye'), '再见')

  put(dir, 'messages/b.yaml', 'bye: 回见')
  put(dir, 'messages/format.yaml', `${FORMAT}\n`)
  words.reload()
  assert.equal(words.text('messages/a.hello'), '早上好')
  assert.equal(words.text('messages/b.bye'), '回见')
})

const FORMAT = `weekdays: [M, T, W, T, F, S, S]
date: '{{month}}/{{day}}'
date_with_year: '{{year}}'
md: '{{month}}'
ymd: '{{year}}'
yesterday: y
today: t
tomorrow: t
other_day: o
dated: o
workdays: o
days: '{{n}}d'
hours: '{{n}}h'
minutes: '{{n}}m'
under_a_minute: now
capital: { digits: zero, tens: t, groups: g, money: m, whole: w }
money: '{{yuan}}'
debt: '-{{yuan}}'
separator: ','`

test('the words of the house itself can be loaded', () => {
  const words = loadWords(join(ROOT, 'templates'))
  assert.equal(words.text('messages/format.minutes', { n: 5 }), '5 分钟')
})
