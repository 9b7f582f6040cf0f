import type { SubscribeAnswer } from './host'

/** Sorts WeChat's `{ [templateId]: 'accept' | 'reject' | 'ban' | 'filter' }` into what the server is told. */
export function sortSubscribeResult(ids: string[], result: object): SubscribeAnswer {
  const said = new Map(Object.entries(result))
  return {
    accepted: ids.filter((id) => said.get(id) === 'accept'),
    rejected: ids.filter((id) => said.has(id) && said.get(id) !== 'accept'),
  }
}
