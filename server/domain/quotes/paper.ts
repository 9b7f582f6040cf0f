import { drawPaper, onEachPage, PAGE } from '../../lib/paper.ts'
import { GREY, heading, heightOf, INK, LEFT, LINE, PALE, PINE, put, RIGHT, room, rule, WIDTH } from '../../lib/pen.ts'
import type { Words } from '../../lib/render.ts'
import { KEY, type QuotePaper, type Sheet, say } from './sheet.ts'
import { drawTable } from './table.ts'

/** A quote as a PDF (the words stand in templates/documents/quote.yaml), and what its file is called. */
export async function quotePaper(quote: QuotePaper, words: Words): Promise<{ bytes: Buffer; name: string }> {
  const data = {
    ...quote,
    company: { ...NO_COMPANY, ...quote.company },
    revised: quote.version > 1,
    off: quote.listTotal - quote.total,
    taxed: quote.taxRate > 0,
    taxPercent: quote.taxRate / 10,
  }
  const title = words.text(`${KEY}.title`, data)
  const about = { title: `${title} ${quote.number}`, author: quote.company.name, at: quote.at }
  const bytes = await drawPaper(about, (paper) => {
    const sheet: Sheet = { paper, words, data, y: PAGE.margin }
    drawHead(sheet)
    drawParties(sheet)
    drawTable(sheet)
    drawSums(sheet)
    drawTerms(sheet)
    drawAccount(sheet)
    drawSigns(sheet)
    onEachPage(paper, (page, pages) => drawFoot(sheet, page, pages))
  })
  return { bytes, name: safeName(words.text(`${KEY}.file`, data)) }
}

/** The height of the signatures. */
const SIGNS = 76
const NO_COMPANY = { address: '', phone: '', email: '', tax_number: '', bank: '', account: '' }

function drawHead(sheet: Sheet): void {
  const { paper, data } = sheet
  paper.rect(LEFT, sheet.y + 3, 4, 26).fill(PINE)
  put(sheet, data.company.name, LEFT + 14, sheet.y + 5, { size: 15, font: 'strong', width: WIDTH - 180 })
  put(sheet, say(sheet, 'title'), RIGHT - 160, sheet.y - 4, {
    size: 24,
    font: 'strong',
    fill: PINE,
    width: 160,
    align: 'right',
  })
  put(sheet, say(sheet, 'subtitle'), RIGHT - 160, sheet.y + 30, {
    size: 8,
    fill: GREY,
    width: 160,
    align: 'right',
    spacing: 2,
  })
  sheet.y += 50
  rule(sheet, PINE, 1.2)
  sheet.y += 10
  const width = WIDTH / 4
  for (const [i, key] of ['number', 'version', 'date', 'valid'].entries()) {
    const x = LEFT + i * width
    put(sheet, say(sheet, `meta.${key}.label`), x, sheet.y, { size: 8, fill: GREY, width })
    put(sheet, say(sheet, `meta.${key}.text`), x, sheet.y + 12, { size: 10.5, font: 'strong', width: width - 8 })
  }
  sheet.y += 36
}

/** Whom it is for, and from whom. */
function drawParties(sheet: Sheet): void {
  const half = (WIDTH - 16) / 2
  const sides = [
    { x: LEFT, side: 'buyer', keys: ['name', 'phone'] },
    { x: LEFT + half + 16, side: 'seller', keys: ['name', 'email'] },
  ]
  const lines = sides.map(({ side, keys }) =>
    keys.map((key) => say(sheet, `${side}.${key}`)).filter((line) => line !== ''),
  )
  const names = sides.map(({ side }) => say(sheet, `${side}.company`))
  const nameHeight = Math.max(...names.map((name) => heightOf(sheet, name, half - 28, 11, 'strong')))
  const height = 30 + nameHeight + Math.max(...lines.map((all) => all.length)) * 14 + 10
  for (const [i, { x, side }] of sides.entries()) {
    sheet.paper.roundedRect(x, sheet.y, half, height, 6).fill('#F7F9F8')
    put(sheet, say(sheet, `${side}.title`), x + 14, sheet.y + 10, {
      size: 8,
      fill: PINE,
      font: 'strong',
      width: half - 28,
    })
    put(sheet, names[i] ?? '', x + 14, sheet.y + 23, { size: 11, font: 'strong', width: half - 28 })
    for (const [at, line] of (lines[i] ?? []).entries()) {
      put(sheet, line, x + 14, sheet.y + 28 + nameHeight + at * 14, { size: 9, fill: GREY, width: half - 28 })
    }
  }
  sheet.y += height + 14
  for (const key of ['greeting', 'revision']) {
    const text = say(sheet, key)
    if (text)
      sheet.y += put(sheet, text, LEFT, sheet.y, { size: 9.5, fill: key === 'revision' ? GREY : INK, width: WIDTH }) + 4
  }
  sheet.y += 6
}

