import { createDecipheriv } from 'node:crypto'
import { PlatformError } from '../lib/errors.ts'
import { callBytes } from './call.ts'
import type { BotFile } from './wecom-bot-event.ts'

const MAX_BYTES = 20 * 1024 * 1024
const BLOCK = 32

/** Fetches a file that somebody sent to the bot, within five minutes, and decrypts it (§3.1). */
export async function fetchBotFile(file: BotFile): Promise<Buffer> {
  const { body } = await callBytes({ platform: 'wecom_bot', url: file.url, maxBytes: MAX_BYTES + BLOCK })
  try {
    return decryptBotFile(body, file.aesKey)
  } catch (error) {
    throw new PlatformError('wecom_bot', 'cipher', false, `${body.length} bytes`, undefined, { cause: error })
  }
}

/** AES-256-CBC with the key's first half as IV and PKCS#7 to 32 bytes. */
export function decryptBotFile(sealed: Buffer, aesKey: string): Buffer {
  const key = Buffer.from(aesKey, 'base64')
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(sealed), decipher.final()])
  const count = padded.at(-1) ?? 0
  if (count < 1 || count > BLOCK || !padded.subarray(-count).every((byte) => byte === count)) throw new Error('padding')
  return padded.subarray(0, -count)
}
