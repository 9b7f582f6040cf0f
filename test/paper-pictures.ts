import sharp from 'sharp'
import { drawPng } from '../server/lib/picture.ts'
import { Dice } from './dice.ts'

/** What stands on the papers of somebody. */
export interface Holder {
  name: string
  sex: string
  nation: string
  number: string
  address: [string, string]
}

/** How a picture was taken. */
export interface Taken {
  /** In degrees. */
  turned: number
  /** How far a dot may be off its brightness, of 255. */
  noise: number
  blur?: number
  quality?: number
  seed: number
}

const text = (x: number, y: number, size: number, fill: string, words: string, spacing = 0) =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" letter-spacing="${spacing}">${words}</text>`
const LABEL = '#3b6ea5'
const INK = '#1c1c1c'
const card = (height: number, inside: string, paper = '#eef3f6') =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="856" height="${height}" font-family="Noto Sans SC">
  <rect width="856" height="${height}" rx="30" fill="${paper}"/>
  ${Array.from({ length: 9 }, (_, i) => `<path d="M0 ${40 + i * 60} Q 214 ${i * 60} 428 ${40 + i * 60} T 856 ${40 + i * 60}" stroke="#dbe6ec" fill="none" stroke-width="3"/>`).join('')}
  ${inside}</svg>`

/** The front of an identity card, as it is laid out. */
export function idCardFront({ name, sex, nation, number, address }: Holder): string {
  const [year, month, day] = [number.slice(6, 10), Number(number.slice(10, 12)), Number(number.slice(12, 14))]
  return card(
    540,
    [
      text(60, 90, 26, LABEL, '姓 名') + text(160, 92, 34, INK, name, 4),
      text(60, 160, 26, LABEL, '性 别') + text(160, 162, 30, INK, sex),
      text(260, 160, 26, LABEL, '民 族') + text(350, 162, 30, INK, nation),
      text(60, 230, 26, LABEL, '出 生') + text(160, 232, 30, INK, year) + text(240, 230, 26, LABEL, '年'),
      text(285, 232, 30, INK, String(month)) + text(330, 230, 26, LABEL, '月'),
      text(370, 232, 30, INK, String(day)) + text(415, 230, 26, LABEL, '日'),
      text(60, 300, 26, LABEL, '住 址') + text(160, 302, 30, INK, address[0]) + text(160, 346, 30, INK, address[1]),
      text(60, 480, 26, LABEL, '公民身份号码') + text(280, 482, 36, INK, number, 4),
      `<rect x="600" y="60" width="200" height="300" fill="#c9d3da"/><circle cx="700" cy="170" r="55" fill="#8fa1ad"/><path d="M610 360 q90 -150 180 0" fill="#8fa1ad"/>`,
    ].join(''),
  )
}

/** The back of an identity card. */
export function idCardBack(authority: string, from: string, to: string): string {
  return card(
    540,
    [
      text(270, 130, 48, INK, '中华人民共和国', 6),
      text(250, 230, 64, INK, '居民身份证', 16),
      text(200, 410, 28, INK, '签发机关') + text(340, 412, 32, INK, authority),
      text(200, 480, 28, INK, '有效期限') + text(340, 482, 32, INK, `${from}-${to}`),
    ].join(''),
  )
}

/** The first page of a driving licence. */
export function drivingLicence(
  { name, sex, number, address }: Holder,
  { of, since, from, to }: { of: string; since: string; from: string; to: string },
): string {
  const birth = number.slice(6, 14).replace(/^(\d{4})(\d\d)/, '$1-$2-')
  return card(
    600,
    [
      text(190, 60, 34, INK, '中华人民共和国机动车驾驶证'),
      text(60, 125, 26, INK, '证号') + text(140, 127, 32, INK, number, 2),
      text(60, 190, 26, INK, '姓名') + text(140, 192, 32, INK, name),
      text(400, 190, 26, INK, '性别') +
        text(480, 192, 32, INK, sex) +
        text(570, 190, 26, INK, '国籍') +
        text(650, 192, 30, INK, '中国'),
      text(60, 250, 26, INK, '住址') + text(140, 252, 30, INK, address.join('')),
      text(300, 330, 26, INK, '出生日期') + text(470, 332, 30, INK, birth),
      text(300, 395, 26, INK, '初次领证日期') + text(520, 397, 30, INK, since),
      text(300, 460, 26, INK, '准驾车型') + text(470, 462, 34, INK, of),
      text(60, 545, 26, INK, '有效期限') + text(200, 547, 30, INK, `${from} 至 ${to}`),
    ].join(''),
    '#f4f5f0',
  )
}

/** A photograph of it: turned on a darker table, with a camera's noise, as JPEG. */
export async function photograph(svg: string, { turned, noise, blur = 0, quality = 80, seed }: Taken): Promise<Buffer> {
  const upright = await sharp(await drawPng(svg))
    .resize({ width: 1284 })
    .flatten({ background: '#6f675d' })
    .toBuffer()
  const lying = sharp(upright)
    .rotate(turned, { background: '#6f675d' })
    .extend({
      ...{ top: 60, bottom: 60, left: 60, right: 60 },
      background: '#6f675d',
    })
  const { data, info } = await sharp(await lying.png().toBuffer())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const dice = new Dice(seed)
  for (let at = 0; at < data.length; at += info.channels) {
    const off = (dice.next() + dice.next() - 1) * noise
    for (let channel = 0; channel < info.channels; channel++) {
      data[at + channel] = Math.max(0, Math.min(255, (data[at + channel] ?? 0) + off))
    }
  }
  const raw = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
  return (blur > 0 ? raw.blur(blur) : raw).jpeg({ quality }).toBuffer()
}
