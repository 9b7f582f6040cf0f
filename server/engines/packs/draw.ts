import dagre from '@dagrejs/dagre'
import type { Words } from '../../lib/render.ts'
import type { Flow } from '../flows/flow.ts'
import { graphOf, type Part, type Shape, type Way } from './draw-graph.ts'
import { escaped, widthOf, wrap } from './draw-text.ts'

const KEY = 'messages/pack-draw'
const PINE = '#1B7F5A'
const INK = '#1F2933'
const GREY = '#64707D'
const LINE = '#9AA5B1'
const LATE = '#B7791F'
const FONT =
  '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif'

/** Sizes in pixels, spaces by eights. */
const TITLE = 16
const NOTE = 13
const LEADING = 20
const PADDING = 16
const MARGIN = 32
const HEAD = 72
const LEAST_WIDTH = 168
const LABEL_MOST = 15
const BAR = 28

interface Point {
  x: number
  y: number
}

interface Box extends Point {
  width: number
  height: number
}

interface Placed<T> {
  what: T
  box: Box
}

interface DrawnWay {
  way: Way
  points: Point[]
  lines: string[]
  at: Point
}

/** Draws a flow from its definition: an SVG that stands on its own. `titles` are those of the flows that it may call. */
export function drawFlow(flow: Flow, words: Words, titles: ReadonlyMap<string, string>): string {
  const { parts, ways } = graphOf(flow, words, titles)
  const { placed, drawn, width, height } = layOut(parts, ways)
  const subheading = words.text(`${KEY}.subheading`, { description: flow.description })
  const full = Math.ceil(Math.max(width, widthOf(flow.title) * 22, widthOf(subheading) * NOTE) + 2 * MARGIN)
  const shift = (full - width) / 2
  const badge = (shape: Shape) => (words.has(`${KEY}.badge.${shape}`) ? words.text(`${KEY}.badge.${shape}`) : '')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${full}" height="${Math.ceil(height + HEAD + 2 * MARGIN)}" ` +
      `viewBox="0 0 ${full} ${Math.ceil(height + HEAD + 2 * MARGIN)}" font-family='${FONT}' role="img">`,
    `<title>${escaped(flow.title)}</title>`,
    '<defs>',
    ...[LINE, LATE].map(
      (colour) =>
        `<marker id="tip${colour.slice(1)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" ` +
        `orient="auto"><path d="M0 0L8 4L0 8z" fill="${colour}"/></marker>`,
    ),
    '</defs>',
    '<rect width="100%" height="100%" fill="#FFFFFF"/>',
    text({ x: MARGIN, y: MARGIN + 20 }, flow.title, { size: 22, weight: 600 }),
    text({ x: MARGIN, y: MARGIN + 46 }, subheading, { size: NOTE, fill: GREY }),
    `<g transform="translate(${round(shift)} ${MARGIN + HEAD})">`,
    ...drawn.map(drawWay),
    ...placed.map(({ what, box }) => drawPart(what, box, badge(what.shape))),
    ...drawn.map(drawLabel),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function layOut(parts: Part[], ways: Way[]) {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 48, ranksep: 40, edgesep: 32, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const part of parts) graph.setNode(part.id, sizeOf(part))
  const labels = ways.map(({ label }) => wrap(label, LABEL_MOST))
  ways.forEach(({ from, to }, index) => {
    const lines = labels[index] ?? []
    const width = lines.length > 0 ? Math.max(...lines.map(widthOf)) * NOTE + 16 : 0
    const height = lines.length > 0 ? lines.length * LEADING + 8 : 0
    graph.setEdge({ v: from, w: to, name: String(index) }, { width, height, labelpos: 'c' })
  })
  dagre.layout(graph)
  const drawn = ways.map((way, index): DrawnWay => {
    const edge = graph.edge({ v: way.from, w: way.to, name: String(index) })
    const at = { x: edge.x ?? 0, y: edge.y ?? 0 }
    return { way, points: edge.points, lines: labels[index] ?? [], at }
  })
  const placed: Placed<Part>[] = parts.map((what) => ({ what, box: graph.node(what.id) as Box }))
  const { width = 0, height = 0 } = graph.graph()
  return { placed, drawn, width, height }
}

function sizeOf({ shape, title, notes }: Part): { width: number; height: number } {
  if (shape === 'bar') return { width: Math.max(200, widthOf(title) * NOTE + 48), height: BAR }
  if (shape === 'start' || shape === 'end') return { width: widthOf(title) * NOTE + 48, height: 40 }
  const widest = Math.max(
    widthOf(title) * TITLE + (shape === 'task' ? 0 : 64),
    ...notes.map((note) => widthOf(note) * NOTE),
  )
  return { width: Math.max(LEAST_WIDTH, widest + 2 * PADDING + 4), height: 2 * PADDING + 16 + notes.length * LEADING }
}

