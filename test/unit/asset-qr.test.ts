import assert from 'node:assert/strict'
import { inflateSync } from 'node:zlib'
import { addressOf, qrSheets, sceneOf } from '../../server/domain/assets/qr.ts'
import { CODE } from '../../server/engines/forms/asset-field.ts'
import { test } from '../suite.ts'

/** What each page of a PDF draws, as text. */
function pagesOf(pdf: Buffer): string[] {
  const raw = pdf.toString('latin1')
  return [...raw.matchAll(/\/Filter \/FlateDecode\n>>\nstream\n([\s\S]*?)\nendstream/g)].map(([, stream = '']) =>
    inflateSync(Buffer.from(stream, 'latin1')).toString('latin1'),
  )
}

/** The words on a page: pdfkit writes them in hexadecimal. */
function wordsOn(page: string): string[] {
  return [...page.matchAll(/\[(.*)\] TJ/g)].map(([, parts = '']) =>
    Buffer.from([...parts.matchAll(/<([0-9a-f]+)>/g)].map(([, hex]) => hex).join(''), 'hex').toString('latin1'),
  )
}

test('a sheet has twenty-four codes, each with its letters below', async () => {
  const codes = Array.from({ length: 50 }, (_, index) => `YK${1000 + index}`)
  const pages = pagesOf(await qrSheets('https://bikes.example', codes))
  assert.deepEqual(
    pages.map((page) => wordsOn(page).length),
    [24, 24, 2],
  )
  assert.deepEqual(pages.flatMap(wordsOn), codes)
  assert.ok((pages[0]?.match(/ re$/gm)?.length ?? 0) > 24 * 200, 'the modules are drawn')
})

test('a code of any length that we take fits into a scene of WeChat', () => {
  const longest = 'A'.repeat(30)
  assert.match(longest, CODE)
  assert.doesNotMatch(`${longest}A`, CODE)
  assert.equal(sceneOf(longest).length, 32)
  assert.match(sceneOf('YK-1_A'), /^[0-9a-zA-Z!#$&'()*+,/:;=?@\-._~]{1,32}$/)
  assert.equal(addressOf('https://bikes.example', 'YK1'), 'https://bikes.example/a/YK1')
})
