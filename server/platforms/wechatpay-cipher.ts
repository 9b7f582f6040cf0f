import { createDecipheriv } from 'node:crypto'

const TAG_BYTES = 16
const KEY_BYTES = 32

/** What of a notification is sealed. */
export interface Sealed {
  ciphertext: string
  nonce: string
  associated_data?: string
}

/** Opens what WeChat Pay has sealed: AES-256-GCM, the tag at the end of the text. Throws when it was changed. */
export function openSealed({ ciphertext, nonce, associated_data = '' }: Sealed, apiV3Key: string): string {
  const key = Buffer.from(apiV3Key, 'utf8')
  if (key.length !== KEY_BYTES) throw new Error(`the APIv3 key has ${key.length} bytes, not ${KEY_BYTES}`)
  const bytes = Buffer.from(ciphertext, 'base64')
  if (bytes.length < TAG_BYTES) throw new Error('a sealed text without its tag')
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'utf8'))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  decipher.setAAD(Buffer.from(associated_data, 'utf8'))
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
}
