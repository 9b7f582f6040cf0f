import { generateKeyPair } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { DAY } from '../lib/clock.ts'

export const SELF_MADE_PASSPHRASE = 'sandbox'
const YEARS = 10

/** Made once in a process, for whoever has none yet: it takes a moment. */
let made: Promise<Buffer> | undefined

/** A certificate that nobody vouches for, made once and kept in a file: what a company buys in real life. */
export async function selfMade(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch {
    made ??= make()
    await writeFile(file, await made, { mode: 0o600 })
    return made
  }
}

async function make(): Promise<Buffer> {
  const { default: forge } = await import('node-forge')
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const key = forge.pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e)
  certificate.serialNumber = `01${Date.now().toString(16).padStart(14, '0')}`
  const now = Date.now()
  certificate.validity.notBefore = new Date(now - DAY)
  certificate.validity.notAfter = new Date(now + YEARS * 365 * DAY)
  const names = [
    { name: 'commonName', value: 'Yingke Sandbox Rental' },
    { name: 'organizationName', value: 'Yingke Sandbox' },
    { name: 'countryName', value: 'CN' },
  ]
  certificate.setSubject(names)
  certificate.setIssuer(names)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'keyUsage', digitalSignature: true, nonRepudiation: true, keyCertSign: true },
  ])
  certificate.sign(key, forge.md.sha256.create())
  const file = forge.pkcs12.toPkcs12Asn1(key, [certificate], SELF_MADE_PASSPHRASE, { algorithm: '3des' })
  return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary')
}
