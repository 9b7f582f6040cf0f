import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hear, press } from '../../bot/bot.ts'
import type { Look } from '../../bot/card.ts'
import { staffChannel } from '../../bot/channel.ts'
import type { Chat, Receiver } from '../../bot/chat.ts'
import { wecomChat } from '../../bot/wecom-chat.ts'
import { channel, channelOf } from '../../server/engines/messages/channel.ts'
import { StaffAccount } from '../../server/engines/staff/staff.ts'
import type { Wecom } from '../../server/platforms/wecom.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** A platform of which nothing in the house has heard: what it was given, by the message that it belongs to. */
class Pager {
  readonly sent = new Map<string, Look>()
  readonly chat: Chat = {
    platform: 'pager',
    limits: [{ per: 'recipient', count: 2, windowMs: 60_000, via: 'pager' }],
    people: async () => [],
    person: async () => undefined,
    wire: (look, { messageId }: Receiver) => ({ messageId, look }),
    send: async (wire) => this.take(wire),
    update: async (_message, wire) => Boolean(this.take(wire)),
    file: () => Promise.reject(new Error('a pager sends no files')),
  }

  /** The texts that arrived and the cards as they look now. */
  read(): string {
    return JSON.stringify([...this.sent.values()])
  }

  private take(wire: object) {
    const { messageId, look } = wire as { messageId: string; look: Look }
    this.sent.set(messageId, look)
    return { platformRef: messageId }
  }
}

let story: Story
let pager: Pager
beforeEach(async () => {
  story = await openStory()
  pager = new Pager()
  const { words, wecom } = story.running.house
  await appendFile(join(story.templates, 'cards/platforms.yaml'), '\npager:\n  name: 寻呼机\n  said: [BP机]\n')
  words.reload()
  const chats = [wecomChat(wecom as Wecom), pager.chat]
  channel('staff', staffChannel({ chats, words, baseUrl: story.running.url, notBefore: () => 0 }))
  await story.db.write(async (tx) => {
    const [lin] = await tx.find(StaffAccount, `WHERE userId = 'linxiaoyu'`)
    const id = StaffAccount.key('pager', 'lin')
    await tx.insert(StaffAccount, { ...(lin as StaffAccount), id, platform: 'pager', userId: 'lin' })
  })
})
afterEach(() => story.close())

let callbacks = 0

/** What 林小雨 does at her pager, as its door would hand it on. */
const herself = () => ({ platform: 'pager', userId: 'lin', dedupKey: `pager:${++callbacks}` })

async function says(text: string): Promise<void> {
  await hear(story.db, story.running.house.words, { ...herself(), reply: { text } })
  await story.settle()
}

test('a third platform is an object and a name: it is offered, told, pressed and kept true like the others', async () => {
  const { wang, lin } = story
  const { words } = story.running.house
  await lin.says('平台')
  assert.match(lin.lastLine(), /平台 企业微信，或：平台 寻呼机$/)
  await lin.says('帮助')
  assert.match(lin.lastLine(), /\n平台 企业微信 \/ 平台 寻呼机\n/)
  await lin.says('平台 bp机')
  assert.match(pager.read(), /以后消息发到您的寻呼机。/)
  const ticket = await wang.complain('响个不停')
  await story.settle()
  const [taskId] = [...pager.sent].find(([, look]) => JSON.stringify(look).includes('响个不停')) ?? []
  assert.ok(taskId, pager.read())
  const { card } = await press(story.db, words, { ...herself(), taskId, key: 'accept', chosen: {} })
  assert.ok(card?.buttons.every(({ key }) => key !== 'accept'))
  await story.later('2 min')
  await says('我的任务')
  assert.match(pager.read(), /1 项待办/)
  await wang.does(ticket.id, 'withdraw', {})
  await story.settle()
  assert.match(JSON.stringify(pager.sent.get(taskId)), /"closed":"客户已/)
  assert.deepEqual(lin.cards(), [])
})

test('what a platform allows is said by its chat', async () => {
  const vias = channelOf('staff').limits.map(({ via }) => via)
  assert.deepEqual([...new Set(vias)], ['wecom', 'pager'])
  await story.lin.says('平台 pager')
  for (const text of ['今日', '我的任务', '今日']) await says(text)
  assert.equal(pager.sent.size, 2)
  await story.later('2 min')
  assert.equal(pager.sent.size, 4)
})
