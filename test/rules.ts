import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Customer } from '../server/domain/customers/customer.ts'
import { type Happening, record } from '../server/engines/events/events.ts'
import { RuleRun, RuleTrace } from '../server/engines/rules/run.ts'
import { type HouseOptions, openStory, type Story } from './harness.ts'

/** A house with rules of its own in the service desk's pack. */
export async function openRuleStory(rules: Record<string, string>, options: HouseOptions = {}): Promise<Story> {
  const story = await openStory(options)
  // Only its own: what ships with the pack has stories of its own.
  await rm(join(story.templates, 'packs/service-desk/rules'), { recursive: true })
  await putRules(story, rules)
  return story
}

/** Writes rules into the pack, as its author would, and lets the house read them. */
export async function putRules(story: Story, rules: Record<string, string>): Promise<void> {
  const folder = join(story.templates, 'packs/service-desk/rules')
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, `${name}.yaml`), text)
  await story.settle()
  const { problems } = story.running.house.shelf
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2))
}

/** Something happens to a customer, told by an outside system. */
export async function happens(
  story: Story,
  customerId: string,
  name: string,
  data: Record<string, unknown> = {},
  more: Partial<Happening> = {},
): Promise<void> {
  await story.db.write((tx) =>
    record(tx, name, {
      by: { type: 'customer', id: customerId },
      subject: { type: 'customer', id: customerId },
      customerId,
      data,
      ...more,
    }),
  )
  await story.settle()
}

/** The id of a signed-in customer. */
export async function idOf(story: Story, who: Story['wang']): Promise<string> {
  if (!who.token) await who.signIn()
  await story.settle()
  return (await who.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id
}

/** The runs of a rule, in order. */
export function runsOf(story: Story, rule: string): Promise<RuleRun[]> {
  return story.db.read((tx) => tx.find(RuleRun, 'WHERE rule = ? ORDER BY id', [rule]))
}

/** What a rule did, as short lines: `done notify_staff`, `held quiet`. */
export async function deeds(story: Story, rule: string): Promise<string[]> {
  const traces = await story.db.read((tx) => tx.find(RuleTrace, 'WHERE rule = ? ORDER BY id', [rule]))
  return traces.map(({ kind, data }) =>
    [kind, data.outcome ?? data.word ?? data.part ?? data.event ?? data.why ?? ''].join(' ').trim(),
  )
}

/** Makes customers at once, for what concerns many. */
export async function crowd(story: Story, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `01CROWD${String(i).padStart(19, '0')}`)
  await story.db.write((tx) =>
    tx.insert(
      Customer,
      ids.map((id) => ({ id, createdAt: tx.now, seenAt: tx.now, keyedAt: tx.now })),
    ),
  )
  return ids
}
