import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkAnswers, describeAnswers } from '../../server/engines/forms/answers.ts'
import { addFieldKind, fieldKind } from '../../server/engines/forms/fields.ts'
import { type Form, formSchema } from '../../server/engines/forms/form.ts'
import { calculate } from '../../server/engines/forms/formula.ts'
import { ROOT } from '../../server/lib/config.ts'
import { opened } from '../../server/lib/crypto.ts'
import { loadWords, type Words } from '../../server/lib/render.ts'
import { test } from '../suite.ts'

const OPTIONS = [
  { value: 'leak', label: '漏水' },
  { value: 'broken', label: '破损' },
  { value: 'other', label: '其他' },
]

/** What formulas come to, here and on the phone. */
const FORMULAS = JSON.parse(readFileSync(join(ROOT, 'test/vectors/formulas.json'), 'utf8')) as {
  formula: string
  operands: Record<string, number | string | boolean>
  result: unknown
}[]

/** The words that forms use, and no others. */
function formWords(): Words {
  const dir = mkdtempSync(join(tmpdir(), 'form-words-'))
  mkdirSync(join(dir, 'messages'))
  for (const file of ['format', 'answers', 'form-errors']) {
    cpSync(join(ROOT, `templates/messages/${file}.yaml`), join(dir, `messages/${file}.yaml`))
  }
  const words = loadWords(dir)
  rmSync(dir, { recursive: true })
  return words
}

function form(...fields: Record<string, unknown>[]): Form {
  return formSchema.parse({
    form: 'complaint',
    title: '投诉',
    fields: fields.map((field) => ({ name: 'a', label: '甲', ...field })),
  })
}

/** What becomes of one answer: the value that is kept, or the `why`. */
function check(field: Record<string, unknown>, answer: unknown): unknown {
  const { values, problems } = checkAnswers(form(field), { a: answer })
  return problems.length > 0 ? problems.map(({ why }) => why).join() : opened(values.a)
}

