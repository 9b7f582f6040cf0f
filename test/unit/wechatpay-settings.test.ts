import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigError, readConfig } from '../../server/lib/config.ts'
import { test } from '../suite.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const GIVEN = {
  SANDBOX: 'off',
  BASE_URL: 'https://rent.example.com',
  WECHAT_APP_ID: 'wx1',
  WECHAT_APP_SECRET: 's',
  WECHATPAY_MCH_ID: '1900000001',
  WECHATPAY_SERIAL: '5A1D',
  WECHATPAY_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
  WECHATPAY_PUBLIC_KEY: publicKey,
  WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1',
  WECHATPAY_APIV3_KEY: 'k'.repeat(32),
}

const problems = (more: Record<string, string>) => {
  try {
    readConfig({ ...GIVEN, ...more })
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

test('keys are given as text, with line breaks written out, or as a file', () => {
  const pay = readConfig(GIVEN).wechatpay
  assert.equal(pay?.privateKey, privateKey)
  assert.equal(pay?.apiBase, 'https://api.mch.weixin.qq.com')
  const folder = mkdtempSync(join(tmpdir(), 'yingke-'))
  const file = join(folder, 'apiclient_key.pem')
  writeFileSync(file, privateKey)
  assert.equal(readConfig({ ...GIVEN, WECHATPAY_PRIVATE_KEY: file }).wechatpay?.privateKey, privateKey)
  rmSync(folder, { recursive: true })
})

test('all or nothing, and each mistake by its name', () => {
  assert.deepEqual(problems({ WECHATPAY_SERIAL: '', WECHATPAY_APIV3_KEY: '' }), [
    'WECHATPAY_SERIAL: missing, while WECHATPAY_MCH_ID is set',
    'WECHATPAY_APIV3_KEY: missing, while WECHATPAY_MCH_ID is set',
  ])
  const key = 'WECHATPAY_PRIVATE_KEY: must be a PEM key, or the path of a file with one'
  for (const text of ['/no/such/file', '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----', publicKey])
    assert.deepEqual(problems({ WECHATPAY_PRIVATE_KEY: text }), [key])
  assert.match(problems({ BASE_URL: 'http://rent.example.com' }).join(), /^BASE_URL: must be an https:\/\/ address/)
  assert.deepEqual(problems({ WECHATPAY_APIV3_KEY: 'short' }), ['WECHATPAY_APIV3_KEY: must be 32 characters'])
  assert.deepEqual(problems({ WECHATPAY_SCORE_SERVICE_ID: '500001' }), [
    'WECHATPAY_SCORE_KEY: missing, while WECHATPAY_SCORE_SERVICE_ID is set',
  ])
  const none = Object.fromEntries(Object.keys(GIVEN).flatMap((name) => (/^WECHATPAY/.test(name) ? [[name, '']] : [])))
  assert.equal(readConfig({ ...GIVEN, ...none }).wechatpay, undefined)
})

test('in the sandbox the stand-in has keys of its own', () => {
  const { wechatpay } = readConfig({ WECHATPAY_MCH_ID: '1900000009' })
  assert.deepEqual([wechatpay?.mchId, wechatpay?.privateKey, wechatpay?.score], ['1900000009', '', undefined])
})
