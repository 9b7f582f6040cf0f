import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/**
 * The platforms' side of the callback cipher, written apart from the product's so that each proves the other.
 * Source: WeCom docs 90968 (signature, AES-256-CBC, PKCS#7 with blocks of 32, random + length + text + receiveid).
 */
export interface Cipher {
  /** hex(sha1(sorted strings joined)) */
  sign(...parts: string[]): string
  /** Encrypts a text for the product, base64. */
  seal(text: string): string
  /** Decrypts what the product answers; throws a plain Error that says what is wrong. */
  unseal(sealed: string): string
}

const BLOCK = 32

/** The cipher of one application: its token, its EncodingAESKey (43 characters) and the receiveid it must name. */
export function openCipher(token: string, encodingAesKey: string, receiveId: string): Cipher {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  if (key.length !== 32) throw new Error('an EncodingAESKey has 43 characters')
  const iv = key.subarray(0, 16)

  return {
    sign: (...parts) => sha1([token, ...parts].sort().join('')),

    seal(text) {
      const body = Buffer.from(text, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      const plain = Buffer.concat([randomBytes(16), length, body, Buffer.from(receiveId)])
      const rest = BLOCK - (plain.length % BLOCK)
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(rest, rest)), cipher.final()]).toString(
        'base64',
      )
    },

    unseal(sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length === 0 || bytes.length % BLOCK !== 0) throw new Error('ciphertext is not whole blocks of 32')
      const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      const padded = Buffer.concat([decipher.update(bytes), decipher.final()])
      const rest = padded.at(-1) ?? 0
      if (rest < 1 || rest > BLOCK || !padded.subarray(-rest).every((byte) => byte === rest)) throw new Error('padding')
      const plain = padded.subarray(0, -rest)
      if (plain.length < 20) throw new Error('plaintext is too short')
      const end = 20 + plain.readUInt32BE(16)
      if (end > plain.length) throw new Error('length field')
      if (plain.subarray(end).toString('utf8') !== receiveId) throw new Error('receiveid')
      return plain.subarray(20, end).toString('utf8')
    },
  }
}

/** hex SHA-1 of a text. */
export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