test('each kind keeps good values in plain form and names what is wrong with others', () => {
  const table: [Record<string, unknown>, unknown, unknown][] = [
    [{ kind: 'text' }, '  两  顶\n帐篷 ', '两 顶 帐篷'],
    [{ kind: 'text' }, 'a\u200b\u0000b', 'ab'],
    [{ kind: 'text' }, 7, 'not_a_text'],
    [{ kind: 'text', maxLength: 3 }, '👍👍👍', '👍👍👍'],
    [{ kind: 'text', maxLength: 3 }, '一二三四', 'too_long'],
    [{ kind: 'text' }, 'x'.repeat(201), 'too_long'],
    [{ kind: 'text', pattern: '[A-Z]{2}\\d+' }, 'AB12', 'AB12'],
    [{ kind: 'text', pattern: 'a|b' }, 'ab', 'pattern'],
    [{ kind: 'longtext' }, ' 一\r\n二 ', '一\n二'],
    [{ kind: 'longtext' }, 'x'.repeat(2001), 'too_long'],
    [{ kind: 'number' }, '１２.5', 12.5],
    [{ kind: 'number' }, -3, -3],
    [{ kind: 'number' }, '12a', 'not_a_number'],
    [{ kind: 'number' }, Number.NaN, 'not_a_number'],
    [{ kind: 'number' }, [1], 'not_a_number'],
    [{ kind: 'number', min: 1, max: 9 }, 1, 1],
    [{ kind: 'number', min: 1, max: 9 }, 0, 'too_small'],
    [{ kind: 'number', min: 1, max: 9 }, 9.1, 'too_large'],
    [{ kind: 'date' }, '2026-02-28', '2026-02-28'],
    [{ kind: 'date' }, '2026-02-29', 'not_a_date'],
    [{ kind: 'date' }, '2026-2-8', 'not_a_date'],
    [{ kind: 'date' }, 20260208, 'not_a_date'],
    [{ kind: 'date', earliest: '2026-02-01' }, '2026-01-31', 'too_early'],
    [{ kind: 'date', latest: '2026-02-01' }, '2026-02-02', 'too_late'],
    [{ kind: 'date', earliest: '2026-02-01', latest: '2026-02-01' }, '2026-02-01', '2026-02-01'],
    [{ kind: 'select', options: OPTIONS }, 'leak', 'leak'],
    [{ kind: 'select', options: OPTIONS }, '漏水', 'not_an_option'],
    [{ kind: 'select', options: OPTIONS }, ['leak'], 'not_an_option'],
    [{ kind: 'multiselect', options: OPTIONS }, ['leak', 'other', 'leak'], ['leak', 'other']],
    [{ kind: 'multiselect', options: OPTIONS }, 'leak', ['leak']],
    [{ kind: 'multiselect', options: OPTIONS }, ['leak', 'gone'], 'not_an_option'],
    [{ kind: 'multiselect', options: OPTIONS, min: 2 }, ['leak'], 'too_few'],
    [{ kind: 'multiselect', options: OPTIONS, max: 1 }, ['leak', 'other'], 'too_many'],
    [{ kind: 'photos' }, ['01A', '01B', '01A'], ['01A', '01B']],
    [{ kind: 'photos' }, ['../etc/passwd'], 'not_a_photo'],
    [{ kind: 'photos' }, [{ id: 1 }], 'not_a_photo'],
    [{ kind: 'photos', max: 2 }, ['1', '2', '3'], 'too_many_photos'],
    [{ kind: 'photos', min: 2 }, ['1'], 'too_few_photos'],
    [{ kind: 'photos' }, Array.from({ length: 10 }, (_, i) => `p${i}`), 'too_many_photos'],
    [{ kind: 'phone' }, '+86 138-1234-5678', '13812345678'],
    [{ kind: 'phone' }, '１３８１２３４５６７８', '13812345678'],
    [{ kind: 'phone' }, 13812345678, '13812345678'],
    [{ kind: 'phone' }, '(021) 6123 4567', '02161234567'],
    [{ kind: 'phone' }, '+86 0755 8123 4567', '075581234567'],
    [{ kind: 'phone' }, '12812345678', 'not_a_phone'],
    [{ kind: 'phone' }, '1381234567', 'not_a_phone'],
    [{ kind: 'phone' }, '138123456789', 'not_a_phone'],
    [{ kind: 'rating' }, '5', 5],
    [{ kind: 'rating' }, 6, 'too_large'],
    [{ kind: 'rating' }, 0, 'too_small'],
    [{ kind: 'rating', min: 0, max: 10 }, 0, 0],
    [{ kind: 'rating' }, 3.5, 'not_a_number'],
    [{ kind: 'yesno' }, true, true],
    [{ kind: 'yesno' }, 'no', false],
    [{ kind: 'yesno' }, 'maybe', 'not_an_option'],
    [{ kind: 'person' }, 'someone', 'not_an_option'],
    [{ kind: 'money' }, '12.5', 1250],
    [{ kind: 'money' }, '￥1,234.05 元', 123405],
    [{ kind: 'money' }, 1250, 1250],
    [{ kind: 'money' }, '12.345', 'not_money'],
    [{ kind: 'money' }, 12.5, 'not_money'],
    [{ kind: 'money' }, '1e3', 'not_money'],
    [{ kind: 'money' }, '-1', 'too_small'],
    [{ kind: 'money', min: -5 }, '-1.10', -110],
    [{ kind: 'money', max: 100 }, '100.01', 'too_large'],
    [{ kind: 'datetime' }, '2026-02-28T14:30', '2026-02-28 14:30'],
    [{ kind: 'datetime' }, '２０２６-02-28  14:30:00', '2026-02-28 14:30'],
    [{ kind: 'datetime' }, '2026-02-29 14:30', 'not_a_datetime'],
    [{ kind: 'datetime' }, '2026-02-28', 'not_a_datetime'],
    [{ kind: 'datetime', earliest: '2026-03-01' }, '2026-02-28 23:59', 'too_early'],
    [{ kind: 'location' }, { lat: 31.2304161, lng: '121.4737' }, { lat: 31.230416, lng: 121.4737 }],
    [
      { kind: 'location' },
      { lat: 31.2, lng: 121.4, address: ' 南京东路\n1 号 ' },
      { lat: 31.2, lng: 121.4, address: '南京东路 1 号' },
    ],
    [{ kind: 'location' }, { lat: 31.23, lng: 121.47, datum: 'wgs84' }, { lat: 31.228067, lng: 121.474535 }],
    [{ kind: 'location' }, { lat: 48.85, lng: 2.35, datum: 'wgs84' }, { lat: 48.85, lng: 2.35 }],
    [{ kind: 'location' }, { lat: 91, lng: 0.5 }, 'not_a_place'],
    [{ kind: 'location' }, { lat: 0, lng: 0 }, 'not_a_place'],
    [{ kind: 'location' }, { lat: 31 }, 'not_a_place'],
    [{ kind: 'location' }, [31, 121], 'not_a_place'],
    [{ kind: 'location' }, '南京东路 1 号', 'place_without_point'],
    [{ kind: 'location', typed: true }, '南京东路 1 号', { address: '南京东路 1 号' }],
    [{ kind: 'location', typed: true }, { address: '', lat: '', lng: '' }, 'not_a_place'],
    [{ kind: 'asset' }, ' yk-1023 ', 'YK-1023'],
    [{ kind: 'asset' }, 'https://yingke.example/b/yk1023?from=qr', 'YK1023'],
    [{ kind: 'asset' }, 'https://yingke.example/a?code=YK1023#top', 'YK1023'],
    [{ kind: 'asset' }, 'https://w.example/x?q=https%3A%2F%2Fyingke.example%2Fb%2FYK1023', 'YK1023'],
    [{ kind: 'asset' }, 'code=YK1023', 'YK1023'],
    [{ kind: 'asset' }, 'bike=YK1023', 'YK1023'],
    [{ kind: 'asset' }, 1023, '1023'],
    [{ kind: 'asset' }, 'https://yingke.example/', 'not_an_asset'],
    [{ kind: 'asset' }, 'https://yingke.example/%E0%A4%A', 'not_an_asset'],
    [{ kind: 'asset' }, '../secret', 'not_an_asset'],
    [{ kind: 'asset', pattern: 'YK\\d{4}' }, 'yk1023', 'YK1023'],
    [{ kind: 'asset', pattern: 'YK\\d{4}' }, 'AB1023', 'pattern'],
    [{ kind: 'id_number' }, '11010519491231002x', '11010519491231002X'],
    [{ kind: 'id_number' }, '110105194912310021', 'not_an_id_number'],
    [{ kind: 'id_number' }, '110105194913310025', 'not_an_id_number'],
    [{ kind: 'id_number' }, 110105194912310020, 'not_an_id_number'],
    [{ kind: 'signature' }, '01SIGN', '01SIGN'],
    [{ kind: 'signature' }, ['01SIGN'], '01SIGN'],
    [{ kind: 'signature' }, ['1', '2'], 'not_a_signature'],
    [{ kind: 'signature' }, '../x', 'not_a_signature'],
  ]
  for (const [field, answer, expected] of table) {
    assert.deepEqual(check(field, answer), expected, JSON.stringify([field, answer]))
  }
})

