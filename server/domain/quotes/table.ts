import { groupedYuan } from '../../lib/format.ts'
import { BOTTOM, GREY, heightOf, LEFT, LINE, newPage, PALE, PINE, put, rule, WIDTH } from '../../lib/pen.ts'
import { foldOf, type QuoteLine } from './quote.ts'
import { type Sheet, say } from './sheet.ts'

interface Column {
  key: string
  width: number
  align: 'left' | 'right' | 'center'
  text(line: QuoteLine, place: number): string
}

/** With a discount on any line all three prices are told; without one the price alone. */
function columnsOf(sheet: Sheet): Column[] {
  const folded = sheet.data.lines.some(({ off }) => off > 0)
  const fold = ({ off }: QuoteLine) => {
    if (off === 1000) return say(sheet, 'free')
    return off > 0 ? say(sheet, 'fold', { fold: foldOf(off) }) : say(sheet, 'no_fold')
  }
  const discount: Column[] = [
    { key: 'fold', width: 40, align: 'right', text: fold },
    { key: 'net', width: 62, align: 'right', text: ({ net }) => groupedYuan(net) },
  ]
  const others: Column[] = [
    { key: 'unit', width: 36, align: 'center', text: ({ unit }) => unit },
    { key: 'quantity', width: 38, align: 'right', text: ({ quantity }) => String(quantity) },
    { key: 'price', width: 62, align: 'right', text: ({ price }) => groupedYuan(price) },
    ...(folded ? discount : []),
    { key: 'amount', width: 76, align: 'right', text: ({ amount }) => groupedYuan(amount) },
  ]
  const place: Column = { key: 'place', width: 30, align: 'center', text: (_line, index) => String(index + 1) }
  const taken = [place, ...others].reduce((sum, { width }) => sum + width, 0)
  return [place, { key: 'name', width: WIDTH - taken, align: 'left', text: ({ name }) => name }, ...others]
}

/** The lines of a quote as a table that goes on over pages. */
export function drawTable(sheet: Sheet): void {
  const columns = columnsOf(sheet)
  drawTableHead(sheet, columns)
  for (const [index, line] of sheet.data.lines.entries()) {
    const name = columns.find(({ key }) => key === 'name')?.width ?? WIDTH
    const spec = line.spec ? heightOf(sheet, line.spec, name - 12, 8) + 2 : 0
    const height = heightOf(sheet, line.name, name - 12, 9.5) + spec + 12
    if (sheet.y + height > BOTTOM) {
      newPage(sheet)
      drawTableHead(sheet, columns)
    }
    let x = LEFT
    for (const { key, width, align, text } of columns) {
      const used = put(sheet, text(line, index), x + 6, sheet.y + 6, { size: 9.5, width: width - 12, align })
      if (key === 'name' && line.spec)
        put(sheet, line.spec, x + 6, sheet.y + 7 + used, { size: 8, fill: GREY, width: width - 12 })
      x += width
    }
    sheet.y += height
    rule(sheet, LINE, 0.5)
  }
}

function drawTableHead(sheet: Sheet, columns: Column[]): void {
  sheet.paper.rect(LEFT, sheet.y, WIDTH, 24).fill(PALE)
  let x = LEFT
  for (const { key, width, align } of columns) {
    put(sheet, say(sheet, `columns.${key}`), x + 6, sheet.y + 6, {
      size: 8.5,
      font: 'strong',
      fill: PINE,
      width: width - 12,
      align,
    })
    x += width
  }
  sheet.y += 24
}
