import { PAGE, type Paper } from './paper.ts'

export const PINE = '#1B7F5A'
export const PALE = '#EAF4EF'
export const INK = '#1F2933'
export const GREY = '#64707D'
export const LINE = '#D5DBE1'
export const WIDTH = PAGE.width - 2 * PAGE.margin
export const LEFT = PAGE.margin
export const RIGHT = PAGE.margin + WIDTH
/** Below this nothing but the foot is drawn. */
export const BOTTOM = PAGE.height - 56

/** A paper, and how far down it has been written on. */
export interface Pen {
  paper: Paper
  y: number
}

/** Writes a heading, with room for at least a line below it. */
export function heading(pen: Pen, text: string): void {
  room(pen, 44)
  pen.y += 8
  put(pen, text, LEFT, pen.y, { size: 10, font: 'strong', fill: PINE, width: WIDTH })
  pen.y += 19
}

/** Goes on to a new page when there is not so much room on this one. */
export function room(pen: Pen, height: number): void {
  if (pen.y + height > BOTTOM) newPage(pen)
}

/** Goes on to a new page. */
export function newPage(pen: Pen): void {
  pen.paper.addPage()
  pen.y = PAGE.margin
}

interface Look {
  size: number
  font?: 'text' | 'strong'
  fill?: string
  width: number
  align?: 'left' | 'right' | 'center'
  spacing?: number
}

/** Writes a text and returns how much height it took. */
export function put({ paper }: Pen, text: string, x: number, y: number, look: Look): number {
  const { size, font = 'text', fill = INK, width, align = 'left', spacing = 0 } = look
  paper.font(font).fontSize(size).fillColor(fill)
  paper.text(text, x, y, { width, align, characterSpacing: spacing, lineGap: 1 })
  return paper.y - y
}

/** How much height a text takes. */
export function heightOf(
  { paper }: Pen,
  text: string,
  width: number,
  size: number,
  font: 'text' | 'strong' = 'text',
): number {
  return paper.font(font).fontSize(size).heightOfString(text, { width, lineGap: 1 })
}

/** Draws a line across the page. */
export function rule({ paper, y }: Pen, colour: string, width: number): void {
  paper.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(width).stroke(colour)
}
