import { Conflict, Invalid, PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { Ocr } from '../../lib/ocr.ts'
import type { Wechat } from '../../platforms/wechat.ts'
import { MOST_OCR_BYTES, NO_PAPER } from '../../platforms/wechat-ocr.ts'
import { fromLines, fromWechatIdCard, fromWechatLicence, type PaperReading, type Readable } from './reading.ts'

/** Reads the picture of a paper. Throws Invalid when there is none on it, Conflict when it cannot be read now. */
export type PaperReader = (picture: Buffer, kind: Readable) => Promise<PaperReading>

/** Reads with WeChat's service. */
export function wechatReader(wechat: Wechat): PaperReader {
  return readable(async (picture, kind) => {
    const small = await smallEnough(picture)
    if (kind === 'id_card') return fromWechatIdCard(await wechat.idCard(small))
    return fromWechatLicence(await wechat.drivingLicence(small))
  })
}

/** Reads on this machine. */
export function embeddedReader(ocr: Ocr): PaperReader {
  return readable(async (picture, kind) => fromLines(kind, await ocr.read(picture)))
}

/** The person can always type it instead: whatever goes wrong is told in a sentence. */
function readable(read: PaperReader): PaperReader {
  return async (picture, kind) => {
    let reading: PaperReading
    try {
      reading = await read(picture, kind)
    } catch (error) {
      if (error instanceof PlatformError && NO_PAPER.has(error.code)) throw new Invalid('photo', 'paper_unseen')
      log.warn({ kind, err: error }, 'a paper could not be read')
      throw new Conflict('paper_unread')
    }
    if (Object.keys(reading.fields).length === 0) throw new Invalid('photo', 'paper_unseen')
    return reading
  }
}

async function smallEnough(picture: Buffer): Promise<Buffer> {
  if (picture.length < MOST_OCR_BYTES) return picture
  const { default: sharp } = await import('sharp')
  return sharp(picture).resize({ width: 1600, height: 1600, fit: 'inside' }).jpeg({ quality: 80 }).toBuffer()
}
