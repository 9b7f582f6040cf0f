import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { wechatPush } from '../../server/platforms/wechat-push.ts'
import { CallbackRefused, type RefusalReason, wxCrypto, wxSignature } from '../../server/platforms/wx-crypto.ts'
import { test } from '../suite.ts'

interface Vector {
  id: string
  inputs: Record<string, string>
  expected: Record<string, string>
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('../../../test/vectors/wx.json', import.meta.url), 'utf8'))

const NOW = 1_714_112_445_000
const base = { appId: 'wxba5fad812f8e6fb9', token: 'AAAAA' }
const aesKey = 'A'.repeat(43)
const platform = wxCrypto({ token: base.token, encodingAesKey: aesKey, receiveId: base.appId })
const plain = wechatPush({ ...base, maxAgeS: 300 }, () => NOW)
const safe = wechatPush({ ...base, aesKey, maxAgeS: 300 }, () => NOW)

function plainQuery(timestamp = String(NOW / 1000)) {
  return { signature: wxSignature(base.token, timestamp, 'n1'), timestamp, nonce: 'n1' }
}

function safeQuery(sealed: string, timestamp = String(NOW / 1000)) {
  return { ...plainQuery(timestamp), encrypt_type: 'aes', msg_signature: platform.sign(timestamp, 'n1', sealed) }
}

function refused(reason: RefusalReason, status: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CallbackRefused, String(error))
    assert.deepEqual([error.reason, error.status], [reason, status])
    return true
  }
}

const common = { ToUserName: 'gh_1', FromUserName: 'o1', CreateTime: 1714112445, MsgType: 'event' }
const xmlHead =
  '<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1714112445</CreateTime><MsgType><![CDATA[event]]></MsgType>'
const head = { from: 'o1', to: 'gh_1', createdAt: NOW, msgId: '' }
const json = (fields: object) => JSON.stringify({ ...common, ...fields })
const xml = (fields: string) => `<xml>${xmlHead}${fields}</xml>`

test('the official URL verification answers its echostr', () => {
  const { inputs, expected } = vectors.find(({ id }) => id === 'wxa-push-url-verify') ?? assert.fail()
  const query = { ...inputs, signature: expected.signature }
  // In safe mode it is in the clear too.
  for (const keys of [{}, { aesKey }]) {
    const push = wechatPush({ ...base, token: inputs.token ?? '', ...keys, maxAgeS: 0 })
    assert.equal(push.verifyUrl(query), expected.responseBody)
    assert.throws(() => push.verifyUrl({ ...query, signature: 'f'.repeat(40) }), refused('signature', 401))
    assert.throws(() => push.verifyUrl({ ...query, nonce: '1' }), refused('signature', 401))
    assert.throws(() => push.verifyUrl({ ...query, echostr: undefined }), refused('query', 400))
  }
  assert.throws(() => plain.verifyUrl(query), refused('stale', 401))
})

test('the official encrypted push opens, from JSON and from XML', () => {
  const { inputs, expected } = vectors.find(({ id }) => id === 'wxa-push-encrypted-post') ?? assert.fail()
  const { encrypt = '' } = inputs
  const query = {
    signature: expected.signature,
    timestamp: inputs.timestamp,
    nonce: inputs.nonce,
    encrypt_type: 'aes',
    msg_signature: expected.msg_signature,
  }
  const bodies = [
    JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt: encrypt }),
    `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>\n<Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`,
  ]
  for (const body of bodies) {
    const event = safe.open(query, body)
    assert.ok(event.kind === 'other')
    assert.deepEqual([event.event, event.fields.debug_str, event.createdAt], ['debug_demo', 'hello world', NOW])
    assert.throws(() => safe.open({ ...query, msg_signature: expected.signature }, body), refused('signature', 401))
    const later = wechatPush({ ...base, aesKey, maxAgeS: 300 }, () => NOW + 301_000)
    assert.throws(() => later.open(query, body), refused('stale', 401))
    const other = wechatPush({ ...base, appId: 'wx-other', aesKey, maxAgeS: 300 }, () => NOW)
    assert.throws(() => other.open(query, body), refused('receiveid', 403))
    assert.throws(() => plain.open(query, body), refused('cipher', 400))
  }
})

test('what a person allowed is read from JSON and XML, one row or many', () => {
  const choices = [
    { templateId: 't1', accepted: true },
    { templateId: 't2', accepted: false },
  ]
  const rows = [
    { TemplateId: 't1', SubscribeStatusString: 'accept', PopupScene: '2' },
    { TemplateId: 't2', SubscribeStatusString: 'reject', PopupScene: '2' },
  ]
  const row = (name: string, status: string) =>
    `<List><TemplateId><![CDATA[${name}]]></TemplateId><SubscribeStatusString><![CDATA[${status}]]></SubscribeStatusString></List>`
  for (const [kind, wrapper] of [
    ['subscribe_msg_popup_event', 'SubscribeMsgPopupEvent'],
    ['subscribe_msg_change_event', 'SubscribeMsgChangeEvent'],
  ] as const) {
    const expected = { ...head, kind, choices }
    assert.deepEqual(plain.open(plainQuery(), json({ Event: kind, List: rows })), expected)
    const event = `<Event>${kind}</Event>`
    const wrapped = `<${wrapper}>${row('t1', 'accept')}${row('t2', 'reject')}</${wrapper}>`
    assert.deepEqual(plain.open(plainQuery(), xml(event + wrapped)), expected)
    const one = { ...expected, choices: choices.slice(0, 1) }
    assert.deepEqual(plain.open(plainQuery(), json({ Event: kind, List: rows[0] })), one)
    assert.deepEqual(plain.open(plainQuery(), xml(`${event}<${wrapper}>${row('t1', 'accept')}</${wrapper}>`)), one)
    assert.deepEqual(plain.open(plainQuery(), json({ Event: kind })), { ...expected, choices: [] })
  }
})

