import type { DingtalkCardUpdate } from './dingtalk.ts'
import type { CardInstance } from './dingtalk-chat.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import { cardChanged, type DingtalkWorld, dingtalkPerson } from './dingtalk-world.ts'

const KEY_BYTES = 100

/** What an update or an answer carries. */
export interface Change {
  params?: Record<string, string>
  privateParams?: Record<string, Record<string, string>>
  /** False is the platform's default: what is not named is wiped. */
  byKey: boolean
  privateByKey: boolean
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The variables of a card: every value a string, of so many bytes. */
export function cleanParams(world: DingtalkWorld, value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new NewRefusal('param.invalid', 'cardParamMap')
  for (const [name, one] of Object.entries(value)) {
    if (typeof one !== 'string') throw new NewRefusal('param.invalid', `cardParamMap.${name} is not a string`)
    if (Buffer.byteLength(name) > KEY_BYTES) throw new NewRefusal('param.invalid', `cardParamMap.${name} is too long`)
    if (Buffer.byteLength(one) > world.limits.cardValueBytes)
      throw new NewRefusal('param.invalid', `the value of cardParamMap.${name} is too long`)
  }
  return { ...(value as Record<string, string>) }
}

/** What single people have: by user id. */
export function privateOf(world: DingtalkWorld, value: unknown): Record<string, Record<string, string>> {
  if (value === undefined) return {}
  if (!isRecord(value)) throw new NewRefusal('param.invalid', 'privateData')
  return Object.fromEntries(
    Object.entries(value).map(([id, data]) => {
      const person = dingtalkPerson(world, id)
      if (!person) throw new NewRefusal('param.userIdNotExist')
      return [person.userid, cleanParams(world, isRecord(data) ? data.cardParamMap : undefined)]
    }),
  )
}

/** Where a card is to stand, with the models that each kind of place needs. */
export function placesOf(world: DingtalkWorld, request: Record<string, unknown>): CardInstance['places'] {
  const { openSpaceId } = request
  if (typeof openSpaceId !== 'string' || openSpaceId === '') throw new NewRefusal('param.openSpaceIdEmpty')
  const [, spaces] = /^dtv1\.card\/\/(.+)$/.exec(openSpaceId) ?? []
  if (!spaces) throw new NewRefusal('param.openSpaceIdInvalid')
  return spaces.split(';').map((space) => {
    const [, spaceType, spaceId] = /^(IM_GROUP|IM_ROBOT)\.(.+)$/.exec(space) ?? []
    if (!spaceType || !spaceId) throw new NewRefusal('param.openSpaceIdInvalid')
    if (spaceType === 'IM_ROBOT') checkRobotSpace(world, request.imRobotOpenDeliverModel)
    else checkGroupSpace(world, request.imGroupOpenSpaceModel, request.imGroupOpenDeliverModel)
    return { spaceType: spaceType as 'IM_GROUP' | 'IM_ROBOT', spaceId }
  })
}

function checkRobotSpace(world: DingtalkWorld, model: unknown): void {
  if (!isRecord(model)) throw new NewRefusal('param.openDeliverModelEmpty')
  if (model.spaceType !== 'IM_ROBOT') throw new NewRefusal('param.openDeliverModelError')
  if (model.robotCode !== undefined && model.robotCode !== world.app.robotCode)
    throw new NewRefusal('param.openDeliverModelError', 'robotCode')
}

function checkGroupSpace(world: DingtalkWorld, space: unknown, model: unknown): void {
  if (!isRecord(space) || typeof space.supportForward !== 'boolean') throw new NewRefusal('param.openSpaceModelInvalid')
  if (!isRecord(model)) throw new NewRefusal('param.openDeliverModelEmpty')
  if (model.robotCode !== world.app.robotCode) throw new NewRefusal('param.openDeliverModelError', 'robotCode')
}

/** Carries out a change and shows it to everybody who has the card. */
export function changeCard(
  world: DingtalkWorld,
  card: CardInstance,
  change: Change,
  how: DingtalkCardUpdate['how'],
): void {
  if (change.params) card.params = change.byKey ? { ...card.params, ...change.params } : change.params
  for (const [userid, params] of Object.entries(change.privateParams ?? {}))
    card.privateParams[userid] = change.privateByKey ? { ...card.privateParams[userid], ...params } : params
  card.updates++
  card.updatedAt = world.clock.now()
  world.updates.push({
    at: card.updatedAt,
    taskId: card.outTrackId,
    to: card.places.map(({ spaceId }) => spaceId),
    params: change.params ?? {},
    privateParams: change.privateParams ?? {},
    how,
    whileAnswering: how !== 'answer' && world.answering.has(card.outTrackId),
  })
  world.memory.touch()
  cardChanged(world, card)
}

/** What the answer to a press says; throws a plain Error with what is wrong in it. */
export function readAnswer(world: DingtalkWorld, userid: string, answer: unknown): Change | undefined {
  if (!isRecord(answer)) throw new Error('the answer is no object')
  if (answer.privateData !== undefined) throw new Error('the answer says privateData instead of userPrivateData')
  const options = isRecord(answer.cardUpdateOptions) ? answer.cardUpdateOptions : {}
  const change: Change = {
    byKey: options.updateCardDataByKey === true,
    privateByKey: options.updatePrivateDataByKey === true,
  }
  if (isRecord(answer.cardData)) change.params = cleanParams(world, answer.cardData.cardParamMap)
  if (isRecord(answer.userPrivateData))
    change.privateParams = { [userid]: cleanParams(world, answer.userPrivateData.cardParamMap) }
  return change.params || change.privateParams ? change : undefined
}
