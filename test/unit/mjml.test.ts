import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { textOf, trackLinks } from '../../server/domain/customers/mail-html.ts'
import { ROOT } from '../../server/lib/config.ts'
import { loadWords, type WordsError } from '../../server/lib/render.ts'
import { after, test } from '../suite.ts'

const FORMAT = readFileSync(join(ROOT, 'templates/messages/format.yaml'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'yingke-mail-'))
after(() => rmSync(folder, { recursive: true }))

const mail = (body: string, title = '<mj-title>题 {{a}}</mj-title>') =>
  `<mjml lang="zh-CN">\n<mj-head>${title}</mj-head>\n<mj-body width="600px">\n${body}\n</mj-body>\n</mjml>\n`
const section = (inside: string) => `<mj-section><mj-column>\n${inside}\n</mj-column></mj-section>`

function load(files: Record<string, string>) {
  rmSync(folder, { recursive: true, force: true })
  const format = { 'messages/format.yaml': FORMAT }
  for (const [name, text] of Object.entries({ ...format, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return loadWords(folder)
}

test('a mail is compiled with its parts, and its values are escaped', () => {
  const words = load({
    'mail/a.mjml': mail(
      `${section('<mj-text>{{a}}{{#if b}} und{{/if}}</mj-text>')}\n<mj-include path="parts/foot.mjml" />`,
    ),
    'mail/parts/foot.mjml': section('<mj-text>Fuß {{a}}</mj-text>'),
  })
  const html = words.text('mail/a.html', { a: '<b>&', b: true })
  assert.match(html, /&lt;b&gt;&amp; und/)
  assert.match(html, /Fuß &lt;b&gt;&amp;/)
  assert.equal(html.match(/max-width:600px/g)?.length, 2, 'parts are as wide as the mail')
  assert.equal(words.text('mail/a.subject', { a: '<b>&' }), '题 <b>&')
})

test('what is wrong with a mail is told with its line', () => {
  const problemsOf = (source: string) => {
    try {
      load({ 'mail/a.mjml': source })
    } catch (error) {
      return (error as WordsError).problems.map(({ file, line }) => `${file}:${line}`)
    }
    return []
  }
  assert.deepEqual(problemsOf(mail(section('<mj-text>{{a}}</mj-text>'))), [])
  assert.deepEqual(problemsOf(mail(section('<mj-text>{{{a}}}</mj-text>'))), ['mail/a.mjml:5'])
  assert.deepEqual(problemsOf(mail(section('<mj-text>{{nonsense a b}}</mj-text>'))), ['mail/a.mjml:5'])
  assert.deepEqual(problemsOf(mail(section('<mj-text><a href="{{lookup this "x"}}">x</a></mj-text>'))), [
    'mail/a.mjml:5',
  ])
  assert.deepEqual(problemsOf(mail(`${section('x')}\n<mj-include path="parts/none.mjml" />`)), ['mail/a.mjml:7'])
  assert.deepEqual(problemsOf(mail(section('x'), '')), ['mail/a.mjml:1'])
  assert.deepEqual(problemsOf('<mjml><mj-body>'), ['mail/a.mjml:1', 'mail/a.mjml:1'])
})

test('only web addresses are followed, each as it was written', () => {
  const seen: string[] = []
  const html =
    '<a href="https://a.example/?x&#x3D;1&amp;y=2">1</a> <a class="k" target="_blank" href="http://b.example">2</a>' +
    '<a href="mailto:x@example.com">3</a><a href=" JavaScript:alert(1)">4</a><a href="data:text/html,x">5</a>' +
    '<a href="http://own/m/u/t">6</a><link href="https://c.example">'
  const out = trackLinks(html, 'http://own/m/', (url) => {
    seen.push(url)
    return `http://own/m/c/${seen.length}?a&b`
  })
  assert.deepEqual(seen, ['https://a.example/?x=1&y=2', 'http://b.example'])
  assert.ok(out.includes('href="http://own/m/c/1?a&amp;b"') && out.includes('href="mailto:x@example.com"'))
  assert.equal(out.match(/href="#"/g)?.length, 2)
  assert.ok(out.includes('href="http://own/m/u/t"') && out.includes('<link href="https://c.example">'))
})

test('the plain text of a mail leaves out what is hidden and says where links lead', async () => {
  const text = await textOf(
    '<div style="display:none;x">Vorschau</div><p>您好，<b>王晓梅</b></p><a href="https://a.example">看</a><img src="x">',
  )
  assert.equal(text, '您好，王晓梅\n\n看 [https://a.example]')
})

test('what ships can be read', () => {
  assert.ok(loadWords(join(ROOT, 'templates')).has('mail/welcome.html'))
})
