import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import { callBytes } from './call.ts'
import type { DingtalkApi } from './dingtalk-api.ts'
import type { Download, MediaFile, MediaKind } from './wecom-media.ts'

const MB = 1024 * 1024
const DOWNLOAD_BYTES = 20 * MB
const UPLOAD_BYTES: Record<MediaKind, number> = { image: 20 * MB, voice: 2 * MB, video: 20 * MB, file: 20 * MB }

const uploaded = z.object({ media_id: z.string().min(1) })
const located = z.object({ downloadUrl: z.url({ protocol: /^https?$/ }) })

/** Uploads a file for good and returns its media id; one that is too large is refused before the call. */
export async function uploadMedia(api: DingtalkApi, kind: MediaKind, file: MediaFile): Promise<string> {
  const size = file.bytes.byteLength
  if (size > UPLOAD_BYTES[kind]) throw new PlatformError('dingtalk', 'too_large', false, `${kind} of ${size} bytes`)
  const form = new FormData()
  form.append('media', new Blob([Uint8Array.from(file.bytes)], { type: file.mime }), file.name)
  const { media_id } = await api.old(uploaded, { path: '/media/upload', query: { type: kind }, form })
  return media_id
}

/** Fetches what somebody sent to the robot; over 20 MB it is refused. */
export async function downloadMedia(api: DingtalkApi, robotCode: string, downloadCode: string): Promise<Download> {
  const { downloadUrl } = await api.v1(located, {
    path: '/v1.0/robot/messageFiles/download',
    json: { downloadCode, robotCode },
  })
  const answer = await callBytes({ platform: 'dingtalk', url: downloadUrl, maxBytes: DOWNLOAD_BYTES })
  const mime = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  return { bytes: answer.body, mime: mime || 'application/octet-stream' }
}