test('a value that was kept passes again as it is', () => {
  const kept: [Record<string, unknown>, unknown][] = [
    [{ kind: 'money' }, '12.5'],
    [{ kind: 'location' }, { lat: 31.23, lng: 121.47, datum: 'wgs84', address: '外滩' }],
    [{ kind: 'location', typed: true }, '外滩'],
    [{ kind: 'datetime' }, '2026-02-28T14:30'],
    [{ kind: 'asset' }, 'code=yk1'],
    [{ kind: 'id_number' }, '11010519491231002x'],
    [{ kind: 'signature' }, ['01SIGN']],
  ]
  for (const [field, answer] of kept) assert.deepEqual(check(field, check(field, answer)), check(field, answer))
})

test('a computed value is the server’s own, whatever is sent for it', () => {
  const bill = form(
    { name: 'price', kind: 'money' },
    { name: 'count', kind: 'number' },
    { name: 'insured', kind: 'yesno' },
    { name: 'total', kind: 'money', computed: 'price * count + (insured ? 5 : 0)' },
    { name: 'each', kind: 'number', computed: 'total / max(count, 1)', decimals: 1 },
  )
  const values = (answers: object) => checkAnswers(bill, answers).values
  assert.deepEqual(values({ price: '19.99', count: 3, total: 1 }), { price: 1999, count: 3, total: 5997, each: 20 })
  assert.equal(values({ price: '1.1', count: 3, insured: true }).total, 830)
  assert.equal(values({ insured: true }).total, 500)
  assert.deepEqual(values({}), {})
  const span = form(
    { name: 'from', kind: 'datetime' },
    { name: 'to', kind: 'datetime' },
    { name: 'days', kind: 'number', computed: 'days(from, to)' },
    { name: 'hours', kind: 'number', computed: 'hours(from, to)', max: 72 },
  )
  const { values: found } = checkAnswers(span, { from: '2026-01-31 09:00', to: '2026-02-02 10:30' })
  assert.deepEqual([found.days, found.hours], [2, 49.5])
  assert.equal('days' in checkAnswers(span, { from: '2026-01-31 09:00' }).values, false)
  const long = checkAnswers(span, { from: '2026-01-31 09:00', to: '2026-02-09 10:30' })
  assert.deepEqual(
    long.problems.map(({ field, why }) => [field, why]),
    [['hours', 'too_large']],
  )
})