/** What it comes to, in digits and written out. */
function drawSums(sheet: Sheet): void {
  room(sheet, 120)
  const { data } = sheet
  sheet.y += 8
  const rows = data.listTotal > data.total ? ['list', 'off', 'total'] : ['total']
  for (const key of rows) {
    const last = key === 'total'
    const look = {
      size: last ? 14 : 9.5,
      font: last ? ('strong' as const) : ('text' as const),
      fill: last ? PINE : INK,
    }
    put(sheet, say(sheet, `totals.${key}.label`), RIGHT - 280, sheet.y + (last ? 4 : 0), {
      ...look,
      size: last ? 10.5 : 9.5,
      width: 140,
      align: 'right',
    })
    put(sheet, say(sheet, `totals.${key}.text`), RIGHT - 136, sheet.y, { ...look, width: 130, align: 'right' })
    sheet.y += last ? 26 : 16
  }
  sheet.paper.roundedRect(LEFT, sheet.y, WIDTH, 28, 4).fill(PALE)
  put(sheet, say(sheet, 'capital.label'), LEFT + 12, sheet.y + 8, { size: 8.5, fill: GREY, width: 110 })
  put(sheet, say(sheet, 'capital.text'), LEFT + 112, sheet.y + 6, { size: 10.5, font: 'strong', width: WIDTH - 124 })
  sheet.y += 33
  const tax = say(sheet, 'tax')
  if (tax) sheet.y += put(sheet, tax, LEFT, sheet.y, { size: 8.5, fill: GREY, width: WIDTH }) + 4
}

function drawTerms(sheet: Sheet): void {
  const { terms } = sheet.data
  if (terms.length === 0) return
  heading(sheet, say(sheet, 'terms'))
  for (const [i, term] of terms.entries()) {
    room(sheet, heightOf(sheet, term, WIDTH - 18, 9) + 4)
    put(sheet, `${i + 1}.`, LEFT, sheet.y, { size: 9, fill: GREY, width: 18 })
    sheet.y += put(sheet, term, LEFT + 18, sheet.y, { size: 9, width: WIDTH - 18 }) + 3
  }
}

/** Where is paid to. Goes over to the next page together with the signatures: those never stand alone. */
function drawAccount(sheet: Sheet): void {
  if (!sheet.data.company.account) return
  const lines = (sheet.words.tree(`${KEY}.account.lines`, sheet.data) as string[]).filter((line) => line !== '')
  room(sheet, 40 + Math.ceil(lines.length / 2) * 15 + SIGNS)
  heading(sheet, say(sheet, 'account.title'))
  for (const [i, line] of lines.entries()) {
    put(sheet, line, LEFT + (i % 2) * (WIDTH / 2), sheet.y + Math.floor(i / 2) * 15, { size: 9, width: WIDTH / 2 - 8 })
  }
  sheet.y += Math.ceil(lines.length / 2) * 15 + 4
}

function drawSigns(sheet: Sheet): void {
  room(sheet, SIGNS)
  sheet.y += 14
  const half = (WIDTH - 24) / 2
  for (const [i, side] of ['seller', 'buyer'].entries()) {
    const x = LEFT + i * (half + 24)
    put(sheet, say(sheet, `sign.${side}`), x, sheet.y, { size: 9, font: 'strong', width: half })
    sheet.paper
      .moveTo(x, sheet.y + 46)
      .lineTo(x + half, sheet.y + 46)
      .lineWidth(0.5)
      .stroke(LINE)
    put(sheet, say(sheet, 'sign.date'), x, sheet.y + 50, { size: 8.5, fill: GREY, width: half })
  }
}

function drawFoot(sheet: Sheet, page: number, pages: number): void {
  const y = PAGE.height - 38
  sheet.paper
    .moveTo(LEFT, y - 8)
    .lineTo(RIGHT, y - 8)
    .lineWidth(0.5)
    .stroke(LINE)
  put(sheet, say(sheet, 'foot'), LEFT, y, { size: 7.5, fill: GREY, width: WIDTH - 180 })
  put(sheet, say(sheet, 'page', { page, pages }), RIGHT - 180, y, { size: 7.5, fill: GREY, width: 180, align: 'right' })
}

/** A name that every system takes for a file. */
function safeName(name: string): string {
  return name.replace(/[\\/:*?"<>|\s]+/g, '').slice(-100)
}
