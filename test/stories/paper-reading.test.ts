import assert from 'node:assert/strict'
import type { PaperReading } from '../../server/domain/profile/reading.ts'
import { openStory, type Story } from '../harness.ts'
import { idCardFront, photograph } from '../paper-pictures.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, test } from '../suite.ts'

const NUMBER = '31010119900512122X'
interface Refusal {
  error: { kind: string; message: string; field?: string }
}

let story: Story
afterEach(() => story.close())

async function house(ocr: string): Promise<Story> {
  story = await openStory({ env: { OCR: ocr } })
  await story.wang.signIn()
  return story
}

async function reads(picture: Buffer, kind = 'id_card', who = story.wang, purpose = '?for=document') {
  const { body } = await story.wang.upload(picture, 'card.jpg', purpose)
  return who.call<PaperReading & Refusal>('POST', '/api/me/documents/read', { kind, photo: body.id })
}

test('WeChat reads both sides of an identity card and a licence; what does not agree with itself is told', async () => {
  const { wechat } = await house('wechat')
  const front = (await reads(await jpeg())).body
  assert.deepEqual([front.side, front.fields.number?.value, front.fields.birth?.value], ['front', NUMBER, '1990-05-12'])
  assert.deepEqual(front.doubts, [])
  wechat.papers.side = 'Back'
  const back = (await reads(await jpeg())).body
  assert.deepEqual([back.side, back.fields.valid_to?.value], ['back', '2037-01-05'])
  const licence = (await reads(await jpeg(), 'driving_licence')).body
  assert.deepEqual([licence.fields.class?.value, licence.fields.issued_on?.value], ['C1', '2015-06-01'])
  wechat.papers.side = 'Front'
  wechat.papers.front.id = '310101199005121228'
  assert.deepEqual((await reads(await jpeg())).body.doubts, [{ field: 'number', why: 'check_digit' }])
  wechat.dropToken()
  assert.equal((await reads(await jpeg())).status, 200, 'a token that was dropped is renewed')
})

test('no paper on the picture, nothing left for today, a platform that fails: each is told, and one can type', async () => {
  const { wechat } = await house('wechat')
  wechat.papers.side = 'none'
  const unseen = await reads(await jpeg())
  assert.deepEqual([unseen.status, unseen.body.error.field], [422, 'photo'])
  assert.match(unseen.body.error.message, /没有认出证件/)
  wechat.papers.side = 'Front'
  wechat.papers.left = 0
  const spent = await reads(await jpeg())
  assert.equal(spent.status, 409)
  assert.match(spent.body.error.message, /直接填写/)
  wechat.papers.left = 10
  wechat.faults.down = '503'
  assert.equal((await reads(await jpeg())).status, 409)
  wechat.faults.down = false
  const { status } = await story.wang.call('POST', '/api/me/documents', { kind: 'id_card', number: NUMBER })
  assert.equal(status, 201)
})

test('a picture of somebody else, or one that was sent for something else, is not read', async () => {
  await house('wechat')
  await story.li.signIn()
  assert.equal((await reads(await jpeg(), 'id_card', story.li)).status, 422)
  assert.equal((await reads(await jpeg(), 'id_card', story.wang, '')).status, 422)
})

test('read on this machine, with nothing asked of WeChat', async () => {
  const { wechat } = await house('embedded')
  const card = idCardFront({
    name: '王晓梅',
    sex: '女',
    nation: '汉',
    number: NUMBER,
    address: ['上海市黄浦区人民大道120号', '3栋201室'],
  })
  const { status, body } = await reads(await photograph(card, { turned: 2, noise: 20, seed: 1 }))
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.fields.number?.value, NUMBER)
  assert.equal(body.fields.number?.sure, 1)
  assert.equal(body.fields.name?.value, '王晓梅')
  assert.equal(wechat.calls.get('/cv/ocr/idcard'), undefined)
  const empty = await reads(await jpeg())
  assert.equal(empty.status, 422)
})

test('not read at all: papers are typed', async () => {
  await house('off')
  const { status, body } = await reads(await jpeg())
  assert.deepEqual([status, body.error.message], [409, '没有开启拍照识别，请直接填写。'])
})
