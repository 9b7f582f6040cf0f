import { existsSync, readFileSync } from 'node:fs'
import type { Environment } from './environment.ts'
import type { SealSettings } from './pdf-seal.ts'

/** How papers are read from their pictures, and how contracts are sealed. */
export interface PaperSettings {
  /** The company's certificate; without one contracts carry no digital signature. */
  signing?: SealSettings
  /** Who reads papers from their pictures. */
  ocr: 'wechat' | 'embedded' | 'off'
}

/** What stands in the environment about papers. */
export function paperSettings(env: Partial<Environment>, problems: string[]): PaperSettings {
  const { OCR: ocr = 'embedded', WECHAT_APP_ID, SIGNING_P12: given, SIGNING_P12_PASSPHRASE: passphrase = '' } = env
  if (ocr === 'wechat' && !WECHAT_APP_ID) problems.push('OCR: "wechat" needs WECHAT_APP_ID and WECHAT_APP_SECRET')
  if (!given) return { ocr }
  const p12 = existsSync(given) ? readFileSync(given) : Buffer.from(given, 'base64')
  // A PKCS #12 file is a sequence.
  if (p12[0] !== 0x30) problems.push('SIGNING_P12: must be the path of a PKCS #12 file, or such a file in base64')
  return { ocr, signing: { p12: async () => p12, passphrase } }
}
