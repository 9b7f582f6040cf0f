import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { decryptFile, WecomCrypto } from '@wecom/aibot-node-sdk'
import { wecomBotCallback } from '../../server/platforms/wecom-bot-callback.ts'
import { botDedupKey, botEvent } from '../../server/platforms/wecom-bot-event.ts'
import { decryptBotFile } from '../../server/platforms/wecom-bot-media.ts'
import { CallbackRefused, type RefusalReason } from '../../server/platforms/wx-crypto.ts'
import { test } from '../suite.ts'

const NOW = 1_700_000_000_000
const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors/wx.json', import.meta.url), 'utf8'))
const vector = vectors.find((one: { id: string }) => one.id === 'wecom-aibot-json-empty-receiveid')
const { token, encodingAESKey: encodingAesKey, timestamp, nonce } = vector.inputs
const query = { msg_signature: vector.expected.msg_signature, timestamp, nonce }
const door = wecomBotCallback({ token, encodingAesKey, maxAgeS: 300 }, () => NOW)
/** The SDK's own cipher, as a second opinion. */
const official = new WecomCrypto(token, encodingAesKey, '')

function refused(reason: RefusalReason, status: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CallbackRefused, String(error))
    assert.deepEqual([error.reason, error.status], [reason, status])
    return true
  }
}

/** A push as the platform makes it. */
function push(body: unknown) {
  const { encrypt, signature } = official.encrypt(JSON.stringify(body), timestamp, nonce)
  return { query: { msg_signature: signature, timestamp, nonce }, body: JSON.stringify({ encrypt }) }
}

const head = { msgid: 'M1', aibotid: 'BOT', chattype: 'single', from: { userid: 'lihua' } }
const inGroup = { ...head, chattype: 'group', chatid: 'C1' }
const common = { msgId: 'M1', userId: 'lihua', conversation: { kind: 'single', id: 'lihua' } }

test('the published callback of a bot with an empty receiveid opens, and its reply is one that the SDK can open', () => {
  const event = door.open(query, vector.expected.httpBody)
  assert.deepEqual(event, {
    kind: 'message',
    msgId: 'CAIQ16HMjQYY',
    userId: 'zhangsan',
    conversation: { kind: 'single', id: 'zhangsan' },
    responseUrl: 'https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=RC',
    type: 'text',
    text: '你好 robot',
    files: [],
  })
  const reply = JSON.parse(door.reply(query, { msgtype: 'stream', stream: { id: 'S1', finish: true, content: '好' } }))
  assert.deepEqual(Object.keys(reply), ['encrypt', 'msgsignature', 'timestamp', 'nonce'])
  assert.deepEqual([reply.timestamp, reply.nonce], [1_700_000_000, nonce])
  assert.ok(official.verifySignature(reply.msgsignature, String(reply.timestamp), nonce, reply.encrypt))
  assert.deepEqual(JSON.parse(official.decrypt(reply.encrypt)).stream, { id: 'S1', finish: true, content: '好' })
})

test('the URL is verified with an empty receiveid', () => {
  const { encrypt, signature } = official.encrypt('4375120948', timestamp, nonce)
  const asked = { msg_signature: signature, timestamp, nonce, echostr: encrypt.replaceAll('+', ' ') }
  assert.equal(door.verifyUrl(asked), '4375120948')
  assert.throws(() => door.verifyUrl({ ...asked, msg_signature: 'x' }), refused('signature', 401))
  assert.throws(() => door.verifyUrl({ msg_signature: signature, timestamp, nonce }), refused('query', 400))
})

test('what was tampered with, is old or is no JSON is refused', () => {
  const body = vector.expected.httpBody
  assert.throws(() => door.open({ ...query, nonce: '1' }, body), refused('signature', 401))
  const late = wecomBotCallback({ token, encodingAesKey, maxAgeS: 300 }, () => NOW + 301_000)
  assert.throws(() => late.open(query, body), refused('stale', 401))
  for (const text of ['', '[]', '{"encrypt":1}', '<xml></xml>'])
    assert.throws(() => door.open(query, text), refused('json', 400))
  assert.throws(() => door.open(query, ' '.repeat(1024 * 1024 + 1)), refused('size', 413))
  const foreign = new WecomCrypto(token, encodingAesKey, 'ww1').encrypt('{}', timestamp, nonce)
  const bad = { msg_signature: foreign.signature, timestamp, nonce }
  assert.throws(() => door.open(bad, JSON.stringify({ encrypt: foreign.encrypt })), refused('receiveid', 403))
  for (const content of [{}, { ...head, from: {} }, { msgid: 'M1' }, 'words']) {
    const { query, body } = push(content)
    assert.throws(() => door.open(query, body), refused('content', 400))
  }
})

