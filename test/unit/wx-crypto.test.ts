import assert from 'node:assert/strict'
import { createCipheriv, randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as official from '@wecom/crypto'
import { wecomCallback } from '../../server/platforms/wecom-callback.ts'
import { CallbackRefused, checkAge, type RefusalReason, wxCrypto } from '../../server/platforms/wx-crypto.ts'
import { test } from '../suite.ts'

interface Vector {
  id: string
  inputs: Record<string, string>
  expected: Record<string, string>
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('../../../test/vectors/wx.json', import.meta.url), 'utf8'))

function vector(id: string): Vector {
  const found = vectors.find((one) => one.id === id)
  assert.ok(found, `${id} is missing from wx.json`)
  return found
}

const KEY = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C'
const ours = { token: 'QDG6eK', encodingAesKey: KEY, receiveId: 'ww5823bf96d3bd56' }
const crypto = wxCrypto(ours)

function refused(reason: RefusalReason, status: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CallbackRefused, String(error))
    assert.deepEqual([error.reason, error.status], [reason, status])
    return true
  }
}

/** Encrypts exactly these bytes: the padding is the test's own affair. */
function forge(padded: Buffer): string {
  const key = Buffer.from(`${KEY}=`, 'base64')
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
}

function content(message: string | Buffer, id = ours.receiveId, claimed = Buffer.from(message).length): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(claimed)
  return Buffer.concat([randomBytes(16), length, Buffer.from(message), Buffer.from(id)])
}

function pkcs7(bytes: Buffer, block = 32): Buffer {
  const count = block - (bytes.length % block)
  return Buffer.concat([bytes, Buffer.alloc(count, count)])
}

test('the official WeCom URL verification opens through the callback', () => {
  const { inputs, expected } = vector('wecom-url-verify-official')
  const config = {
    corpId: inputs.receiveId ?? '',
    token: inputs.token ?? '',
    encodingAesKey: inputs.encodingAESKey ?? '',
  }
  const query = {
    msg_signature: expected.msg_signature,
    timestamp: inputs.timestamp,
    nonce: inputs.nonce,
    echostr: inputs.echostr,
  }
  const door = wecomCallback({ ...config, maxAgeS: 0 })
  assert.equal(door.verifyUrl(query), expected.plaintext)
  assert.ok(query.echostr?.includes('+'), 'the vector has a plus sign to lose')
  assert.equal(door.verifyUrl({ ...query, echostr: query.echostr?.replaceAll('+', ' ') }), expected.plaintext)
  // Its timestamp is of 2014: with the default age it is a replay.
  const strict = wecomCallback({ ...config, maxAgeS: 300 })
  assert.throws(() => strict.verifyUrl(query), refused('stale', 401))
  assert.throws(() => strict.verifyUrl({ ...query, echostr: undefined }), refused('query', 400))
})

test('the AI bot vector opens with an empty receiver id, and the DingTalk event with its own', () => {
  const bot = vector('wecom-aibot-json-empty-receiveid')
  const botCrypto = wxCrypto({
    token: bot.inputs.token ?? '',
    encodingAesKey: bot.inputs.encodingAESKey ?? '',
    receiveId: '',
  })
  const { encrypt = '', msg_signature = '', httpBody = '' } = bot.expected
  assert.equal(JSON.parse(httpBody).encrypt, encrypt)
  botCrypto.verify(msg_signature, bot.inputs.timestamp ?? '', bot.inputs.nonce ?? '', encrypt)
  assert.equal(botCrypto.open(encrypt), bot.inputs.plaintext)

  const ding = vector('dingtalk-event-decrypt-official')
  const { token = '', aesKey = '', ownerKey = '', timestamp = '', nonce = '' } = ding.inputs
  const dingCrypto = wxCrypto({ token, encodingAesKey: aesKey, receiveId: ['dingcorp', ownerKey] })
  const sealed = ding.inputs.encrypt ?? ''
  assert.equal(dingCrypto.sign(timestamp, nonce, sealed), ding.expected.signature)
  assert.equal(dingCrypto.open(sealed), ding.expected.plaintext)
})

