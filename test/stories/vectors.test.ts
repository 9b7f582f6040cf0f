import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../server/lib/config.ts'
import { openStory, type Story } from '../harness.ts'
import { after, test } from '../suite.ts'

interface Vector {
  id: string
  inputs: Record<string, string>
  expected: Record<string, string>
}

const vectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/wx.json'), 'utf8')) as Vector[]
const stories: Story[] = []
after(async () => {
  for (const story of stories) await story.close()
})

function vector(id: string): Vector {
  const found = vectors.find((one) => one.id === id)
  if (!found) throw new Error(`no vector ${id}`)
  return found
}

async function house(env: Record<string, string>): Promise<Story> {
  const story = await openStory({ env: { CALLBACK_MAX_AGE_S: '0', ...env } })
  stories.push(story)
  return story
}

test('WeCom’s official URL verification sample is answered with its plain text', async () => {
  const { inputs, expected } = vector('wecom-url-verify-official')
  const story = await house({
    WECOM_CORP_ID: inputs.receiveId as string,
    WECOM_TOKEN: inputs.token as string,
    WECOM_ENCODING_AES_KEY: inputs.encodingAESKey as string,
  })
  const query = new URLSearchParams({
    msg_signature: expected.msg_signature as string,
    timestamp: inputs.timestamp as string,
    nonce: inputs.nonce as string,
    echostr: inputs.echostr as string,
  })
  const answer = await fetch(`${story.running.url}/callbacks/wecom?${query}`)
  assert.equal(answer.status, 200)
  assert.equal(await answer.text(), expected.plaintext)
  query.set(
    'msg_signature',
    (expected.msg_signature as string).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  )
  assert.equal((await fetch(`${story.running.url}/callbacks/wecom?${query}`)).status, 401)
})

test('an old callback is refused when the age is checked', async () => {
  const { inputs, expected } = vector('wecom-url-verify-official')
  const story = await house({
    CALLBACK_MAX_AGE_S: '300',
    WECOM_CORP_ID: inputs.receiveId as string,
    WECOM_TOKEN: inputs.token as string,
    WECOM_ENCODING_AES_KEY: inputs.encodingAESKey as string,
  })
  const query = new URLSearchParams({ ...inputs, msg_signature: expected.msg_signature as string })
  assert.equal((await fetch(`${story.running.url}/callbacks/wecom?${query}`)).status, 401)
})

test('WeChat’s official samples pass: the URL verification and the encrypted push', async () => {
  const verify = vector('wxa-push-url-verify')
  const push = vector('wxa-push-encrypted-post')
  const story = await house({
    WECHAT_APP_ID: push.inputs.appid as string,
    WECHAT_PUSH_TOKEN: push.inputs.token as string,
    WECHAT_PUSH_AES_KEY: push.inputs.encodingAESKey as string,
  })
  const { timestamp, nonce, echostr } = verify.inputs as Record<'timestamp' | 'nonce' | 'echostr', string>
  const query = new URLSearchParams({ signature: verify.expected.signature as string, timestamp, nonce, echostr })
  const answer = await fetch(`${story.running.url}/callbacks/wechat?${query}`)
  assert.deepEqual([answer.status, await answer.text()], [200, verify.expected.responseBody])

  const safe = new URLSearchParams({
    signature: push.expected.signature as string,
    timestamp: push.inputs.timestamp as string,
    nonce: push.inputs.nonce as string,
    encrypt_type: 'aes',
    msg_signature: push.expected.msg_signature as string,
  })
  const post = (encrypt: string) =>
    fetch(`${story.running.url}/callbacks/wechat?${safe}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt: encrypt }),
    })
  const taken = await post(push.inputs.encrypt as string)
  assert.deepEqual([taken.status, await taken.text()], [200, 'success'])
  assert.equal((await post((push.inputs.encrypt as string).replace('+qdx', '+qdy'))).status, 401)
})
