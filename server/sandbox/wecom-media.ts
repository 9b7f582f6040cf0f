import { readFile, unlink } from 'node:fs/promises'
import { Readable } from 'node:stream'
import formidable from 'formidable'
import type Koa from 'koa'
import { fresh, Refusal } from './listener.ts'
import { MEDIA_LIFE, type WecomWorld } from './wecom-world.ts'

const OK = { errcode: 0, errmsg: 'ok' }
const MEDIA_MEGABYTES: Record<string, number> = { image: 10, voice: 2, video: 10, file: 20 }

/** media/upload: a multipart part named `media`, by kind and size. Source: WeCom docs 90253. */
export async function uploadMedia(world: WecomWorld, ctx: Koa.Context): Promise<Record<string, unknown>> {
  const type = String(ctx.query.type)
  const megabytes = MEDIA_MEGABYTES[type]
  if (!megabytes) throw new Refusal(40004, 'invalid media type')
  const form = formidable({ maxFileSize: megabytes * 1024 * 1024, minFileSize: 0, allowEmptyFiles: true })
  const [, files] = await form.parse(ctx.req).catch(() => {
    throw new Refusal(45001, 'media size out of limit')
  })
  const file = files.media?.[0]
  if (!file) throw new Refusal(41005, 'media data missing')
  const bytes = await readFile(file.filepath)
  await unlink(file.filepath)
  if (!file.originalFilename) throw new Refusal(40058, 'invalid argument: filename')
  if (bytes.length <= 5) throw new Refusal(40006, 'invalid media size')
  const mime = type === 'image' ? imageType(bytes) : (file.mimetype ?? 'application/octet-stream')
  if (!mime) throw new Refusal(40005, 'invalid file type')
  const createdAt = world.clock.now()
  const mediaId = await keepMedia(world, { type, mime, name: file.originalFilename, bytes })
  return { ...OK, type, media_id: mediaId, created_at: String(Math.floor(createdAt / 1000)) }
}

/** Keeps bytes under a new media id, which is good for three days. */
export async function keepMedia(
  world: WecomWorld,
  { type, mime, name, bytes }: { type: string; mime: string; name: string; bytes: Buffer },
): Promise<string> {
  const id = fresh('3', 32)
  await world.memory.keepBytes(id, bytes)
  world.state.media[id] = { type, mime, name, size: bytes.length, createdAt: world.clock.now() }
  world.memory.touch()
  return id
}

/** jpg or png, by content: the platform takes no other pictures. */
export function imageType(bytes: Buffer): 'image/jpeg' | 'image/png' | undefined {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg'
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'image/png'
  return undefined
}

/** media/get: the bytes, or a part of them. Source: WeCom docs 90254. */
export async function downloadMedia(world: WecomWorld, ctx: Koa.Context): Promise<void> {
  const id = String(ctx.query.media_id)
  const media = world.state.media[id]
  const alive = media && media.createdAt + MEDIA_LIFE > world.clock.now()
  const bytes = alive ? await world.memory.bytes(id) : undefined
  if (!media || !bytes) throw new Refusal(40007, 'invalid media_id')
  ctx.type = media.mime
  // The platform writes the name's UTF-8 bytes as they are, which Node takes one character a byte. The body is a
  // stream because Node mangles this one header when it also knows the length of a buffer.
  const name = Buffer.from(media.name.replaceAll('"', "'")).toString('latin1')
  ctx.set('Content-disposition', `attachment; filename="${name}"`)
  const range = /^bytes=(\d+)-(\d*)$/.exec(ctx.get('range'))
  if (!range) {
    ctx.body = Readable.from([bytes])
    return
  }
  const from = Number(range[1])
  const to = range[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1
  ctx.status = 206
  ctx.set('Content-Range', `bytes ${from}-${to}/${bytes.length}`)
  ctx.body = Readable.from([bytes.subarray(from, to + 1)])
}
