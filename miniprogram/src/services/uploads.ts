import type { UploadedPhoto } from './api.ts'
import { host } from './host'
import { withSession } from './session.ts'
import { sendFile } from './transport.ts'

/** The server takes pictures up to this size, in bytes. */
export const LARGEST_PHOTO = 10 * 1024 * 1024

/** Sends one picture, of a paper if told so; progress in percent. Throws ApiError or NoAnswer. */
export async function uploadPhoto(
  path: string,
  onProgress: (percent: number) => void,
  paper = false,
): Promise<UploadedPhoto> {
  const door = paper ? '/api/uploads?for=document' : '/api/uploads'
  return (await withSession((headers) => sendFile(door, path, headers, onProgress))) as UploadedPhoto
}

/** Where a picture of the server can be shown from. */
export function photoUrl(url: string): string {
  return url.startsWith('/') ? host.apiBase + url : url
}
