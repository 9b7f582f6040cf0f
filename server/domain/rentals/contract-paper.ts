import { groupedYuan } from '../../lib/format.ts'
import { drawPaper, onEachPage, PAGE } from '../../lib/paper.ts'
import { leaveSignature } from '../../lib/pdf-seal.ts'
import {
  GREY,
  heading,
  heightOf,
  INK,
  LEFT,
  LINE,
  PALE,
  type Pen,
  PINE,
  put,
  RIGHT,
  room,
  rule,
  WIDTH,
} from '../../lib/pen.ts'
import type { Words } from '../../lib/render.ts'
import type { ContractBody } from './contract.ts'
import { KEY } from './contract-text.ts'

/** What is known of a signature: who, when, with what, and the picture of it. */
export interface Signing {
  signer: string
  signedAt: number
  device: string
  picture: Buffer
  /** Whether the company's certificate will be put to it. */
  sealed: boolean
}

interface Sheet extends Pen {
  words: Words
  body: ContractBody
  data: Record<string, unknown>
}

const BOX = 64
const SIGNS = 168

/** A contract as a PDF; one that is signed and will be sealed has the place for the company's signature in it. */
export async function contractPaper(
  body: ContractBody,
  { hash, kind, signing }: { hash: string; kind: 'contract' | 'supplement'; signing?: Signing },
  words: Words,
): Promise<{ bytes: Buffer; name: string }> {
  const { idNumber } = body.customer
  const data = { ...body, hash, idNumber, ...signing }
  const at = signing?.signedAt ?? body.madeAt
  const about = { title: `${body.title} ${body.number}`, author: body.company.name, at }
  const bytes = await drawPaper(about, (paper) => {
    const sheet: Sheet = { paper, words, body, data, y: PAGE.margin }
    drawHead(sheet)
    drawParties(sheet)
    drawRows(sheet, kind === 'contract' ? 'particulars' : 'changed')
    if (kind === 'contract') drawPrice(sheet)
    drawArticles(sheet)
    drawSigns(sheet, signing)
    if (signing?.sealed) leaveSignature(paper, { name: body.company.name, reason: say(sheet, 'sign.reason'), at })
    onEachPage(paper, (page, pages) => drawFoot(sheet, page, pages, signing === undefined))
  })
  return {
    bytes,
    name: say({ words, data }, 'file')
      .replace(/[\\/:*?"<>|\s]+/g, '')
      .slice(-100),
  }
}

function drawHead(sheet: Sheet): void {
  const { body, paper } = sheet
  paper.rect(LEFT, sheet.y + 3, 4, 26).fill(PINE)
  put(sheet, body.title, LEFT + 14, sheet.y, { size: 20, font: 'strong', width: WIDTH - 180 })
  put(sheet, say(sheet, 'subtitle'), RIGHT - 180, sheet.y + 12, {
    size: 8,
    fill: GREY,
    width: 180,
    align: 'right',
    spacing: 2,
  })
  sheet.y += 42
  rule(sheet, PINE, 1.2)
  sheet.y += 10
  for (const [i, key] of ['number', 'date'].entries()) {
    const x = LEFT + (i * WIDTH) / 2
    put(sheet, say(sheet, `meta.${key}.label`), x, sheet.y, { size: 8, fill: GREY, width: WIDTH / 2 })
    put(sheet, say(sheet, `meta.${key}.text`), x, sheet.y + 12, { size: 10.5, font: 'strong', width: WIDTH / 2 - 8 })
  }
  sheet.y += 30
  put(sheet, `${say(sheet, 'meta.hash.label')}  ${say(sheet, 'meta.hash.text')}`, LEFT, sheet.y, {
    size: 7.5,
    fill: GREY,
    width: WIDTH,
  })
  sheet.y += 18
}

/** Who lets and who rents, side by side. */
function drawParties(sheet: Sheet): void {
  const half = (WIDTH - 16) / 2
  const sides = ['lessor', 'renter'].map((side, i) => ({
    x: LEFT + i * (half + 16),
    title: say(sheet, `${side}.title`),
    lines: (sheet.words.tree(`${KEY}.${side}.lines`, sheet.data) as string[]).filter((line) => line !== ''),
  }))
  const width = half - 28
  const heights = sides.map(({ lines }) => lines.reduce((sum, line) => sum + heightOf(sheet, line, width, 9) + 3, 0))
  const height = 32 + Math.max(...heights)
  room(sheet, height)
  for (const { x, title, lines } of sides) {
    sheet.paper.roundedRect(x, sheet.y, half, height, 6).fill('#F7F9F8')
    put(sheet, title, x + 14, sheet.y + 10, { size: 8, font: 'strong', fill: PINE, width })
    let y = sheet.y + 25
    for (const line of lines) y += put(sheet, line, x + 14, y, { size: 9, width }) + 3
  }
  sheet.y += height + 6
}

function drawRows(sheet: Sheet, title: 'particulars' | 'changed'): void {
  heading(sheet, say(sheet, `headings.${title}`))
  for (const { label, text } of sheet.body.particulars) {
    const height = heightOf(sheet, text, WIDTH - 96, 9.5) + 8
    room(sheet, height)
    put(sheet, label, LEFT, sheet.y + 4, { size: 9, fill: GREY, width: 84 })
    put(sheet, text, LEFT + 96, sheet.y + 4, { size: 9.5, width: WIDTH - 96 })
    sheet.y += height
    rule(sheet, LINE, 0.5)
  }
  sheet.y += 4
}

function drawPrice(sheet: Sheet): void {
  heading(sheet, say(sheet, 'headings.price'))
  room(sheet, 46)
  sheet.paper.rect(LEFT, sheet.y, WIDTH, 22).fill(PALE)
  const head = { size: 8.5, font: 'strong' as const, fill: PINE }
  put(sheet, say(sheet, 'price.title'), LEFT + 8, sheet.y + 6, { ...head, width: WIDTH - 140 })
  put(sheet, say(sheet, 'price.amount'), RIGHT - 128, sheet.y + 6, { ...head, width: 120, align: 'right' })
  sheet.y += 22
  const total = { title: say(sheet, 'price.total'), amount: sheet.body.total }
  for (const part of [...sheet.body.price, total]) {
    const font = part === total ? ('strong' as const) : ('text' as const)
    const height = heightOf(sheet, part.title, WIDTH - 150, 9.5) + 9
    room(sheet, height)
    put(sheet, part.title, LEFT + 8, sheet.y + 5, { size: 9.5, font, width: WIDTH - 150 })
    put(sheet, groupedYuan(part.amount), RIGHT - 128, sheet.y + 5, { size: 9.5, font, width: 120, align: 'right' })
    sheet.y += height
    rule(sheet, LINE, 0.5)
  }
  sheet.y += 4
}

function drawArticles(sheet: Sheet): void {
  for (const { title, lines } of sheet.body.articles) {
    heading(sheet, title)
    for (const [i, line] of lines.entries()) {
      room(sheet, Math.min(heightOf(sheet, line, WIDTH - 20, 9) + 4, 200))
      put(sheet, `${i + 1}.`, LEFT, sheet.y, { size: 9, fill: GREY, width: 20 })
      sheet.y += put(sheet, line, LEFT + 20, sheet.y, { size: 9, width: WIDTH - 20 }) + 4
    }
  }
}

/** Both signatures, with what binds the handwritten one to this text. */
function drawSigns(sheet: Sheet, signing: Signing | undefined): void {
  room(sheet, SIGNS)
  heading(sheet, say(sheet, 'headings.sign'))
  const half = (WIDTH - 24) / 2
  const right = LEFT + half + 24
  const title = { size: 9, font: 'strong' as const, width: half }
  put(sheet, say(sheet, 'sign.lessor'), LEFT, sheet.y, title)
  put(sheet, say(sheet, 'sign.renter'), right, sheet.y, title)
  const top = sheet.y + 16
  for (const x of [LEFT, right])
    sheet.paper
      .roundedRect(x, top, half, BOX + 8, 4)
      .lineWidth(0.5)
      .stroke(LINE)
  if (signing) {
    const key = signing.sealed ? 'sign.sealed' : 'sign.unsealed'
    put(sheet, say(sheet, key), LEFT + 10, top + 26, { size: 9, fill: PINE, width: half - 20 })
    const fit: [number, number] = [half - 16, BOX]
    sheet.paper.image(signing.picture, right + 8, top + 4, { fit, align: 'center', valign: 'center' })
  } else {
    put(sheet, say(sheet, 'draft'), right + 10, top + 28, { size: 9, fill: GREY, width: half - 20 })
  }
  sheet.y = top + BOX + 14
  if (!signing) return
  for (const key of ['who', 'when', 'device', 'hash']) {
    sheet.y += put(sheet, say(sheet, `sign.${key}`), LEFT, sheet.y, { size: 8, fill: GREY, width: WIDTH }) + 2
  }
}

function drawFoot(sheet: Sheet, page: number, pages: number, draft: boolean): void {
  const y = PAGE.height - 38
  sheet.paper
    .moveTo(LEFT, y - 8)
    .lineTo(RIGHT, y - 8)
    .lineWidth(0.5)
    .stroke(LINE)
  put(sheet, say(sheet, 'foot'), LEFT, y, { size: 7.5, fill: GREY, width: WIDTH - 200 })
  const text = `${draft ? `${say(sheet, 'draft')}　` : ''}${say(sheet, 'page', { page, pages })}`
  put(sheet, text, RIGHT - 200, y, { size: 7.5, fill: draft ? INK : GREY, width: 200, align: 'right' })
}

function say({ words, data }: Pick<Sheet, 'words' | 'data'>, key: string, more: Record<string, unknown> = {}): string {
  return words.text(`${KEY}.${key}`, { ...data, ...more })
}