test('server and phone compute alike', () => {
  for (const { formula, operands, result } of FORMULAS) {
    assert.deepEqual(calculate(formula, operands) ?? null, result, formula)
  }
})

test('a field can be required under a condition', () => {
  const refund = form(
    { name: 'kind', kind: 'select', options: OPTIONS },
    { name: 'what', kind: 'text', requiredWhen: { kind: 'other' } },
  )
  assert.deepEqual(checkAnswers(refund, { kind: 'leak' }).problems, [])
  assert.equal(checkAnswers(refund, { kind: 'other' }).problems[0]?.why, 'required')
})

test('a rule over several fields refuses answers that do not go together, once all it reads is there', () => {
  const trip = form(
    { name: 'from', label: '开始', kind: 'date' },
    { name: 'to', label: '结束', kind: 'date' },
    { name: 'kind', kind: 'select', options: OPTIONS },
  )
  trip.check = [
    { when: 'to < from', message: '结束不能早于开始' },
    { when: { kind: 'other', to: { $exists: false } }, message: '请写结束日期', field: 'to' },
  ]
  const told = (answers: object) =>
    checkAnswers(trip, answers).problems.map(({ field, why, data }) => [field, why, data.message])
  assert.deepEqual(told({ from: '2026-02-02', to: '2026-02-01' }), [['to', 'rule', '结束不能早于开始']])
  assert.deepEqual(told({ from: '2026-02-02', to: '2026-02-02' }), [])
  assert.deepEqual(told({ from: '2026-02-02' }), [])
  assert.deepEqual(told({ kind: 'other' }), [['to', 'rule', '请写结束日期']])
  assert.deepEqual(told({ kind: 'other', to: 'x' }), [['to', 'not_a_date', undefined]])
})

test('a required field that is empty is told in the words of its kind, an optional one is left out', () => {
  for (const empty of [undefined, null, '', ' \u200b ', []]) {
    assert.equal(check({ kind: 'text', required: true }, empty), 'required')
    assert.equal(check({ kind: 'select', options: OPTIONS, required: true }, empty), 'required_choice')
    assert.equal(check({ kind: 'photos', required: true }, empty), 'required_photos')
    assert.deepEqual(checkAnswers(form({ kind: 'text' }), { a: empty }), { values: {}, problems: [] })
  }
  assert.equal(check({ kind: 'yesno', required: true }, false), false)
  assert.equal(check({ kind: 'number', required: true }, 0), 0)
})

test('a default stands in for an answer that was not given, not for one that was emptied', () => {
  const withDefault = form({ kind: 'select', options: OPTIONS, default: 'leak' })
  assert.deepEqual(checkAnswers(withDefault, {}).values, { a: 'leak' })
  assert.deepEqual(checkAnswers(withDefault, { a: '' }).values, {})
})

