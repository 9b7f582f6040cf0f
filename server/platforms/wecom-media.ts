import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { WxApi } from './wx-api.ts'

export type MediaKind = 'image' | 'voice' | 'video' | 'file'

export interface MediaFile {
  name: string
  mime: string
  bytes: Uint8Array
}

/** A downloaded file; `name` only when the platform tells it. */
export interface Download {
  bytes: Buffer
  mime: string
  name?: string
}

const MB = 1024 * 1024
const DOWNLOAD_BYTES = 20 * MB
const UPLOAD_BYTES: Record<MediaKind, number> = { image: 10 * MB, voice: 2 * MB, video: 10 * MB, file: 20 * MB }
/** Files of 5 bytes and less are refused by the platform. */
const LEAST_BYTES = 6

const uploaded = z.object({ media_id: z.string().min(1) })

/** Uploads a file for three days and returns its media_id; a wrong size is refused before the call. */
export async function uploadMedia(api: WxApi, kind: MediaKind, file: MediaFile): Promise<string> {
  const size = file.bytes.byteLength
  if (size > UPLOAD_BYTES[kind]) throw new PlatformError('wecom', 'too_large', false, `${kind} of ${size} bytes`)
  if (size < LEAST_BYTES) throw new PlatformError('wecom', 'too_small', false, `${kind} of ${size} bytes`)
  const form = new FormData()
  form.append('media', new Blob([Uint8Array.from(file.bytes)], { type: file.mime }), file.name)
  const answer = await api.json(uploaded, { path: '/cgi-bin/media/upload', query: { type: kind }, form })
  return answer.media_id
}

/** Fetches a file by its media_id; over 20 MB it is refused. An expired or unknown id is PlatformError 40007. */
export async function downloadMedia(api: WxApi, mediaId: string): Promise<Download> {
  const answer = await api.bytes({
    path: '/cgi-bin/media/get',
    query: { media_id: mediaId },
    maxBytes: DOWNLOAD_BYTES,
  })
  const mime = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  const name = fileName(answer.headers.get('content-disposition') ?? '')
  return { bytes: answer.body, mime: mime || 'application/octet-stream', ...(name && { name }) }
}

/** The file's name; WeCom writes raw UTF-8 into the header, which arrives here as one character a byte. */
function fileName(disposition: string): string | undefined {
  const encoded = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition)?.[1]
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;]+))/i.exec(disposition)
  const name = encoded
    ? percentDecoded(encoded)
    : Buffer.from(plain?.[1] ?? plain?.[2] ?? '', 'latin1').toString('utf8')
  // Only the last part: a name is shown and stored, it never is a path.
  return name?.split(/[/\\]/).pop()?.trim() || undefined
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
