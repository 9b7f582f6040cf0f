import { z } from 'zod'
import type { WxApi } from './wx-api.ts'

/*
 * PLATFORMS.md §6.5. A picture of less than 2 MB in the part `img`. 101000 bad address of a picture, 101001 no paper
 * found, 101002 the picture cannot be read, 101003 the day's quota is used up: each is final for this picture.
 */

/** The largest picture that is taken. */
export const MOST_OCR_BYTES = 2 * 1024 * 1024
export const NO_PAPER = new Set<number | string>([101000, 101001, 101002])

const text = z.string().default('')
const frontShape = z.object({
  type: z.literal('Front'),
  name: text,
  id: text,
  addr: text,
  gender: text,
  nationality: text,
})
const backShape = z.object({ type: z.literal('Back'), valid_date: text })
const idCardShape = z.discriminatedUnion('type', [frontShape, backShape])
/** An identity card as WeChat reads it: its front, or its back with `valid_date` such as `20170105-20370105`. */
export type WechatIdCard = z.infer<typeof idCardShape>

const licenceShape = z.object({
  id_num: text,
  name: text,
  sex: text,
  nationality: text,
  address: text,
  birth_date: text,
  issue_date: text,
  car_class: text,
  valid_from: text,
  valid_to: text,
})
/** A driving licence as WeChat reads it; days are written `20170105`. */
export type WechatLicence = z.infer<typeof licenceShape>

/** Reads an identity card, whichever side the picture shows. */
export function readIdCard(api: WxApi, picture: Buffer): Promise<WechatIdCard> {
  return api.json(idCardShape, { path: '/cv/ocr/idcard', form: formOf(picture) })
}

/** Reads the first page of a driving licence. */
export function readLicence(api: WxApi, picture: Buffer): Promise<WechatLicence> {
  return api.json(licenceShape, { path: '/cv/ocr/drivinglicense', form: formOf(picture) })
}

function formOf(picture: Buffer): FormData {
  const form = new FormData()
  form.append('img', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'paper.jpg')
  return form
}
