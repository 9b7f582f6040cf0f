import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useLoyalty } from '../server/domain/loyalty/programme.ts'
import { type HouseOptions, openStory, type Story } from './harness.ts'

const COUPONS: Record<string, string> = {
  few: 'title: 限量券\nterms: 满 10 元可用\noff: { amount: 500 }\nat_least: 1000\nstock: 3\nper_customer: 1\nvalid: { for: 7 d }',
  hundred: 'title: 抢券\nterms: 全场通用\noff: { percent: 20 }\nstock: 100\nper_customer: 2\nvalid: { for: 1 d }',
  gift: 'title: 礼物\nterms: 骑行\noff: { percent: 15, at_most: 300 }\nscope: [ride]\nvalid: { for: 30 d }',
  later:
    'title: 元旦券\nterms: 全场通用\noff: { percent: 100 }\nper_customer: 1\nclaim: { from: "2026-12-01", until: "2026-12-02" }\nvalid: { from: "2026-12-31", until: "2027-01-03" }',
}

/** A house with coupons of every kind and points that end after a year, at the end of the month. */
export async function openProgramme(options: HouseOptions = {}): Promise<Story> {
  const story = await openStory(options)
  const pack = join(story.templates, 'packs/service-desk')
  await mkdir(join(pack, 'coupons'), { recursive: true })
  for (const [name, text] of Object.entries(COUPONS))
    await writeFile(join(pack, `coupons/${name}.yaml`), `coupon: ${name}\n${text}\n`)
  await writeFile(join(pack, 'loyalty.yaml'), 'points: { expire: { after: 365 d, to: month_end } }\n')
  const problems = await useLoyalty(story.running.house)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return story
}
