import { createRequire } from 'node:module'

/** A document of A4 pages in points, with fonts that have all Chinese characters. */
export type Paper = PDFKit.PDFDocument

export const PAGE = { width: 595.28, height: 841.89, margin: 44 }

const FONTS = '@expo-google-fonts/noto-sans-sc'
const WEIGHTS = { text: '400Regular', strong: '700Bold' }
const { resolve } = createRequire(import.meta.url)

/**
 * Draws a document and returns its bytes; the same drawing at the same time gives the same bytes. Texts are set in `text`
 * or `strong`; of these fonts only the characters that were used go into the file.
 */
export async function drawPaper(about: { title: string; author: string; at: number }, draw: (paper: Paper) => void) {
  // Loaded at the first paper only: the library and the fonts take memory that most processes never need.
  const { default: PDFDocument } = await import('pdfkit')
  const at = new Date(about.at)
  const paper = new PDFDocument({
    size: 'A4',
    margin: PAGE.margin,
    bufferPages: true,
    lang: 'zh-CN',
    displayTitle: true,
    info: { Title: about.title, Author: about.author, CreationDate: at, ModDate: at },
  })
  const parts: Buffer[] = []
  paper.on('data', (part: Buffer) => parts.push(part))
  const ended = new Promise<Buffer>((done, failed) => {
    paper.on('end', () => done(Buffer.concat(parts)))
    paper.on('error', failed)
  })
  for (const [name, weight] of Object.entries(WEIGHTS)) {
    paper.registerFont(name, resolve(`${FONTS}/${weight}/NotoSansSC_${weight}.ttf`))
  }
  draw(paper.font('text'))
  paper.end()
  return ended
}

/** Draws something on every page, once it is known how many there are. */
export function onEachPage(paper: Paper, draw: (page: number, pages: number) => void): void {
  const { start, count } = paper.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    paper.switchToPage(start + page)
    // A foot stands below the margin, where the library would begin a new page.
    paper.page.margins.bottom = 0
    draw(page + 1, count)
  }
}
