import { setImmediate } from 'node:timers/promises'
import type { BitMatrix } from 'qrcode'

/** A4 in points, and how many labels stand on it. */
const PAGE = { width: 595.28, height: 841.89, margin: 28 }
const COLUMNS = 4
const ROWS = 6
const LABEL = { width: (PAGE.width - 2 * PAGE.margin) / COLUMNS, height: (PAGE.height - 2 * PAGE.margin) / ROWS }
const CODE_SIZE = 92
const TEXT_SIZE = 11
/** Of Courier's letters, as a share of their size. */
const LETTER_WIDTH = 0.6

/** The mini-program's scene for a code: at most 32 characters of those that WeChat takes. */
export function sceneOf(code: string): string {
  return `a=${code}`
}

/** The address in an asset's QR code: WeChat opens the mini-program by it, any other reader the same page. */
export function addressOf(base: string, code: string): string {
  return `${base}/a/${encodeURIComponent(code)}`
}

/** What of a code stands below it: the sheet's font knows no Chinese, and whoever stands before the car sees the rest. */
export function labelOf(code: string): string {
  return code.replace(/[^\x20-\x7e]/g, '')
}

/** Printable sheets of QR codes, each with its code in letters below. */
export async function qrSheets(base: string, codes: string[]): Promise<Buffer> {
  // Loaded at the first sheet only: most processes print none.
  const [{ default: PDFDocument }, { default: QRCode }] = await Promise.all([import('pdfkit'), import('qrcode')])
  const sheets = new PDFDocument({ size: 'A4', margin: 0, autoFirstPage: false, info: { Title: 'QR' } })
  const parts: Buffer[] = []
  sheets.on('data', (part: Buffer) => parts.push(part))
  const ended = new Promise<Buffer>((resolve, reject) => {
    sheets.on('end', () => resolve(Buffer.concat(parts)))
    sheets.on('error', reject)
  })
  for (const [index, code] of codes.entries()) {
    const place = index % (COLUMNS * ROWS)
    if (place === 0) sheets.addPage()
    // Thousands take seconds, in which others want to be answered.
    if (place % COLUMNS === 0) await setImmediate()
    const { modules } = QRCode.create(addressOf(base, code), { errorCorrectionLevel: 'Q' })
    drawLabel(sheets, code, modules, place)
  }
  if (codes.length === 0) sheets.addPage()
  sheets.end()
  return ended
}

function drawLabel(sheets: PDFKit.PDFDocument, code: string, modules: BitMatrix, place: number): void {
  const label = labelOf(code)
  const left = PAGE.margin + (place % COLUMNS) * LABEL.width
  const top = PAGE.margin + Math.floor(place / COLUMNS) * LABEL.height
  // The line to cut along.
  sheets.rect(left, top, LABEL.width, LABEL.height).lineWidth(0.25).stroke('#bbbbbb')
  const x = left + (LABEL.width - CODE_SIZE) / 2
  drawCode(sheets, modules, x, top + 12)
  sheets
    .font('Courier-Bold')
    .fontSize(Math.min(TEXT_SIZE, (LABEL.width - 16) / (label.length * LETTER_WIDTH)))
    .fillColor('#000000')
    .text(label, left + 4, top + CODE_SIZE + 20, { width: LABEL.width - 8, align: 'center', lineBreak: false })
}

/** Draws the modules of a QR code; those that touch in a row are one rectangle. */
function drawCode(sheets: PDFKit.PDFDocument, modules: BitMatrix, x: number, y: number): void {
  const module = CODE_SIZE / modules.size
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (!modules.get(row, column)) continue
      const from = column
      while (column + 1 < modules.size && modules.get(row, column + 1)) column++
      sheets.rect(x + from * module, y + row * module, (column - from + 1) * module, module)
    }
  }
  sheets.fill('#000000')
}