test('whatever is sealed opens again, and the official package agrees both ways', () => {
  const alphabet = ['a', '7', '<', '&', '\n', ' ', '迎', '客', 'é', '🙂', '\ufeff', '\u0000']
  // The head and the id are 36 bytes: these lengths walk over every position in a block, then jump up to 4096.
  const lengths = [
    ...Array(70).keys(),
    4059,
    4060,
    4061,
    4095,
    4096,
    ...Array.from({ length: 60 }, () => randomInt(4097)),
  ]
  for (const length of lengths) {
    const message = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
    const sealed = crypto.seal(message)
    assert.equal(crypto.open(sealed), message, `length ${length}`)
    assert.equal(Buffer.from(sealed, 'base64').length % 32, 0)
    assert.deepEqual(official.decrypt(KEY, sealed).id, ours.receiveId)
    assert.equal(official.decrypt(KEY, sealed).message, message)
    assert.equal(crypto.open(official.encrypt(KEY, message, ours.receiveId)), message)
  }
  assert.notEqual(crypto.seal('same'), crypto.seal('same'), 'the random head differs')
})

test('a key whose last character has bits over is the same key', () => {
  // 'A' to 'D' differ only in the two bits that no byte uses.
  const twins = ['A', 'B', 'C', 'D'].map((last) => wxCrypto({ ...ours, encodingAesKey: KEY.slice(0, 42) + last }))
  for (const twin of twins) assert.equal(crypto.open(twin.seal('迎客')), '迎客')
  for (const encodingAesKey of [KEY.slice(1), `${KEY}A`, `${KEY.slice(0, 42)}*`, '']) {
    assert.throws(() => wxCrypto({ ...ours, encodingAesKey }), /43 characters/)
  }
})

test('a signature holds for exactly its four parts', () => {
  const sealed = crypto.seal('hello')
  const good = crypto.sign('1700000000', 'n1', sealed)
  assert.equal(good, official.getSignature(ours.token, '1700000000', 'n1', sealed))
  crypto.verify(good, '1700000000', 'n1', sealed)
  crypto.verify(good.toUpperCase(), '1700000000', 'n1', sealed)
  const flipped = (good.startsWith('0') ? '1' : '0') + good.slice(1)
  const attempts: [string, string, string, string][] = [
    [flipped, '1700000000', 'n1', sealed],
    ['', '1700000000', 'n1', sealed],
    [good.slice(0, 39), '1700000000', 'n1', sealed],
    [`${good}0`, '1700000000', 'n1', sealed],
    ['é'.repeat(20), '1700000000', 'n1', sealed],
    [good, '1700000001', 'n1', sealed],
    [good, '1700000000', 'n2', sealed],
    [good, '1700000000', 'n1', crypto.seal('hello')],
    [official.getSignature('other', '1700000000', 'n1', sealed), '1700000000', 'n1', sealed],
  ]
  for (const attempt of attempts) assert.throws(() => crypto.verify(...attempt), refused('signature', 401))
})

test('a callback is stale outside the window on either side, and never with 0', () => {
  const now = 1_700_000_000_000
  for (const timestamp of ['1699999700', '1700000000', '1700000300']) checkAge(timestamp, 300, now)
  for (const timestamp of ['1699999699', '1700000301', '0', '1700000000000'.slice(0, 12)]) {
    assert.throws(() => checkAge(timestamp, 300, now), refused('stale', 401))
    checkAge(timestamp, 0, now)
  }
  assert.throws(() => checkAge('1699999700', 300, now + 1), refused('stale', 401), 'a millisecond too late')
  for (const timestamp of ['', 'soon', '-1', '1e9', '1700000000.5', ' 1700000000']) {
    assert.throws(() => checkAge(timestamp, 0, now), refused('query', 400))
  }
})

test('the receiver id must match to the byte', () => {
  for (const id of ['', 'ww5823bf96d3bd5', 'ww5823bf96d3bd567', 'wx5823bf96d3bd56', ` ${ours.receiveId}`]) {
    assert.throws(() => crypto.open(forge(pkcs7(content('hi', id)))), refused('receiveid', 403), id)
  }
  assert.throws(() => wxCrypto({ ...ours, receiveId: '' }).open(crypto.seal('hi')), refused('receiveid', 403))
})

