import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeIn, codeOfArrival } from '../src/services/codes.ts'

test('a code is found in whatever a camera reads', () => {
  for (const scanned of [
    'yk1002',
    ' YK1002 ',
    'https://yingke.example/a/YK1002',
    'https://yingke.example/a/YK1002?from=sheet',
    'https://yingke.example/open?code=yk1002#top',
    'https://w.example/x?q=https%3A%2F%2Fyingke.example%2Fa%2FYK1002',
    // What WeChat says of a mini-program code of our own.
    'pages/asset/asset?scene=a%3DYK1002',
  ]) {
    assert.equal(codeIn(scanned), 'YK1002', scanned)
  }
  assert.equal(codeIn(''), '')
  assert.equal(codeIn('%E0%A4%A'), '%E0%A4%A', 'what cannot be decoded stays as it is')
})

test('a page is opened for a code by a mini-program code, an ordinary QR code, or another page', () => {
  assert.equal(codeOfArrival({ scene: 'a%3DYK1002' }), 'YK1002', 'WeChat hands over the scene encoded')
  assert.equal(codeOfArrival({ scene: 'a=YK1002' }), 'YK1002', 'the router of the web page decodes it')
  assert.equal(codeOfArrival({ q: 'https%3A%2F%2Fyingke.example%2Fa%2FYK1002', scancode_time: '1' }), 'YK1002')
  assert.equal(codeOfArrival({ code: 'YK1002', scene: 'a%3DYK9' }), 'YK1002')
  assert.equal(codeOfArrival({}), '')
})
