import assert from 'node:assert/strict'
import type { CouponPage } from '../server/domain/loyalty/view.ts'
import { type HouseOptions, openStory, type Story } from './harness.ts'
import { giveEmail } from './letters.ts'
import { happens, idOf, runsOf } from './rules.ts'

export const MAIL = 'wangxiaomei@example.com'
export const PHONE = '13800001234'

/** A house with one business's pack and its automations, and a customer who can be reached every way. */
export async function openBusiness(
  packs: string,
  options: HouseOptions = {},
  open: (options?: HouseOptions) => Promise<Story> = openStory,
): Promise<{ story: Story; wang: string }> {
  const story = await open({ ...options, env: { PACKS: packs, ...options.env } })
  const wang = await idOf(story, story.wang)
  await giveEmail(story, wang, MAIL)
  await story.settle()
  return { story, wang }
}

/** Something happened before the house heard of it: so many days ago. */
export function happened(story: Story, id: string, daysAgo: number, name: string, data: Record<string, unknown> = {}) {
  return happens(story, id, name, data, { at: story.clock.now() - daysAgo * 86_400_000 })
}

/** Time passes, with a restart in the middle of it. */
export async function laterWithRestart(story: Story, span: string, rest: string): Promise<void> {
  await story.later(span)
  await story.restart()
  await story.later(rest)
}

/** The mails of a customer, newest last, as `subject`. */
export function mails(story: Story, address = MAIL): string[] {
  return story.sandbox.smtp?.inbox(address).map(({ subject }) => subject) ?? []
}

/** What a mail program does with the newest mail: it loads the picture that tells of an opening. */
export async function openMail(story: Story, address = MAIL): Promise<void> {
  const [pixel = ''] = newest(story, address).html.match(/http:\/\/127\.0\.0\.1:\d+\/m\/o\/[\w.-]+/) ?? []
  assert.equal((await fetch(here(story, pixel))).status, 200)
  await story.settle()
}

/** A reader follows the first link of the newest mail that is tracked. */
export async function clickMail(story: Story, address = MAIL): Promise<void> {
  const [link = ''] = newest(story, address).html.match(/http:\/\/127\.0\.0\.1:\d+\/m\/c\/[\w.-]+/) ?? []
  assert.equal((await fetch(here(story, link), { redirect: 'manual' })).status, 302)
  await story.settle()
}

export function newest(story: Story, address = MAIL) {
  const mail = story.sandbox.smtp?.inbox(address).at(-1)
  if (!mail) throw new Error('the mailbox is empty')
  return mail
}

/** A restart of the story gives the house another port; a real one keeps its address. */
function here(story: Story, url: string): string {
  return url.replace(/^http:\/\/127\.0\.0\.1:\d+/, story.running.url)
}

/** The text messages that arrived, as texts. */
export function texts(story: Story, phone = PHONE): string[] {
  return story.sandbox.sms?.inbox(phone).map((item) => JSON.stringify(item)) ?? []
}

/** The coupons that a customer finds in the mini-program. */
export async function coupons(who: Story['wang']): Promise<string[]> {
  const { body } = await who.call<CouponPage>('GET', '/api/me/coupons')
  return body.coupons.map(({ title, worth }) => `${title} ${worth}`)
}

/** How the runs of a rule ended, in order; null goes on. */
export async function outcomes(story: Story, rule: string): Promise<(string | null)[]> {
  return (await runsOf(story, rule)).map(({ outcome }) => outcome)
}
