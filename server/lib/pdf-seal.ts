import { type Identity, identityOf, signDetached } from './cms.ts'
import type { Paper } from './paper.ts'

/** The company's certificate: a PKCS #12 file and what opens it. */
export interface SealSettings {
  p12: () => Promise<Buffer>
  passphrase: string
}

/** Seals papers by the company's certificate (PAdES). */
export interface Sealer {
  /** The paper with its signature, and the SHA-256 of the certificate; the paper must have a place for it. */
  seal(pdf: Buffer): Promise<{ bytes: Buffer; fingerprint: string }>
}

/** What the signature library puts the true numbers in place of. */
const PLACE = '**********'
/** Enough for a signature with a chain of certificates. */
const MOST_BYTES = 12_000
/** Signatures exist, and the file may only be added to. */
const SIGNED = 3
/** Printed, and not to be touched. */
const LOCKED = 132

interface Inside {
  _root: { data: { AcroForm: { data: Record<string, unknown> } } }
}

/** Leaves a place for a signature in a paper that is being drawn, on its present page. */
export function leaveSignature(paper: Paper, { name, reason, at }: { name: string; reason: string; at: number }): void {
  const signature = paper.ref({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: 'ETSI.CAdES.detached',
    ByteRange: [0, PLACE, PLACE, PLACE],
    Contents: Buffer.alloc(MOST_BYTES),
    Name: new String(name),
    Reason: new String(reason),
    M: new Date(at),
  })
  const page = paper.page as unknown as { dictionary: unknown; annotations: unknown[] }
  const widget = paper.ref({
    ...{ Type: 'Annot', Subtype: 'Widget', FT: 'Sig', T: new String('Seal'), Rect: [0, 0, 0, 0], F: LOCKED },
    ...{ V: signature, P: page.dictionary },
  })
  for (const part of [signature, widget]) (part as unknown as { end(): void }).end()
  paper.initForm()
  page.annotations.push(widget)
  const { data } = (paper as unknown as Inside)._root.data.AcroForm
  Object.assign(data, { Fields: [widget], SigFlags: SIGNED, NeedAppearances: undefined })
}

/** A sealer with this certificate, which is read when the first paper is sealed. */
export function sealer({ p12, passphrase }: SealSettings): Sealer {
  let identity: Promise<Identity> | undefined
  return {
    async seal(pdf) {
      identity ??= p12().then((file) => identityOf(file, passphrase))
      identity.catch(() => {
        identity = undefined
      })
      const known = await identity
      const { SignPdf, Signer } = await import('@signpdf/signpdf')
      class Detached extends Signer {
        override async sign(bytes: Buffer): Promise<Buffer> {
          return signDetached(bytes, known)
        }
      }
      return { bytes: await new SignPdf().sign(pdf, new Detached()), fingerprint: known.fingerprint }
    },
  }
}