test('messages of every kind become words and files', () => {
  const text = (content: string) => ({ msgtype: 'text', text: { content } })
  const said = (body: object) => {
    const event = botEvent({ ...head, ...body }, 'KEY')
    assert.ok(event.kind === 'message')
    return [event.type, event.text, event.files]
  }
  assert.deepEqual(said(text(' 待办 ')), ['text', ' 待办 ', []])
  assert.deepEqual(said({ msgtype: 'voice', voice: { content: '今天到期的' } }), ['voice', '今天到期的', []])
  assert.deepEqual(said({ msgtype: 'image', image: { url: 'u' } }), ['image', '', [{ url: 'u', aesKey: 'KEY' }]])
  assert.deepEqual(said({ msgtype: 'file', file: { url: 'u', aeskey: 'own' } }), [
    'file',
    '',
    [{ url: 'u', aesKey: 'own' }],
  ])
  const mixed = { msg_item: [text('看这里'), { msgtype: 'image', image: { url: 'u' } }, text('还有这里')] }
  assert.deepEqual(said({ msgtype: 'mixed', mixed }), ['mixed', '看这里\n还有这里', [{ url: 'u', aesKey: 'KEY' }]])
  const group = botEvent({ ...inGroup, ...text('@智能助手 今天到期'), quote: text('上一句') })
  assert.deepEqual(group, {
    ...common,
    conversation: { kind: 'group', id: 'C1' },
    kind: 'message',
    type: 'text',
    text: '今天到期',
    files: [],
    quoted: { text: '上一句', files: [] },
  })
})

test('events are read, and a menu press has no selections', () => {
  const event = (eventtype: string, more: object = {}) =>
    botEvent({ ...head, msgtype: 'event', create_time: 1_700_000_000, event: { eventtype, ...more } })
  const data = { card_type: 'button_interaction', event_key: 'accept', task_id: 'T1' }
  const press = { ...common, kind: 'card', taskId: 'T1', eventKey: 'accept', cardType: 'button_interaction' }
  assert.deepEqual(event('template_card_event', { template_card_event: data }), { ...press, selected: {} })
  const items = { selected_item: [{ question_key: 'to', option_ids: { option_id: ['a', 'b'] } }] }
  assert.deepEqual(event('template_card_event', { template_card_event: { ...data, selected_items: items } }), {
    ...press,
    selected: { to: ['a', 'b'] },
  })
  assert.deepEqual(event('enter_chat'), { ...common, kind: 'enter' })
  const feedback = { id: 'fb', type: 2, content: '不对', inaccurate_reason_list: [2, 3] }
  assert.deepEqual(event('feedback_event', { feedback_event: feedback }), {
    ...common,
    kind: 'feedback',
    feedbackId: 'fb',
    verdict: 'inaccurate',
    text: '不对',
    reasons: [2, 3],
  })
  assert.deepEqual(event('constructor'), { ...common, kind: 'other', type: 'constructor' })
  const poll = botEvent({ ...head, msgtype: 'stream', stream: { id: 'S1' } })
  assert.deepEqual(poll, { ...common, kind: 'stream_poll', streamId: 'S1' })
})

test('a repeat has the same key, of fifty characters at most', () => {
  const key = (msgid: string) => {
    const event = botEvent({ ...head, msgid, msgtype: 'text', text: { content: 'a' } })
    assert.ok(event.kind === 'message')
    return botDedupKey(event)
  }
  assert.equal(key('M1'), key('M1'))
  assert.notEqual(key('x'.repeat(100)), key(`${'x'.repeat(99)}y`))
  assert.ok(key('x'.repeat(100)).length <= 50)
})

test('a file is decrypted as the SDK does it, and a torn one is refused', () => {
  const key = randomBytes(32)
  const bytes = randomBytes(100)
  const seal = (padding: number) => {
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
    return Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(padding, padding)), cipher.final()])
  }
  const sealed = seal(28)
  assert.deepEqual(decryptBotFile(sealed, key.toString('base64')), bytes)
  assert.deepEqual(decryptFile(sealed, key.toString('base64')), bytes)
  assert.throws(() => decryptBotFile(sealed, randomBytes(32).toString('base64')))
  assert.throws(() => decryptBotFile(seal(44), key.toString('base64')), /padding/)
})