test('a field that is not shown is neither asked for nor kept', () => {
  const conditional = form(
    { name: 'kind', kind: 'select', options: OPTIONS, required: true },
    { name: 'what', kind: 'text', required: true, showWhen: { kind: 'other' } },
    { name: 'more', kind: 'text', required: true, showWhen: { what: { $exists: true } } },
  )
  assert.deepEqual(checkAnswers(conditional, { kind: 'leak', what: 'x'.repeat(300), more: 'y' }), {
    values: { kind: 'leak' },
    problems: [],
  })
  assert.deepEqual(
    checkAnswers(conditional, { kind: 'other', what: '绳子' }).problems.map(({ field, why }) => [field, why]),
    [['more', 'required']],
  )
})

test('all problems are told at once, each with the label', () => {
  const { problems } = checkAnswers(
    form({ name: 'words', label: '描述', kind: 'text', maxLength: 2 }, { name: 'at', label: '日期', kind: 'date' }),
    { words: '三个字', at: 'x', extra: 1 },
  )
  assert.deepEqual(problems, [
    { field: 'words', why: 'too_long', data: { label: '描述', max: 2, length: 3 } },
    { field: 'at', why: 'not_a_date', data: { label: '日期' } },
    { field: 'extra', why: 'unknown_field', data: { label: 'extra' } },
  ])
})

