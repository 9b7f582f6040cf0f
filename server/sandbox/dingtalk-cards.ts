import type Router from 'koa-router'
import { type Change, changeCard, cleanParams, isRecord, placesOf, privateOf } from './dingtalk-card-rules.ts'
import type { CardInstance } from './dingtalk-chat.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import { type DingtalkWorld, dingtalkGroup, dingtalkPerson, showInChat } from './dingtalk-world.ts'
import { fresh, jsonBody } from './listener.ts'

type Request = Record<string, unknown>

/** Interactive cards: instances, their delivery, changes and callbacks. Source: PLATFORMS.md §5.5 and §5.6. */
export function cardApi(world: DingtalkWorld, routes: Router): void {
  routes.post('/v1.0/card/instances/createAndDeliver', async (ctx) => {
    const request = await jsonBody(ctx)
    const card = newInstance(world, request)
    const places = placesOf(world, request)
    const deliverResults = deliver(world, card, places)
    // What happens to a card that reached nobody is not documented; here it leaves no trace, so that a second try is one.
    if (card.places.length > 0) world.state.cards[card.outTrackId] = card
    ctx.body = { success: true, result: { outTrackId: card.outTrackId, deliverResults } }
  })
  routes.post('/v1.0/card/instances', async (ctx) => {
    const card = newInstance(world, await jsonBody(ctx))
    world.state.cards[card.outTrackId] = card
    world.memory.touch()
    ctx.body = { success: true, result: card.outTrackId }
  })
  routes.post('/v1.0/card/instances/deliver', async (ctx) => {
    const request = await jsonBody(ctx)
    const card = known(world, request)
    ctx.body = { success: true, result: deliver(world, card, placesOf(world, request)) }
  })
  routes.put('/v1.0/card/instances', async (ctx) => {
    update(world, await jsonBody(ctx))
    ctx.body = { success: true, result: true }
  })
  routes.put('/v1.0/card/streaming', async (ctx) => {
    write(world, await jsonBody(ctx))
    ctx.body = { success: true, result: true }
  })
  routes.post('/v1.0/card/callbacks/register', async (ctx) => {
    ctx.body = { success: true, result: register(world, await jsonBody(ctx)) }
  })
}

function newInstance(world: DingtalkWorld, request: Request): CardInstance {
  const { cardTemplateId, outTrackId, callbackType, callbackRouteKey } = request
  if (!cardTemplateId) throw new NewRefusal('param.cardTemplateIdEmpty')
  if (typeof outTrackId !== 'string' || outTrackId === '') throw new NewRefusal('param.outTrackIdEmpty')
  if (world.state.cards[outTrackId]) throw new NewRefusal('param.cardAlreadyExist', 'card is already exist')
  if (cardTemplateId !== world.app.cardTemplateId) throw new NewRefusal('param.templateNotExist')
  if (!isRecord(request.cardData) || !isRecord(request.cardData.cardParamMap))
    throw new NewRefusal('param.cardPublicDataEmpty')
  if (callbackType !== undefined && callbackType !== 'STREAM' && callbackType !== 'HTTP')
    throw new NewRefusal('param.invalid', 'callbackType')
  return {
    outTrackId,
    templateId: String(cardTemplateId),
    ...(callbackType && { callbackType: callbackType as 'STREAM' }),
    ...(typeof callbackRouteKey === 'string' && { callbackRouteKey }),
    params: cleanParams(world, request.cardData.cardParamMap),
    privateParams: privateOf(world, request.privateData),
    places: [],
    guids: [],
    updates: 0,
  }
}

function known(world: DingtalkWorld, request: Request): CardInstance {
  if (!request.outTrackId) throw new NewRefusal('param.outTrackIdEmpty')
  const card = world.state.cards[String(request.outTrackId)]
  if (!card) throw new NewRefusal('param.cardNotExist', 'card is not exist')
  return card
}

