import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Worker } from 'tesseract.js'
import { SECOND } from './clock.ts'

/** A line of text found in a picture, without spaces, and how sure each of its characters is (0 to 1). */
export interface Line {
  text: string
  sure: number[]
}

/** Reads Chinese text in pictures, on this machine. */
export interface Ocr {
  /** The lines of text in a picture, from above. Throws when it cannot be read in time. */
  read(picture: Buffer): Promise<Line[]>
  /** Lets go of the reader's memory. */
  close(): Promise<void>
}

const LANGUAGE = 'chi_sim'
/** The engine of neural nets alone (tesseract's OEM 1). */
const NEURAL = 1
/** Some hundred megabytes are held while a reader lives: it goes when nobody has wanted it for so long. */
const IDLE_MS = 60 * SECOND
const TIMEOUT_MS = 30 * SECOND
/** Characters are read best at some 30 pixels, which a card has at this width. */
const WIDTH = 1500
const DATA = `@tesseract.js-data/${LANGUAGE}/package.json`
const { resolve } = createRequire(import.meta.url)

/**
 * A reader that lives in a thread of its own: loaded with the first picture, gone when idle, and started anew after a
 * picture that it could not finish. Its model comes with the product, nothing is fetched.
 */
export function embeddedOcr({ idleMs = IDLE_MS, timeoutMs = TIMEOUT_MS } = {}): Ocr {
  let worker: Promise<Worker> | undefined
  let last: Promise<unknown> = Promise.resolve()
  let idle: NodeJS.Timeout | undefined

  async function close(): Promise<void> {
    clearTimeout(idle)
    const going = worker
    worker = undefined
    await going?.then((one) => one.terminate()).catch(() => undefined)
  }

  async function recognise(picture: Buffer): Promise<Line[]> {
    clearTimeout(idle)
    worker ??= startWorker()
    const prepared = await prepare(picture)
    const reading = worker.then((one) => one.recognize(prepared, { rotateAuto: true }, { text: false, blocks: true }))
    reading.catch(() => undefined)
    try {
      const { data } = await inTime(reading, timeoutMs)
      return linesOf(data.blocks ?? [])
    } catch (error) {
      await close()
      throw error
    } finally {
      idle = setTimeout(() => void close(), idleMs).unref()
    }
  }

  return {
    read(picture) {
      // One after the other: two at once would hold the memory of two.
      const mine = last.then(() => recognise(picture))
      last = mine.catch(() => undefined)
      return mine
    },
    async close() {
      await last
      await close()
    },
  }
}

async function startWorker(): Promise<Worker> {
  const { createWorker } = await import('tesseract.js')
  const worker = await createWorker(LANGUAGE, NEURAL, {
    langPath: join(dirname(resolve(DATA)), '4.0.0_best_int'),
    cacheMethod: 'none',
    gzip: true,
    // Without one the library throws what it reports by the promise as well.
    errorHandler: () => undefined,
  })
  await worker.setParameters({ user_defined_dpi: '300', preserve_interword_spaces: '0' })
  return worker
}

/** Upright in its colours as grey, as large as characters are read best, with what a camera's noise adds smoothed away. */
async function prepare(picture: Buffer): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  return sharp(picture)
    .rotate()
    .greyscale()
    .resize({ width: WIDTH, height: WIDTH, fit: 'inside', kernel: 'cubic' })
    .median(3)
    .normalise()
    .png({ compressionLevel: 1 })
    .toBuffer()
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, failed) => {
    timer = setTimeout(() => failed(new Error(`a picture was not read within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

interface Sign {
  text: string
  confidence: number
}
interface Block {
  paragraphs: { lines: { bbox: { y0: number }; words: { symbols: Sign[] }[] }[] }[]
}

function linesOf(blocks: Block[]): Line[] {
  const lines = blocks.flatMap(({ paragraphs }) => paragraphs.flatMap((paragraph) => paragraph.lines))
  return lines
    .toSorted((a, b) => a.bbox.y0 - b.bbox.y0)
    .map(({ words }) => {
      const signs = words.flatMap(({ symbols }) => symbols).filter(({ text }) => text.trim() !== '')
      return {
        text: signs.map(({ text }) => text).join(''),
        sure: signs.flatMap(({ text, confidence }) => Array<number>(text.length).fill(confidence / 100)),
      }
    })
    .filter(({ text }) => text !== '')
}