test('padding is checked byte by byte', () => {
  const body = content('x'.repeat(64 - 20 - ours.receiveId.length - 5)) // 59 bytes: five of padding
  assert.equal(body.length, 59)
  const padded = (...bytes: number[]) => forge(Buffer.concat([body, Buffer.from(bytes)]))
  assert.ok(crypto.open(padded(5, 5, 5, 5, 5)))
  assert.throws(() => crypto.open(padded(5, 5, 5, 5, 0)), refused('padding', 400))
  assert.throws(() => crypto.open(padded(5, 5, 5, 5, 33)), refused('padding', 400))
  assert.throws(() => crypto.open(padded(5, 5, 5, 5, 255)), refused('padding', 400))
  const tooMuch = Buffer.concat([content('x'.repeat(63 - 20 - ours.receiveId.length)), Buffer.alloc(33, 33)])
  assert.throws(() => crypto.open(forge(tooMuch)), refused('padding', 400), 'more than a block')
  assert.throws(() => crypto.open(padded(4, 5, 5, 5, 5)), refused('padding', 400), 'the first byte is wrong')
  assert.throws(() => crypto.open(padded(5, 5, 4, 5, 5)), refused('padding', 400), 'one in the middle is wrong')
  assert.throws(() => crypto.open(padded(6, 6, 6, 6, 6)), refused('padding', 400), 'it reaches into the message')
  // Valid padding of the wrong length leaves a byte behind the id.
  assert.throws(() => crypto.open(padded(5, 4, 4, 4, 4)), refused('receiveid', 403))
  // A whole block of padding is what a full block needs.
  assert.equal(crypto.open(forge(pkcs7(content('y'.repeat(28))))), 'y'.repeat(28))
})

test('a ciphertext of a wrong size, or none, is refused before it is decrypted', () => {
  const sealed = Buffer.from(crypto.seal('hello'), 'base64')
  const odd = [
    Buffer.alloc(0),
    sealed.subarray(0, 31),
    sealed.subarray(0, 16),
    Buffer.concat([sealed, Buffer.alloc(1)]),
  ]
  for (const bytes of odd) assert.throws(() => crypto.open(bytes.toString('base64')), refused('cipher', 400))
  assert.throws(() => crypto.open('***'), refused('cipher', 400))
  // Padded to 16, as a careless sender would: 48 bytes are no whole block of 32.
  const careless = pkcs7(content('a'.repeat(10)), 16)
  assert.equal(careless.length, 48)
  assert.throws(() => crypto.open(forge(careless)), refused('cipher', 400))
  // One bit changed in the ciphertext: the signature catches it first, but no other error may come out of here.
  for (let bit = 0; bit < sealed.length * 8; bit += 7) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      crypto.open(changed.toString('base64'))
    } catch (error) {
      assert.ok(error instanceof CallbackRefused, `bit ${bit}: ${error}`)
    }
  }
})

test('the length field must fit what is there', () => {
  assert.throws(() => crypto.open(forge(pkcs7(content('hi', ours.receiveId, 19)))), refused('length', 400))
  assert.throws(() => crypto.open(forge(pkcs7(content('hi', ours.receiveId, 0xffffffff)))), refused('length', 400))
  assert.throws(() => crypto.open(forge(pkcs7(content('hi', ours.receiveId, 18)))), refused('receiveid', 403))
  assert.throws(() => crypto.open(forge(pkcs7(content('hi', ours.receiveId, 1)))), refused('receiveid', 403))
  assert.throws(() => crypto.open(forge(pkcs7(Buffer.alloc(19)))), refused('length', 400))
  assert.throws(() => crypto.open(forge(Buffer.alloc(32, 32))), refused('length', 400))
})

test('a message that is not UTF-8 is refused, not patched', () => {
  const broken = Buffer.from([0x68, 0xc3, 0x28])
  assert.throws(() => crypto.open(forge(pkcs7(content(broken)))), refused('encoding', 400))
})