function drawPart(part: Part, box: Box, badge: string): string {
  const { x, y, width, height } = box
  const [left, top] = [x - width / 2, y - height / 2]
  if (part.shape === 'bar') return drawBar(part, { ...box, x: left, y: top })
  if (part.shape === 'start' || part.shape === 'end') {
    const filled = part.shape === 'start'
    return (
      rect({ ...box, x: left, y: top }, height / 2, filled ? PINE : '#FFFFFF', PINE) +
      text({ x, y: y + 5 }, part.title, { size: NOTE, fill: filled ? '#FFFFFF' : PINE, weight: 600, anchor: 'middle' })
    )
  }
  const begin = { x: left + PADDING + 4, y: top + PADDING + 14 }
  return [
    '<g>',
    frameOf(part.shape, { ...box, x: left, y: top }),
    text(begin, part.title, { size: TITLE, weight: 600 }),
    badge ? drawBadge({ x: left + width - PADDING + 4, y: top + PADDING - 2 }, badge, part.shape) : '',
    ...part.notes.map((note, index) =>
      text({ x: begin.x, y: begin.y + 22 + index * LEADING }, note, { size: NOTE, fill: GREY }),
    ),
    '</g>',
  ].join('')
}

/** A step of people has a pine edge, a wait a broken frame, another flow double sides. */
function frameOf(shape: Shape, box: Box): string {
  const { x, y, width, height } = box
  if (shape === 'wait') return rect(box, 16, '#FFFBF2', LATE, '6 4')
  const side = (at: number) => `<path d="M${round(at)} ${round(y)}v${round(height)}" stroke="${PINE}"/>`
  if (shape === 'run') return rect(box, 4, '#F4FAF7', PINE) + side(x + 8) + side(x + width - 8)
  const edge = `<path d="M${round(x + 2)} ${round(y + 8)}v${round(height - 16)}" stroke="${PINE}" stroke-width="4" stroke-linecap="round"/>`
  return rect(box, 8, shape === 'approval' ? '#F4FAF7' : '#FFFFFF', shape === 'approval' ? PINE : '#D5DBE1') + edge
}

function drawBar({ title }: Part, { x, y, width }: Box): string {
  return (
    rect({ x, y, width, height: BAR }, 4, PINE, PINE) +
    text({ x: x + width / 2, y: y + BAR / 2 + 5 }, title, {
      size: NOTE,
      fill: '#FFFFFF',
      weight: 600,
      anchor: 'middle',
    })
  )
}

function drawBadge({ x, y }: Point, badge: string, shape: Shape): string {
  const width = widthOf(badge) * 12 + 12
  const colour = shape === 'wait' ? LATE : PINE
  return (
    rect({ x: x - width, y, width, height: 20 }, 10, colour, colour) +
    text({ x: x - width / 2, y: y + 14 }, badge, { size: 12, fill: '#FFFFFF', anchor: 'middle' })
  )
}

function drawWay({ way, points }: DrawnWay): string {
  const [first, last] = [points[0], points.at(-1)]
  const back = first && last && last.y < first.y
  const colour = back || way.late ? LATE : LINE
  const dashes = back || way.late ? ' stroke-dasharray="6 4"' : ''
  return `<path d="${curve(points)}" fill="none" stroke="${colour}" stroke-width="1.5"${dashes} marker-end="url(#tip${colour.slice(1)})"/>`
}

function drawLabel({ lines, at }: DrawnWay): string {
  if (lines.length === 0) return ''
  const width = Math.max(...lines.map(widthOf)) * NOTE + 16
  const height = lines.length * LEADING + 4
  const top = at.y - height / 2
  return (
    rect({ x: at.x - width / 2, y: top, width, height }, 6, '#FFFFFF', '#FFFFFF') +
    lines
      .map((line, index) =>
        text({ x: at.x, y: top + 16 + index * LEADING }, line, { size: NOTE, fill: INK, anchor: 'middle' }),
      )
      .join('')
  )
}

/** A line through points whose corners are rounded. */
function curve(points: Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  const middle = (a: Point, b: Point) => `${round((a.x + b.x) / 2)} ${round((a.y + b.y) / 2)}`
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] as Point
    return `Q${round(point.x)} ${round(point.y)} ${middle(point, next)}`
  })
  const last = rest.at(-1) ?? first
  const begin = rest.length > 1 ? `L${middle(first, rest[0] as Point)}` : ''
  return `M${round(first.x)} ${round(first.y)}${begin}${bends.join('')}L${round(last.x)} ${round(last.y)}`
}

function rect({ x, y, width, height }: Box, radius: number, fill: string, stroke: string, dashes = ''): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"`
  return `<rect ${place} fill="${fill}" stroke="${stroke}" stroke-width="1.5"${dashes && ` stroke-dasharray="${dashes}"`}/>`
}

interface Look {
  size: number
  fill?: string
  weight?: number
  anchor?: 'middle'
}

function text({ x, y }: Point, content: string, { size, fill = INK, weight = 400, anchor }: Look): string {
  const place = `x="${round(x)}" y="${round(y)}"`
  return `<text ${place} font-size="${size}" fill="${fill}" font-weight="${weight}"${anchor ? ` text-anchor="${anchor}"` : ''}>${escaped(content)}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