/** Shows the card in each place; what fails is told per place, while the whole call succeeds. */
function deliver(world: DingtalkWorld, card: CardInstance, places: CardInstance['places']): Request[] {
  const results = places.map(({ spaceType, spaceId }) => {
    const carrierId = fresh('pq')
    const person = dingtalkPerson(world, spaceId)
    const chat = spaceType === 'IM_ROBOT' ? person?.userid : dingtalkGroup(world, spaceId)?.openConversationId
    const errorMsg = whyNot(world, chat)
    if (errorMsg || !chat) return { spaceType, spaceId, success: false, carrierId: '', errorMsg }
    const there = card.places.some((place) => place.spaceId === chat)
    if (!there) card.places.push({ spaceType, spaceId: chat })
    return { spaceType, spaceId, success: true, carrierId, errorMsg: '', chat, there }
  })
  const at = world.clock.now()
  if (card.places.length > 0) world.state.cards[card.outTrackId] = card
  for (const { chat, there, carrierId } of results) {
    if (!chat || there) continue
    const id = `${card.outTrackId}:${chat}`
    showInChat(world, chat, { id, at, from: 'app', msgid: carrierId, kind: 'card', taskId: card.outTrackId })
    world.sent.push({ msgid: carrierId, at, to: chat, msgtype: 'card', body: card.params, taskId: card.outTrackId })
  }
  return results.map(({ spaceType, spaceId, success, carrierId, errorMsg }) => ({
    spaceType,
    spaceId,
    success,
    carrierId,
    errorMsg,
  }))
}

function whyNot(world: DingtalkWorld, chat: string | undefined): string {
  if (!chat) return 'spaceId is illegal'
  if (world.faults.failDeliveries > 0) {
    world.faults.failDeliveries--
    return 'system error'
  }
  return world.faults.throttled.includes(chat) ? 'flow control' : ''
}

function update(world: DingtalkWorld, request: Request): void {
  const card = known(world, request)
  const options = isRecord(request.cardUpdateOptions) ? request.cardUpdateOptions : {}
  const change: Change = {
    byKey: options.updateCardDataByKey === true,
    privateByKey: options.updatePrivateDataByKey === true,
  }
  if (isRecord(request.cardData)) change.params = cleanParams(world, request.cardData.cardParamMap)
  if (request.privateData !== undefined) change.privateParams = privateOf(world, request.privateData)
  if (!change.params && !change.privateParams) throw new NewRefusal('param.empty')
  changeCard(world, card, change, 'update')
}

/** One writing of a card that is written as one reads; the same guid again does nothing. */
function write(world: DingtalkWorld, request: Request): void {
  const { guid, key, content, isFull, isFinalize, isError } = request
  if (!request.outTrackId) throw new NewRefusal('param.stream.outTrackId', 'card is not exist')
  const card = world.state.cards[String(request.outTrackId)]
  if (!card) throw new NewRefusal('param.stream.outTrackId', 'card is not exist')
  if (typeof guid !== 'string' || guid === '') throw new NewRefusal('param.stream.guidEmpty')
  if (typeof key !== 'string' || key === '') throw new NewRefusal('param.stream.keyEmpty')
  if (typeof content !== 'string') throw new NewRefusal('param.stream.contentEmpty')
  if (isFull !== undefined && typeof isFull !== 'boolean') throw new NewRefusal('param.stream.isFull')
  const whole = isFull === true ? content : `${card.params[key] ?? ''}${content}`
  if (Buffer.byteLength(whole) > world.limits.streamBytes)
    throw new NewRefusal('param.stream.content', 'content is too large')
  if (card.guids.includes(guid)) return
  card.guids.push(guid)
  const flowStatus = isError === true ? '5' : isFinalize === true ? '3' : '2'
  changeCard(world, card, { byKey: true, privateByKey: true, params: { [key]: whole, flowStatus } }, 'stream')
}

/** An address for callbacks; a known key keeps its record unless it is forced. */
function register(world: DingtalkWorld, request: Request): Request {
  const { callbackRouteKey, callbackUrl, apiSecret, forceUpdate } = request
  if (typeof callbackUrl !== 'string' || !/^https?:\/\//.test(callbackUrl))
    throw new NewRefusal('param.invalid', 'callbackUrl')
  const key = typeof callbackRouteKey === 'string' && callbackRouteKey !== '' ? callbackRouteKey : world.app.appKey
  const old = world.state.routes[key]
  const route =
    old && forceUpdate !== true
      ? old
      : { callbackUrl, ...(typeof apiSecret === 'string' && apiSecret && { apiSecret }) }
  world.state.routes[key] = route
  world.memory.touch()
  return { callbackUrl: route.callbackUrl, apiSecret: route.apiSecret ?? '' }
}
