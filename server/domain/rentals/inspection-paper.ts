import { readPicture } from '../../engines/files/files.ts'
import { drawPaper, onEachPage, PAGE } from '../../lib/paper.ts'
import { GREY, heading, LEFT, LINE, PALE, type Pen, PINE, put, RIGHT, room, rule, WIDTH } from '../../lib/pen.ts'
import type { Words } from '../../lib/render.ts'
import type { Inspection } from './rental.ts'

const KEY = 'documents/rental-inspection'
const GAP = 14
const HALF = (WIDTH - GAP) / 2
const HEIGHT = 150
/** Pictures on paper need no more. */
const SIDE = 700

/** What stands on the sheet of an inspection. */
export interface InspectionSheet {
  number: string
  model: string
  plate: string
  company: string
  at: number
  pickup: Side
  giveback: Side | null
}

/** One side of it, with who looked at the car. */
export interface Side extends Inspection {
  staff: string
  storeTitle: string
}

interface Sheet extends Pen {
  words: Words
  data: Record<string, unknown>
}

/** How a car went beside how it came back, picture by picture, as a PDF. */
export async function inspectionPaper(sheet: InspectionSheet, words: Words): Promise<{ bytes: Buffer; name: string }> {
  const pictures = await picturesIn([sheet.pickup, sheet.giveback])
  const data = { ...sheet, returned: sheet.giveback !== null }
  const say = (key: string, more: Record<string, unknown> = {}) => words.text(`${KEY}.${key}`, { ...data, ...more })
  const bytes = await drawPaper({ title: say('title'), author: sheet.company, at: sheet.at }, (paper) => {
    const pen: Sheet = { paper, words, data, y: PAGE.margin }
    drawHead(pen, say)
    drawSides(pen, sheet, say)
    for (const { shot, title } of shotsOf(sheet)) {
      room(pen, HEIGHT + 40)
      heading(pen, title)
      drawShot(pen, LEFT, pictureFor(sheet.pickup, shot, pictures), say)
      drawShot(pen, LEFT + HALF + GAP, pictureFor(sheet.giveback, shot, pictures), say)
      pen.y += HEIGHT + 4
    }
    drawSignatures(pen, sheet, pictures, say)
    onEachPage(paper, (page, pages) => {
      const y = PAGE.height - 38
      put(pen, say('foot'), LEFT, y, { size: 7.5, fill: GREY, width: WIDTH - 180 })
      put(pen, say('page', { page, pages }), RIGHT - 180, y, { size: 7.5, fill: GREY, width: 180, align: 'right' })
    })
  })
  return { bytes, name: say('file').replace(/[\\/:*?"<>|\s]+/g, '') }
}

type Say = (key: string, more?: Record<string, unknown>) => string

function drawHead(pen: Sheet, say: Say): void {
  pen.paper.rect(LEFT, pen.y + 3, 4, 24).fill(PINE)
  put(pen, say('title'), LEFT + 14, pen.y, { size: 19, font: 'strong', width: WIDTH - 20 })
  pen.y += 34
  pen.y += put(pen, say('about'), LEFT, pen.y, { size: 9.5, fill: GREY, width: WIDTH }) + 6
  rule(pen, PINE, 1.2)
  pen.y += 10
}

/** When, where, by whom, how far, how full: the car as it went on the left, as it came back on the right. */
function drawSides(pen: Sheet, { pickup, giveback }: InspectionSheet, say: Say): void {
  const sides = [
    { x: LEFT, side: 'pickup', seen: pickup },
    { x: LEFT + HALF + GAP, side: 'giveback', seen: giveback },
  ]
  for (const { x, side, seen } of sides) {
    pen.paper.roundedRect(x, pen.y, HALF, 96, 6).fill(PALE)
    put(pen, say(`sides.${side}`), x + 12, pen.y + 9, { size: 10, font: 'strong', fill: PINE, width: HALF - 24 })
    const lines = seen ? (pen.words.tree(`${KEY}.lines`, { ...pen.data, ...seen }) as string[]) : [say('not_yet')]
    let y = pen.y + 26
    for (const line of lines) if (line) y += put(pen, line, x + 12, y, { size: 8.5, width: HALF - 24 }) + 2
  }
  pen.y += 104
}

function drawShot(pen: Sheet, x: number, picture: Buffer | undefined, say: Say): void {
  pen.paper.roundedRect(x, pen.y, HALF, HEIGHT, 4).lineWidth(0.5).stroke(LINE)
  const fit: [number, number] = [HALF - 8, HEIGHT - 8]
  if (picture) pen.paper.image(picture, x + 4, pen.y + 4, { fit, align: 'center', valign: 'center' })
  else put(pen, say('no_picture'), x, pen.y + HEIGHT / 2 - 6, { size: 9, fill: GREY, width: HALF, align: 'center' })
}

function drawSignatures(
  pen: Sheet,
  { pickup, giveback }: InspectionSheet,
  pictures: Map<string, Buffer>,
  say: Say,
): void {
  room(pen, 104)
  heading(pen, say('signed'))
  for (const [i, seen] of [pickup, giveback].entries()) {
    const x = LEFT + i * (HALF + GAP)
    const picture = seen?.signatureId ? pictures.get(seen.signatureId) : undefined
    pen.paper.roundedRect(x, pen.y, HALF, 64, 4).lineWidth(0.5).stroke(LINE)
    if (picture) pen.paper.image(picture, x + 6, pen.y + 4, { fit: [HALF - 12, 56], align: 'center', valign: 'center' })
    else put(pen, say('unsigned'), x, pen.y + 26, { size: 9, fill: GREY, width: HALF, align: 'center' })
  }
  pen.y += 70
}

/** Every picture that was wanted on either side, in order. */
function shotsOf({ pickup, giveback }: InspectionSheet): { shot: string; title: string }[] {
  const all = [...pickup.shots, ...(giveback?.shots ?? [])]
  return [...new Map(all.map(({ shot, title }) => [shot, { shot, title }])).values()]
}

function pictureFor(side: Side | null, shot: string, pictures: Map<string, Buffer>): Buffer | undefined {
  const taken = side?.shots.find((one) => one.shot === shot)
  return taken && pictures.get(taken.pictureId)
}

async function picturesIn(sides: (Side | null)[]): Promise<Map<string, Buffer>> {
  const { default: sharp } = await import('sharp')
  const ids = sides.flatMap((side) => [
    ...(side?.shots.map(({ pictureId }) => pictureId) ?? []),
    side?.signatureId ?? '',
  ])
  const found = new Map<string, Buffer>()
  for (const id of new Set(ids.filter((one) => one !== ''))) {
    // One that is lost leaves an empty place: the others are worth having.
    const bytes = await readPicture(id).catch(() => undefined)
    if (bytes)
      found.set(
        id,
        await sharp(bytes).resize({ width: SIDE, height: SIDE, fit: 'inside' }).jpeg({ quality: 75 }).toBuffer(),
      )
  }
  return found
}
