import assert from 'node:assert/strict'
import { signAliyun } from '../../server/platforms/aliyun-sign.ts'
import { test } from '../suite.ts'

const key = { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' }

test('the example of Aliyun’s own documentation has Aliyun’s own signature', () => {
  const { query, headers } = signAliyun(
    {
      host: 'ecs.cn-shanghai.aliyuncs.com',
      action: 'RunInstances',
      version: '2014-05-26',
      query: {
        RegionId: 'cn-shanghai',
        ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
      },
      nonce: '3156853299f313e23d1673dc12e1703d',
      date: '2023-10-26T10:22:32Z',
    },
    key,
  )
  assert.equal(query, 'ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai')
  assert.equal(
    headers.Authorization,
    'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  )
})

test('each call has a nonce and a time of its own, and odd characters are written as RFC 3986 has them', () => {
  const call = { host: 'h', action: 'a', version: 'v', query: { b: "it's (a) *~", a: '迎客' } }
  const [one, other] = [signAliyun(call, key), signAliyun(call, key)]
  assert.notEqual(one.headers['x-acs-signature-nonce'], other.headers['x-acs-signature-nonce'])
  assert.match(String(one.headers['x-acs-date']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(one.query, 'a=%E8%BF%8E%E5%AE%A2&b=it%27s%20%28a%29%20%2A~')
  assert.equal(one.headers.host, undefined)
})
