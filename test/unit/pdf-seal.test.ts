import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawPaper } from '../../server/lib/paper.ts'
import { leaveSignature, sealer } from '../../server/lib/pdf-seal.ts'
import { SELF_MADE_PASSPHRASE, selfMade } from '../../server/sandbox/certificate.ts'
import { after, before, test } from '../suite.ts'

const AT = Date.parse('2026-11-24T10:00:00+08:00')
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const paper = (sealed = true) =>
  drawPaper({ title: '合同', author: '迎客', at: AT }, (pages) => {
    pages.text('租车合同')
    if (sealed) leaveSignature(pages, { name: '迎客（上海）有限公司', reason: '签署', at: AT })
  })
const file = () => selfMade(join(folder, 'signing.p12'))

test('a sealed paper is verified by another program, until a byte of it changes', async (t) => {
  const { bytes, fingerprint } = await sealer({ p12: file, passphrase: SELF_MADE_PASSPHRASE }).seal(await paper())
  assert.match(fingerprint, /^[0-9a-f]{64}$/)
  const told = await pdfsig(bytes)
  if (told === undefined) return t.skip('needs poppler-utils')
  assert.match(told, /Signature Type: ETSI\.CAdES\.detached/)
  assert.match(told, /Signature is Valid/)
  assert.match(told, /Total document signed/)
  const changed = Buffer.from(bytes)
  changed[changed.indexOf('/Author') + 1] = 0x58
  assert.doesNotMatch((await pdfsig(changed)) ?? '', /Signature is Valid/)
})

test('the same certificate is kept; the same paper sealed again is the same', async () => {
  assert.deepEqual(await file(), await file())
  const one = sealer({ p12: file, passphrase: SELF_MADE_PASSPHRASE })
  const [first, second] = [await one.seal(await paper()), await one.seal(await paper())]
  assert.ok(first.bytes.equals(second.bytes))
})

test('a wrong passphrase and a paper without a place for it are refused', async () => {
  const wrong = sealer({ p12: file, passphrase: 'wrong' })
  await assert.rejects(wrong.seal(await paper()), /password|MAC/i)
  await assert.rejects(sealer({ p12: file, passphrase: SELF_MADE_PASSPHRASE }).seal(await paper(false)))
})

/** What poppler's pdfsig says; undefined where it is not installed. It ends with an error when it cannot verify. */
async function pdfsig(bytes: Buffer): Promise<string | undefined> {
  const path = join(folder, 'sealed.pdf')
  await writeFile(path, bytes)
  try {
    return execFileSync('pdfsig', [path], { stdio: 'pipe' }).toString()
  } catch (error) {
    const { code, stdout } = error as { code?: string; stdout?: Buffer }
    return code === 'ENOENT' ? undefined : String(stdout ?? '')
  }
}
