import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openLookAlikes } from '../../server/domain/customers/look-alike.ts'
import { Shelf } from '../../server/engines/packs/shelf.ts'
import type { Story } from '../harness.ts'
import { giveEmail, happened, openLetters, rowsOf, signedIn, tell } from '../letters.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const MAIL = 'wangxiaomei@example.com'

let story: Story
let wang: string
beforeEach(async () => {
  story = await openLetters()
  wang = await signedIn(story.wang)
  await giveEmail(story, wang, MAIL)
})
afterEach(() => story.close())

const smtp = () => {
  const { smtp } = story.sandbox
  if (!smtp) throw new Error('no mail server')
  return smtp
}
const letter = (text: string, data?: Record<string, unknown>) => tell(story, wang, { kind: 'letter', text, data })
const newest = () => {
  const mail = smtp().inbox(MAIL).at(-1)
  if (!mail) throw new Error('the mailbox is empty')
  return mail
}
const linksIn = (html: string) =>
  [...html.matchAll(/<a[^>]*href="([^"]*)"/g)].map(([, url = '']) => url.replaceAll('&amp;', '&'))
const visit = (url: string, method = 'GET') => fetch(url, { method, redirect: 'manual' })

test('a mail arrives with its words, a plain text, and a way out of all mails', async () => {
  await letter('合同 <甲> & "乙"')
  const mail = newest()
  assert.equal(mail.subject, '合同 <甲> & "乙"')
  assert.deepEqual(mail.from, { name: '迎客', address: 'service@yingke.example' })
  assert.match(mail.html, /王晓梅，合同 &lt;甲&gt; &amp;/)
  assert.match(mail.text, /王晓梅，合同 <甲> & "乙"/)
  assert.match(mail.text, /https:\/\/shop\.example\/a\?x=1&y=2/)
  assert.match(String(mail.headers['list-unsubscribe']), /^<http:\/\/127\.0\.0\.1:\d+\/m\/u\/[\w.-]+>$/)
  assert.equal(mail.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click')
  assert.equal(mail.headers['auto-submitted'], 'auto-generated')
  assert.match(mail.messageId, /@yingke\.example>$/)
  const stored = await story.db.read((tx) => tx.query(`SELECT wire, platformRef FROM messages WHERE kind = 'letter'`))
  assert.ok(!JSON.stringify(stored).includes(MAIL))
})

test('opening and each link are told once; links lead where they led in the mail and nowhere else', async () => {
  await letter('链接', { link: 'javascript:alert(1)' })
  const [pixel = ''] = newest().html.match(/http:\/\/127\.0\.0\.1:\d+\/m\/o\/[\w.-]+/) ?? []
  const [shop = '', bad, app = '', unsubscribe = ''] = linksIn(newest().html)
  assert.equal(bad, '#', 'what a browser could run leads nowhere')
  assert.match(unsubscribe, /\/m\/u\//)

  assert.equal((await visit(pixel, 'HEAD')).status, 200)
  assert.deepEqual(await happened(story, 'mail.opened'), [], 'a look whether it is there is no opening')
  const picture = await visit(pixel)
  assert.deepEqual(
    [picture.headers.get('content-type'), picture.headers.get('cache-control')],
    ['image/gif', 'no-store'],
  )
  await Promise.all([visit(pixel), visit(pixel)])
  const opened = await happened(story, 'mail.opened')
  assert.deepEqual(
    opened.map(({ customerId, kind }) => [customerId, kind]),
    [[wang, 'letter']],
  )

  const led = await visit(shop)
  assert.deepEqual([led.status, led.headers.get('location')], [302, 'https://shop.example/a?x=1&y=2'])
  await visit(shop)
  await visit(app)
  const clicked = await happened(story, 'mail.clicked')
  assert.deepEqual(
    clicked.map(({ url }) => url),
    ['https://shop.example/a?x=1&y=2', `${story.running.url}/app/`],
  )

  // The token of one link does not lead anywhere else, and no token is good for another purpose.
  const [id = '', , signature = ''] = shop.split('/m/c/')[1]?.split('.') ?? []
  const elsewhere = Buffer.from('https://evil.example/').toString('base64url')
  for (const path of [
    `c/${id}.${elsewhere}.${signature}`,
    `c/${id}.${signature}`,
    `o/${shop.split('/m/c/')[1]}`,
    `c/${pixel.split('/m/o/')[1]}`,
    'c/nonsense',
    'o/%00',
  ]) {
    assert.equal((await visit(`${story.running.url}/m/${path}`)).status, 404, path)
  }
  assert.equal((await happened(story, 'mail.clicked')).length, 2)
})

test('one click ends all mails; what can go another way does; a slip of the finger can be undone', async () => {
  await letter('第一封')
  const url = /<(.*)>/.exec(String(newest().headers['list-unsubscribe']))?.[1] ?? ''
  const page = await (await visit(url)).text()
  assert.match(page, /退订邮件/)
  await letter('看一眼页面不算退订')
  assert.equal(smtp().inbox(MAIL).length, 2)

  const oneClick = await fetch(url, {
    method: 'POST',
    body: 'List-Unsubscribe=One-Click',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(oneClick.status, 200)
  await visit(url, 'POST')
  assert.equal((await happened(story, 'mail.unsubscribed')).length, 1)
  await letter('退订之后')
  assert.equal((await rowsOf(story, 'letter')).at(-1)?.state, 'obsolete')
  story.wechat.faults.errcodes.push(43101)
  story.sandbox.sms?.faults.codes.push('isv.MOBILE_NUMBER_ILLEGAL')
  await tell(story, wang, { kind: 'note', text: '也不换成邮件' })
  assert.equal(smtp().taken.length, 2)
  // A new address does not bring them back: it was their wish.
  await giveEmail(story, wang, 'new@example.com')
  await letter('换了邮箱')
  assert.equal(smtp().taken.length, 2)

  assert.equal((await visit(`${url}/undo`, 'POST')).status, 200)
  await letter('恢复之后')
  assert.equal(smtp().inbox('new@example.com').length, 1)
  assert.match(await (await visit(`${story.running.url}/m/u/nonsense`)).text(), /链接不存在或已失效/)
})

test('a mailbox that is gone is not written to again; a new address is another matter', async () => {
  await giveEmail(story, wang, 'nobody@example.com')
  await letter('给没有的人')
  const [row] = await rowsOf(story, 'letter')
  assert.deepEqual([row?.state, row?.via], ['failed', 'mail'])
  assert.match(String(row?.error), /^mail bounced: 550 5\.1\.1/)
  assert.equal((await happened(story, 'mail.bounced')).length, 1)
  await letter('不再试')
  assert.equal((await rowsOf(story, 'letter'))[1]?.state, 'obsolete')
  await tell(story, wang, { kind: 'slip', text: '改发短信' })
  assert.equal(story.sandbox.sms?.inbox('13800001234').length, 1)
  await giveEmail(story, wang, MAIL)
  await letter('新地址')
  assert.equal(smtp().inbox(MAIL).length, 1)
})

test('a server that asks to come back is asked again; a full or forbidding one is not the end of the address', async () => {
  smtp().faults.refuseReceivers.push('450 4.2.0 Greylisted, try again later')
  await letter('灰名单')
  assert.equal((await rowsOf(story, 'letter'))[0]?.state, 'pending')
  await story.later('4 min')
  assert.equal(smtp().taken.length, 0)
  await story.later('2 min')
  assert.equal(smtp().taken.length, 1)

  smtp().faults.refuseReceivers.push('552 5.2.2 Mailbox full')
  await letter('邮箱已满')
  assert.match(String((await rowsOf(story, 'letter'))[1]?.error), /^mail 552/)
  smtp().faults.refuseMails.push('554 5.7.1 Spam')
  await letter('拒收')
  assert.equal((await rowsOf(story, 'letter'))[2]?.state, 'failed')
  await letter('还能写')
  assert.equal(smtp().taken.length, 2)

  smtp().faults.down = true
  await letter('宕机')
  await story.later('1 min')
  smtp().faults.down = false
  await story.later('10 min')
  assert.equal(newest().subject, '宕机')
})

test('after a lost answer the same mail goes again, under the same id: the mailbox shows it once', async () => {
  smtp().faults.loseAnswers = 1
  await letter('应答丢失')
  assert.equal(smtp().taken.length, 1, 'the client itself does not try again')
  await story.later('1 min')
  assert.equal(smtp().taken.length, 2)
  assert.equal(new Set(smtp().taken).size, 1)
  assert.equal(smtp().inbox(MAIL).length, 1)
  assert.equal((await rowsOf(story, 'letter'))[0]?.state, 'sent')
})

test('the mails that ship have their subject, a text and live links; the birthday brings its poster', async () => {
  const coupon = { title: '生日礼遇', worth: '8 折', terms: '全场通用', lastAt: story.clock.now() + 30 * 86_400_000 }
  const manager = { name: '林小雨', reach: '137 0000 0101' }
  for (const kind of ['welcome', 'guide', 'guide_coupon', 'birthday', 'dormant']) {
    await tell(story, wang, { kind, text: kind, data: { coupon, manager } })
    const mail = newest()
    assert.ok(mail.subject.length > 3 && !mail.subject.includes('{'), mail.subject)
    assert.ok(mail.text.includes('退订邮件') && !/\{\{|undefined|<[a-z]+/.test(mail.text), mail.text)
    assert.ok(
      linksIn(mail.html).every((url) => url.startsWith(`${story.running.url}/m/`)),
      kind,
    )
  }
  assert.match(newest().text, /8 折/)
  const birthday = smtp()
    .inbox(MAIL)
    .find(({ subject }) => subject === '王晓梅，生日快乐')
  const [picture] = birthday?.pictures ?? []
  const { bytes } = (await smtp().picture(birthday?.id ?? '', picture?.cid ?? '')) ?? {}
  assert.equal(bytes?.subarray(1, 4).toString(), 'PNG')
  assert.ok((bytes?.length ?? 0) > 50_000, 'with all its drawing')

  // Also without what is not always there.
  await tell(story, wang, { kind: 'welcome', text: '没有客户经理' })
  assert.ok(!newest().html.includes('客户经理'))
})

test('an address is one, and belongs to one', async () => {
  await assert.rejects(giveEmail(story, wang, 'nonsense'), { why: 'wrong_value' })
  await assert.rejects(giveEmail(story, wang, 'a@b.example\r\nRCPT TO:<x@example.com>'), { why: 'wrong_value' })
  const li = await signedIn(story.li)
  assert.equal(await giveEmail(story, li, ` ${MAIL.toUpperCase()} `), false)
  const [pair] = await story.db.read((tx) => openLookAlikes(tx, 10))
  assert.deepEqual([pair?.kind, [pair?.oneId, pair?.otherId].sort()], ['email', [wang, li].sort()])
  await giveEmail(story, wang, MAIL)
  const rows = await story.db.read((tx) => tx.query(`SELECT value FROM customer_identities WHERE kind = 'email'`))
  assert.equal(rows.length, 1)
  assert.ok(!JSON.stringify(rows).includes(MAIL), 'sealed at rest')
})

test('the text messages that ship name every variable of their template, each short enough', async () => {
  const { words } = story.running.house
  const coupon = { title: '生日礼遇', worth: '￥1,000', terms: '全场通用', lastAt: story.clock.now() }
  const packs = new Shelf(join(story.templates, 'packs'), ['bike-share', 'mall'])
  assert.deepEqual(await packs.load(story.db), [])
  const kinds = packs.heads.flatMap((head) => Object.entries(head.sms))
  assert.ok(kinds.length >= 3)
  for (const [kind, { text }] of kinds) {
    for (const name of ['', '欧阳晓梅']) {
      const params = words.tree(`messages/sms.${kind}`, { name, coupon, now: story.clock.now() }) as Record<
        string,
        string
      >
      const wanted = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable)
      assert.deepEqual(Object.keys(params).sort(), wanted.sort(), kind)
      for (const value of Object.values(params)) assert.ok(value.length > 0 && value.length <= 35, `${kind}: ${value}`)
    }
  }
})