test('what became of a message is read, its 64-bit id whole', () => {
  const body = `{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714112445,"MsgType":"event","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1","MsgID":1864323726461255681,"ErrorCode":0,"ErrorStatus":"success"}}`
  const results = [{ templateId: 't1', msgid: '1864323726461255681', errorCode: 0, errorStatus: 'success' }]
  assert.deepEqual(plain.open(plainQuery(), body), { ...head, kind: 'subscribe_msg_sent_event', results })
})

test('the verdict on a picture is read from safe mode in both formats', () => {
  const verdict = { ...head, kind: 'wxa_media_check', traceId: 'tr-1', errcode: 0, suggest: 'risky', label: 20002 }
  const asJson = json({
    Event: 'wxa_media_check',
    appid: base.appId,
    trace_id: 'tr-1',
    version: 2,
    errcode: 0,
    errmsg: 'ok',
    result: { suggest: 'risky', label: 20002 },
    detail: [{ strategy: 'content_model', errcode: 0, suggest: 'risky', label: 20002, prob: 90 }],
  })
  const asXml = xml(
    '<Event><![CDATA[wxa_media_check]]></Event><trace_id><![CDATA[tr-1]]></trace_id><version>2</version><detail><label>20002</label></detail><errcode>0</errcode><result><suggest><![CDATA[risky]]></suggest><label>20002</label></result>',
  )
  for (const text of [asJson, asXml]) {
    const sealed = platform.seal(text)
    assert.deepEqual(safe.open(safeQuery(sealed), JSON.stringify({ Encrypt: sealed })), verdict)
    assert.deepEqual(safe.open(safeQuery(sealed), `<xml><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`), verdict)
  }
  const failed = plain.open(plainQuery(), json({ Event: 'wxa_media_check', trace_id: 'tr-1', errcode: -1008 }))
  assert.deepEqual(failed, { ...verdict, errcode: -1008, suggest: '', label: 0 })
})

test('with a key configured, a push in the clear is refused', () => {
  const body = json({ Event: 'wxa_media_check', trace_id: 'tr-1', result: { suggest: 'pass', label: 100 } })
  assert.equal(plain.open(plainQuery(), body).kind, 'wxa_media_check')
  assert.throws(() => safe.open(plainQuery(), body), refused('unencrypted', 403))
  const sealed = platform.seal(body)
  const envelope = JSON.stringify({ Encrypt: sealed })
  const { encrypt_type: _, ...undeclared } = safeQuery(sealed)
  assert.throws(() => safe.open(undeclared, envelope), refused('unencrypted', 403))
})

test('tampered, stale, oversize and malformed pushes are refused', () => {
  const body = json({ Event: 'debug_demo' })
  assert.throws(() => plain.open({ ...plainQuery(), signature: '0'.repeat(40) }, body), refused('signature', 401))
  assert.throws(() => plain.open({}, body), refused('signature', 401))
  for (const timestamp of [String(NOW / 1000 - 301), String(NOW / 1000 + 301)]) {
    assert.throws(() => plain.open(plainQuery(timestamp), body), refused('stale', 401))
    const sealed = platform.seal(body)
    const envelope = JSON.stringify({ Encrypt: sealed })
    assert.throws(() => safe.open(safeQuery(sealed, timestamp), envelope), refused('stale', 401))
  }
  assert.throws(() => plain.open(plainQuery(), body + ' '.repeat(256 * 1024)), refused('size', 413))
  for (const text of ['', '{', 'words']) assert.throws(() => plain.open(plainQuery(), text), refused('json', 400))
  const empty = ['[]', 'null', '{}', '<xml><a>1</a></xml>']
  const wrong = [json({ FromUserName: '' }), json({ CreateTime: 'soon' }), json({ Event: 'wxa_media_check' })]
  for (const text of [...empty, ...wrong]) {
    assert.throws(() => plain.open(plainQuery(), text), refused('content', 400), text)
  }
  const bomb = `<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${xml('<Event>&b;</Event>')}`
  assert.throws(() => plain.open(plainQuery(), bomb), refused('xml', 400))
  assert.throws(() => plain.open(plainQuery(), '<xml></xml>'), refused('xml', 400))
  const sealed = platform.seal(body)
  for (const envelope of ['{"Encrypt":7}', '{}', '[]']) {
    assert.throws(() => safe.open(safeQuery(sealed), envelope), refused('json', 400))
  }
})

test('a repeat has the same key, everything else another', () => {
  const keys = [
    json({ MsgType: 'text', MsgId: 1, Content: 'a' }),
    json({ MsgType: 'text', MsgId: 2, Content: 'a' }),
    json({ MsgType: 'text', Content: 'a' }).replace('}', ',"MsgId":7301234567890123456}'),
    json({ MsgType: 'text', Content: 'a' }).replace('}', ',"MsgId":7301234567890123457}'),
    json({ Event: 'wxa_media_check', trace_id: 'a' }),
    json({ Event: 'wxa_media_check', trace_id: 'b' }),
    json({ Event: 'debug_demo' }),
    json({ Event: 'debug_demo', CreateTime: 1714112446 }),
  ].map((body) => {
    const key = plain.dedupKey(plain.open(plainQuery(), body))
    assert.equal(plain.dedupKey(plain.open(plainQuery(String(NOW / 1000 + 5)), body)), key)
    return key
  })
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(keys.every((key) => key.length <= 50))
})
