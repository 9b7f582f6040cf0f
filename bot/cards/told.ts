import type { FlowRun } from '../../server/engines/flows/run.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Card } from '../card.ts'

const KEY = 'cards/facts'

/** What a noun tells of a matter beside its answers, put into words: a fact each, and at length where there are words for that. */
export function toldOf({ facts }: FlowRun, words: Words, now: number): { facts: Card['facts']; quote?: Card['quote'] } {
  const told = facts.told ?? []
  const say = (word: string, part: string, data: object) => words.text(`${KEY}.${word}.${part}`, { ...data, now })
  const long = told.find(({ word }) => words.has(`${KEY}.${word}.body`))
  return {
    facts: told.map(({ word, data }) => ({ label: say(word, 'label', data), text: say(word, 'text', data) })),
    ...(long && { quote: { title: say(long.word, 'title', long.data), text: say(long.word, 'body', long.data) } }),
  }
}
