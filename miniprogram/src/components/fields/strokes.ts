import type { PadCanvas } from '../../services/host'

/** One line of a hand, from where it was put down to where it was lifted. */
export type Stroke = { x: number; y: number }[]

const INK = '#1a211e'
const WIDTH = 2.5

/** Draws the lines anew on white: the server keeps JPEG, in which nothing would be black. */
export function draw(canvas: PadCanvas, width: number, height: number, strokes: Stroke[]): void {
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D
  pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0)
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, width, height)
  pen.strokeStyle = INK
  pen.lineWidth = WIDTH
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  for (const stroke of strokes) trace(pen, stroke)
}

function trace(pen: CanvasRenderingContext2D, stroke: Stroke): void {
  const [first, ...rest] = stroke
  if (!first) return
  pen.beginPath()
  pen.moveTo(first.x, first.y)
  // A dot is a line to itself.
  if (rest.length === 0) pen.lineTo(first.x, first.y + 0.1)
  let before = first
  for (const point of rest) {
    pen.quadraticCurveTo(before.x, before.y, (before.x + point.x) / 2, (before.y + point.y) / 2)
    before = point
  }
  pen.lineTo(before.x, before.y)
  pen.stroke()
}
