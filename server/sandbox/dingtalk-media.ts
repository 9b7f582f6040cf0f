import { readFile, unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Router from 'koa-router'
import { HOUR } from '../lib/clock.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import { checkRobot } from './dingtalk-robot.ts'
import type { DingtalkWorld } from './dingtalk-world.ts'
import { fresh, jsonBody, Refusal } from './listener.ts'
import { imageType } from './wecom-media.ts'

const MEGABYTES: Record<string, number> = { image: 20, voice: 2, video: 20, file: 20 }
/** How long a download address is good is not documented; the product must fetch at once. */
const DOWNLOAD_LIFE = HOUR

/** Upload of media, and the exchange of what people sent. Source: PLATFORMS.md §5.3; DingTalk docs, media/upload. */
export function mediaApi(world: DingtalkWorld, routes: Router): void {
  routes.post('/media/upload', async (ctx) => {
    const type = String(ctx.query.type ?? '')
    const megabytes = MEGABYTES[type]
    if (!megabytes) throw new Refusal(40004, '不合法的媒体文件类型')
    const form = formidable({ maxFileSize: megabytes * 1024 * 1024, minFileSize: 0, allowEmptyFiles: true })
    const [, files] = await form.parse(ctx.req).catch(() => {
      throw new Refusal(40006, '不合法的文件大小')
    })
    const file = files.media?.[0]
    if (!file) throw new Refusal(41005, '缺少多媒体文件数据')
    const bytes = await readFile(file.filepath)
    await unlink(file.filepath)
    if (bytes.length === 0) throw new Refusal(40006, '不合法的文件大小')
    const mime = type === 'image' ? imageType(bytes) : (file.mimetype ?? 'application/octet-stream')
    if (!mime) throw new Refusal(40005, '不合法的文件类型')
    const media_id = await keepDingtalkMedia(world, { type, mime, name: file.originalFilename ?? 'media', bytes })
    ctx.body = { errcode: 0, errmsg: 'ok', type, media_id, created_at: world.clock.now() }
  })
  routes.post('/v1.0/robot/messageFiles/download', async (ctx) => {
    const { downloadCode, robotCode } = await jsonBody(ctx)
    checkRobot(world, robotCode)
    const mediaId = typeof downloadCode === 'string' ? world.state.codes[downloadCode] : undefined
    if (!mediaId) throw new NewRefusal('invalidParameter.downloadCode.invalid', 'downloadCode is invalid')
    const token = fresh('', 24)
    world.state.downloads[token] = { mediaId, expiresAt: world.clock.now() + DOWNLOAD_LIFE }
    world.memory.touch()
    ctx.body = { downloadUrl: `${world.base()}/download/${token}` }
  })
  routes.get('/download/:token', async (ctx) => {
    const kept = world.state.downloads[String(ctx.params.token)]
    const media = kept && kept.expiresAt > world.clock.now() ? world.state.media[kept.mediaId] : undefined
    const bytes = media && kept && (await world.memory.bytes(kept.mediaId))
    if (!media || !bytes) {
      ctx.status = 403
      ctx.type = 'application/xml'
      ctx.body = '<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>'
      return
    }
    ctx.type = media.mime
    ctx.body = bytes
  })
}

/** Keeps bytes under a new media id. */
export async function keepDingtalkMedia(
  world: DingtalkWorld,
  { type, mime, name, bytes }: { type: string; mime: string; name: string; bytes: Buffer },
): Promise<string> {
  const id = fresh('@lADP', 24)
  await world.memory.keepBytes(id, bytes)
  world.state.media[id] = { type, mime, name, size: bytes.length }
  world.memory.touch()
  return id
}
