import { readFile, unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Koa from 'koa'
import { Refusal } from './listener.ts'
import type { OcrPapers } from './wechat.ts'
import type { WechatWorld } from './wechat-world.ts'

const MOST_BYTES = 2 * 1024 * 1024
const OK = { errcode: 0, errmsg: 'ok' }

/** The papers of somebody who may drive. */
export function papers(): OcrPapers {
  return {
    side: 'Front',
    front: {
      name: '王晓梅',
      id: '31010119900512122X',
      addr: '上海市黄浦区人民大道 120 号 3 栋 201 室',
      gender: '女',
      nationality: '汉',
    },
    back: { valid_date: '20170105-20370105' },
    licence: {
      id_num: '31010119900512122X',
      name: '王晓梅',
      sex: '女',
      nationality: '中国',
      address: '上海市黄浦区人民大道 120 号 3 栋 201 室',
      birth_date: '19900512',
      issue_date: '20150601',
      car_class: 'C1',
      valid_from: '20210601',
      valid_to: '20310601',
      official_seal: '上海市公安局交通警察总队',
    },
    left: 100,
  }
}

/** cv/ocr/idcard. Source: WeChat docs 身份证识别. */
export async function ocrIdCard(world: WechatWorld, ctx: Koa.Context): Promise<Record<string, unknown>> {
  await takePicture(world, ctx)
  const { side, front, back } = world.papers
  return { ...OK, type: side, ...(side === 'Front' ? front : back) }
}

/** cv/ocr/drivinglicense. Source: WeChat docs 驾驶证识别. */
export async function ocrLicence(world: WechatWorld, ctx: Koa.Context): Promise<Record<string, unknown>> {
  await takePicture(world, ctx)
  return { ...OK, ...world.papers.licence }
}

async function takePicture(world: WechatWorld, ctx: Koa.Context): Promise<void> {
  const form = formidable({ maxFileSize: MOST_BYTES, allowEmptyFiles: true, minFileSize: 0 })
  const [, files] = await form.parse(ctx.req).catch(() => {
    throw new Refusal(101002, 'decode image fail or image size over limit')
  })
  const file = files.img?.[0]
  if (!file) throw new Refusal(101000, 'invalid image url')
  const bytes = await readFile(file.filepath)
  await unlink(file.filepath)
  const known = bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])) || bytes.subarray(1, 4).toString() === 'PNG'
  if (!known) throw new Refusal(101002, 'decode image fail or image size over limit')
  if (world.papers.left <= 0) throw new Refusal(101003, 'not enough market quota')
  world.papers.left -= 1
  if (world.papers.side === 'none') throw new Refusal(101001, 'certificate not found')
}
