import { createHash, sign } from 'node:crypto'
import type * as Forge from 'node-forge'

/*
 * A detached CMS signature as PAdES wants it (ETSI EN 319 142-1, baseline B): the certificate is bound to it by its hash
 * (signing-certificate-v2), and no time stands in it but that of the PDF. node-forge reads the certificate and writes
 * DER; its own signatures know no such attribute.
 */

/** A key, its certificate, and those that vouch for it. */
export interface Identity {
  forge: typeof Forge
  /** PEM. */
  key: string
  certificate: Forge.asn1.Asn1
  chain: Forge.asn1.Asn1[]
  /** SHA-256 of the certificate, in hex. */
  fingerprint: string
}

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsa: '1.2.840.113549.1.1.1',
}

/** Opens a PKCS #12 file; throws when the passphrase is wrong, or it holds no RSA key with its certificate. */
export async function identityOf(p12: Buffer, passphrase: string): Promise<Identity> {
  const { default: forge } = await import('node-forge')
  const file = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(p12.toString('binary')), false, passphrase)
  const { certBag, pkcs8ShroudedKeyBag, keyBag } = forge.pki.oids as Record<string, string>
  const bags = (type = '') => file.getBags({ bagType: type })[type] ?? []
  const key = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)].find((bag) => bag.key)?.key as
    | Forge.pki.rsa.PrivateKey
    | undefined
  const certificates = bags(certBag).flatMap(({ cert }) => cert ?? [])
  const own = certificates.find(({ publicKey }) => key?.n.equals((publicKey as Forge.pki.rsa.PublicKey).n))
  if (!key || !own) throw new Error('the file holds no RSA key with its certificate')
  const certificate = forge.pki.certificateToAsn1(own)
  return {
    forge,
    key: forge.pki.privateKeyToPem(key),
    certificate,
    chain: certificates.filter((one) => one !== own).map((one) => forge.pki.certificateToAsn1(one)),
    fingerprint: sha256(der(forge, certificate)).toString('hex'),
  }
}

/** The detached signature of these bytes, as DER. */
export function signDetached(bytes: Buffer, { forge, key, certificate, chain }: Identity): Buffer {
  const { asn1 } = forge
  const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class
  const sequence = (...parts: Forge.asn1.Asn1[]) => asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, parts)
  const set = (...parts: Forge.asn1.Asn1[]) => asn1.create(UNIVERSAL, asn1.Type.SET, true, parts)
  const oid = (name: string) => asn1.create(UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(name).getBytes())
  const octets = (of: Buffer) => asn1.create(UNIVERSAL, asn1.Type.OCTETSTRING, false, of.toString('binary'))
  const one = asn1.create(UNIVERSAL, asn1.Type.INTEGER, false, asn1.integerToDer(1).getBytes())
  const nothing = asn1.create(UNIVERSAL, asn1.Type.NULL, false, '')
  const tagged = (parts: Forge.asn1.Asn1[]) => asn1.create(CONTEXT_SPECIFIC, 0 as Forge.asn1.Type, true, parts)

  const attributes = [
    sequence(oid(OID.contentType), set(oid(OID.data))),
    sequence(oid(OID.messageDigest), set(octets(sha256(bytes)))),
    // The hash is SHA-256, which is not written where it is the usual one.
    sequence(oid(OID.signingCertificateV2), set(sequence(sequence(sequence(octets(sha256(der(forge, certificate)))))))),
    // A set stands in the order of its bytes.
  ].sort((a, b) => Buffer.compare(der(forge, a), der(forge, b)))
  const [serial, issuer] = namesOf(certificate)
  const signer = sequence(
    one,
    sequence(issuer, serial),
    sequence(oid(OID.sha256), nothing),
    tagged(attributes),
    sequence(oid(OID.rsa), nothing),
    octets(sign('sha256', der(forge, set(...attributes)), key)),
  )
  const signed = sequence(
    one,
    set(sequence(oid(OID.sha256), nothing)),
    sequence(oid(OID.data)),
    tagged([certificate, ...chain]),
    set(signer),
  )
  return der(forge, sequence(oid(OID.signedData), tagged([signed])))
}

/** The number and the issuer of a certificate, which stand behind its version. */
function namesOf(certificate: Forge.asn1.Asn1): [serial: Forge.asn1.Asn1, issuer: Forge.asn1.Asn1] {
  const [body] = certificate.value as Forge.asn1.Asn1[]
  const [, serial, , issuer] = (body?.value ?? []) as Forge.asn1.Asn1[]
  if (!serial || !issuer) throw new Error('a certificate without issuer')
  return [serial, issuer]
}

function der(forge: typeof Forge, part: Forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(part).getBytes(), 'binary')
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
