import type { ChatName, Customer, Detail, HouseOptions, Story } from '../harness.ts'
import { Worker } from '../harness.ts'
import type { Album } from './album.ts'

/** A story that is played for its pictures. */
export interface Scene {
  name: string
  house?: HouseOptions
  /** Where it can be played; default: on each work chat. */
  on?: (ChatName | 'both')[]
  play(story: Story, album: Album): Promise<void>
}

/** Somebody joins the company; after all of them the house is opened again. */
export async function hire(story: Story, ...people: [userid: string, name: string, position: string][]) {
  for (const [userid, name, position] of people) {
    story.hire(userid, name)
    Object.assign(story.people.at(-1) as object, { position, departments: [3] })
  }
  await story.restart()
  await story.settle()
  return people.map(([userid]) => new Worker(story, userid))
}

/** A customer fills in a form, and it reaches staff. */
export async function request(
  story: Story,
  customer: Customer,
  form: string,
  answers: Record<string, unknown>,
): Promise<Detail> {
  if (!customer.token) await customer.signIn()
  const { status, body } = await customer.call<Detail>('POST', '/api/tickets', { form, answers })
  if (status !== 201) throw new Error(`${form}: ${status} ${JSON.stringify(body)}`)
  await story.settle()
  return body
}

/** The last letters of a number, by which people call it. */
export const tail = ({ number }: { number: string }) => number.slice(-5)

/** For what opens a house of its own: gives it the one that is open, with the people that it wants. */
export const reopened =
  (story: Story) =>
  async ({ prepare }: HouseOptions = {}): Promise<Story> => {
    await prepare?.(story)
    await story.restart()
    return story
  }