test('answers that are no answers, or try to be more than that, do no harm', () => {
  for (const answers of [undefined, null, 'a', 7, [], () => 1]) {
    const { values, problems } = checkAnswers(form({ kind: 'text' }), answers)
    assert.deepEqual(values, {})
    assert.equal(problems[0]?.why, 'not_answers')
  }
  const inherited = Object.create({ a: 'inherited' }) as object
  assert.deepEqual(checkAnswers(form({ kind: 'text' }), inherited), { values: {}, problems: [] })
  const polluted = checkAnswers(form({ kind: 'text' }), JSON.parse('{"__proto__": {"a": "x"}, "constructor": 1}'))
  assert.deepEqual(
    polluted.problems.map(({ field }) => field),
    ['__proto__', 'constructor'],
  )
  const flood = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x${i}`, 1]))
  assert.equal(checkAnswers(form({ kind: 'text' }), flood).problems.length, 5)
})

test('persons can be chosen from those given at run time', () => {
  const assign = form({ kind: 'person', required: true })
  const context = { options: { a: [{ value: '01STAFF', label: '王工' }] } }
  assert.deepEqual(checkAnswers(assign, { a: '01STAFF' }, context), { values: { a: '01STAFF' }, problems: [] })
  assert.equal(checkAnswers(assign, { a: '01OTHER' }, context).problems[0]?.why, 'not_an_option')
  assert.equal(describeAnswers(assign, { a: '01STAFF' }, context)[0]?.text, '王工')
})

const EVERYTHING = form(
  { name: 'kind', label: '类型', kind: 'multiselect', options: OPTIONS },
  { name: 'words', label: '描述', kind: 'longtext' },
  { name: 'photos', label: '照片', kind: 'photos' },
  { name: 'stars', label: '评分', kind: 'rating' },
  { name: 'home', label: '上门', kind: 'yesno' },
  { name: 'count', label: '数量', kind: 'number' },
)

test('answers are described for people', () => {
  const values = { kind: ['leak', 'gone'], words: '雨天', photos: ['1', '2'], stars: 4, home: false }
  const texts = (words?: Parameters<typeof describeAnswers>[2]) =>
    describeAnswers(EVERYTHING, values, words).map(({ label, text }) => `${label}：${text}`)
  assert.deepEqual(texts({ words: formWords() }), [
    '类型：漏水、gone',
    '描述：雨天',
    '照片：2 张',
    '评分：4 分（满分 5 分）',
    '上门：否',
  ])
  assert.deepEqual(texts(), ['类型：漏水、gone', '描述：雨天', '照片：2', '评分：4/5', '上门：✗'])
})

test('what names a person is described masked, a place by its address, an amount in yuan', () => {
  const all = form(
    { name: 'id', kind: 'id_number' },
    { name: 'at', kind: 'location' },
    { name: 'pays', kind: 'money' },
    { name: 'sign', kind: 'signature' },
  )
  const point = { lat: 31.2304, lng: 121.4737 }
  const texts = (at: object, words?: Words) =>
    describeAnswers(all, { id: '11010519491231002X', at, pays: 123450, sign: '01S' }, { words }).map(({ text }) => text)
  assert.deepEqual(texts({ ...point, address: '外滩' }, formWords()), [
    '11010519******002X',
    '外滩',
    '￥1,234.50',
    '已签名',
  ])
  assert.deepEqual(texts(point), ['11010519******002X', '31.23040, 121.47370', '￥1,234.50', '✓'])
})

test('every reason has its sentence, and it names the field', () => {
  const words = formWords()
  const folders = ['server/engines/forms', 'server/domain/quotes'].map((folder) => join(ROOT, folder))
  const source = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')),
  )
  const whys = new Set(
    source.flatMap((text) => [...text.matchAll(/(?:why: |missing: |missing \?\? )'(\w+)'/g)].map((match) => match[1])),
  )
  for (const kind of ['few', 'many']) for (const of of ['', '_photos']) whys.add(`too_${kind}${of}`)
  assert.ok(whys.size >= 20)
  const data = {
    label: '现场照片',
    max: 9,
    min: 2,
    count: 12,
    length: 300,
    message: '',
    earliest: '2026-01-01',
    latest: '2026-01-02',
    text: '旗舰版',
    names: ['旗舰版', '旗舰版（年付）'],
    name: '标准版',
    least: 5,
    unit: '席',
    fold: '9',
  }
  for (const why of whys) assert.match(words.text(`messages/form-errors.form.${why}`, data), /「现场照片」.*。$/, why)
  assert.deepEqual(Object.keys(words.tree('messages/form-errors.form', data) as object).sort(), [...whys].sort())
  assert.equal(words.text('messages/form-errors.form.pattern', { ...data, message: '请写订单号' }), '请写订单号')
})

test('a wrong form is refused with the field and the reason', () => {
  const table: [Record<string, unknown>[], string, RegExp][] = [
    [[{ kind: 'text' }, { kind: 'text' }], 'fields.1.name', /"a": the name is used twice/],
    [[{ kind: 'colour' }], 'fields.0.kind', /no kind "colour", only text, /],
    [[{ kind: 'select' }], 'fields.0.options', /options is missing/],
    [[{ kind: 'select', options: [] }], 'fields.0.options', /./],
    [[{ kind: 'select', options: [OPTIONS[0], OPTIONS[0]] }], 'fields.0.options', /same value/],
    [[{ kind: 'select', options: [{ value: 1, label: 'x' }] }], 'fields.0.options.0.value', /quotes/],
    [[{ kind: 'text', options: OPTIONS }], 'fields.0.options', /means nothing for the kind text/],
    [[{ kind: 'photos', maxLength: 3 }], 'fields.0.maxLength', /means nothing/],
    [[{ kind: 'number', min: 3, max: 2 }], 'fields.0.min', /greater than max/],
    [[{ kind: 'text', pattern: '(' }], 'fields.0.pattern', /not a regular expression/],
    [[{ kind: 'text', pattern: '(a+)+' }], 'fields.0.pattern', /repeats a group/],
    [
      [
        { kind: 'text', showWhen: { b: 1 } },
        { name: 'b', kind: 'text' },
      ],
      'fields.0.showWhen',
      /"b" is no field that/,
    ],
    [[{ kind: 'text', showWhen: { a: 1 } }], 'fields.0.showWhen', /"a" is no field that stands before/],
    [
      [{ kind: 'text' }, { name: 'b', kind: 'text', showWhen: { a: { $x: 1 } } }],
      'fields.1.showWhen.a.$x',
      /unknown operator/,
    ],
    [[{ kind: 'select', options: OPTIONS, default: 'x' }], 'fields.0.default', /does not pass: not_an_option/],
    [[{ kind: 'person', default: 'x' }], 'fields.0.default', /means nothing/],
    [[{ kind: 'text', computed: '1' }], 'fields.0.computed', /means nothing for the kind text/],
    [[{ kind: 'number', computed: '1 +' }], 'fields.0.computed', /cannot be read/],
    [[{ kind: 'number', computed: 'b' }], 'fields.0.computed', /"b" is no field that stands before/],
    [[{ kind: 'number', computed: 'a' }], 'fields.0.computed', /"a" is no field that stands before/],
    [[{ kind: 'number', computed: 'constructor' }], 'fields.0.computed', /no field/],
    [[{ kind: 'number', computed: 'toString' }], 'fields.0.computed', /./],
    [[{ kind: 'number', computed: '1 > 2' }], 'fields.0.computed', /does not give a number/],
    [[{ kind: 'number', computed: '1', required: true }], 'fields.0.required', /means nothing for a computed field/],
    [[{ kind: 'number', decimals: 1 }], 'fields.0.decimals', /without computed/],
    [[{ kind: 'number', computed: 'x'.repeat(201) }], 'fields.0.computed', /./],
    [[{ kind: 'photos' }, { name: 'b', kind: 'number', computed: 'a + 1' }], 'fields.1.computed', /of the kind photos/],
    [[{ kind: 'text', requiredWhen: { b: 1 } }], 'fields.0.requiredWhen', /"b" is no field that/],
    [[{ kind: 'text', typed: true }], 'fields.0.typed', /means nothing/],
    [[{ kind: 'money', default: 12.5 }], 'fields.0.default', /not_money/],
    [[{ kind: 'text', lable: 'x' }], 'fields.0', /lable/],
    [[{ kind: 'text', name: 'constructor' }], 'fields.0.name', /reserved/],
    [[{ kind: 'text', name: '1a' }], 'fields.0.name', /small letter/],
  ]
  for (const [fields, path, reason] of table) {
    const { error } = formSchema.safeParse({
      form: 'x',
      title: 'x',
      fields: fields.map((field) => ({ name: 'a', label: '甲', ...field })),
    })
    const issues = (error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`)
    const found = issues.some((issue) => issue.startsWith(`${path} `) && reason.test(issue))
    assert.ok(found, `${path} ${reason}: ${JSON.stringify(issues)}`)
  }
  assert.equal(formSchema.safeParse({ form: 'x', title: 'x', fields: [] }).success, false)
  const rules: [unknown, string, RegExp][] = [
    [{ when: 'a >', message: 'x' }, 'check.0.when', /cannot be read/],
    [{ when: 'b > 1', message: 'x' }, 'check.0.when', /"b" is no field of this form/],
    [{ when: 'a + 1', message: 'x' }, 'check.0.when', /does not give a boolean/],
    [{ when: { b: 1 }, message: 'x' }, 'check.0.when', /"b" is no field of this form/],
    [{ when: { a: 1 }, message: 'x', field: 'c' }, 'check.0.field', /"c" is no field of this form/],
    [{ when: { a: 1 } }, 'check.0.message', /./],
  ]
  for (const [rule, path, reason] of rules) {
    const fields = [{ name: 'a', label: '甲', kind: 'number' }]
    const { error } = formSchema.safeParse({ form: 'x', title: 'x', fields, check: [rule] })
    const issue = error?.issues.find((one) => one.path.join('.') === path)
    assert.match(issue?.message ?? '', reason, `${path}: ${JSON.stringify(error?.issues)}`)
  }
})

test('a form for the web needs a number to call, and asks for nothing that wants a sign-in', () => {
  const told = (...fields: Record<string, unknown>[]) =>
    formSchema
      .safeParse({ form: 'x', title: 'x', web: true, fields: fields.map((field) => ({ label: '甲', ...field })) })
      .error?.issues.map(({ path }) => path.join('.'))
  const phone = { name: 'p', kind: 'phone', required: true }
  assert.equal(told(phone), undefined)
  assert.deepEqual(told({ ...phone, required: false }), ['web'])
  assert.deepEqual(told(phone, { name: 's', kind: 'signature' }), ['fields.1.kind'])
})

test('a kind can be added, but not twice', () => {
  addFieldKind({
    kind: 'plate',
    takes: [],
    check: (_field, value) => (/^京/.test(String(value)) ? { value } : { why: 'not_a_plate' }),
    describe: (_field, value) => String(value),
  })
  assert.equal(check({ kind: 'plate' }, '京A12345'), '京A12345')
  assert.equal(check({ kind: 'plate' }, 'x'), 'not_a_plate')
  assert.throws(
    () => addFieldKind({ ...fieldKind('plate') } as NonNullable<ReturnType<typeof fieldKind>>),
    /exists already/,
  )
})
