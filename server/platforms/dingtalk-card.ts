/*
 * Interactive cards: a template in DingTalk's card console, filled with strings (PLATFORMS.md §5.5, §5.6).
 */

/** The template's variables: text only, and objects or lists as JSON text; a key ≤ 100 bytes, a value ≤ 1 KB. */
export type CardParams = Record<string, string>

/** A new card for one person or one group; `outTrackId` names it for ever. */
export type DingtalkCard = {
  outTrackId: string
  params: CardParams
  /** What single people see differently, by user id. */
  privateParams?: Record<string, CardParams>
  /** The line in the list of chats and in the notification. */
  alert: string
} & ({ userId: string; openConversationId?: never } | { openConversationId: string; userId?: never })

/** What changes on a card; a variable that is not named stays as it is. */
export interface DingtalkCardUpdate {
  outTrackId: string
  params: CardParams
  privateParams?: Record<string, CardParams>
}

/** The next text of a streaming card's variable, always in full; each call has a fresh `guid`. */
export interface DingtalkCardText {
  outTrackId: string
  guid: string
  key: string
  content: string
  /** This is the last text: the card moves to "done". */
  final?: boolean
  /** The card moves to "failed". */
  error?: boolean
}

/** What a press changes for all, and for who pressed. Nothing in it: the card stays. */
export interface CardChange {
  params?: CardParams
  privateParams?: CardParams
}

/** What of the application goes into every card. */
export interface CardHouse {
  cardTemplateId: string
  robotCode: string
  stream: boolean
}

/** The name under which the address of our card callbacks is registered, when they come over HTTP. */
export const CALLBACK_ROUTE = 'yingke'

const BY_KEY = { updateCardDataByKey: true, updatePrivateDataByKey: true }

/** The body of createAndDeliver. */
export function creationBody(card: DingtalkCard, house: CardHouse): object {
  return {
    cardTemplateId: house.cardTemplateId,
    ...(house.stream ? { callbackType: 'STREAM' } : { callbackType: 'HTTP', callbackRouteKey: CALLBACK_ROUTE }),
    ...dataBody(card),
    ...spaceModel(card),
    ...deliveryBody(card, house.robotCode),
  }
}

/** The body of deliver, for a card that was created already. */
export function deliveryBody(card: DingtalkCard, robotCode: string): object {
  const to = { outTrackId: card.outTrackId, userIdType: 1 }
  return card.userId === undefined
    ? {
        ...to,
        openSpaceId: `dtv1.card//IM_GROUP.${card.openConversationId}`,
        imGroupOpenDeliverModel: { robotCode },
      }
    : {
        ...to,
        openSpaceId: `dtv1.card//IM_ROBOT.${card.userId}`,
        imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode },
      }
}

function spaceModel(card: DingtalkCard): object {
  const model = {
    supportForward: false,
    lastMessageI18n: { ZH_CN: card.alert },
    notification: { alertContent: card.alert, notificationOff: false },
  }
  return card.userId === undefined ? { imGroupOpenSpaceModel: model } : { imRobotOpenSpaceModel: model }
}

/** The body of an update. By key: the platform's default wipes every variable that is not named. */
export function updateBody(update: DingtalkCardUpdate): object {
  return { outTrackId: update.outTrackId, ...dataBody(update), cardUpdateOptions: BY_KEY, userIdType: 1 }
}

function dataBody({ params, privateParams }: DingtalkCardUpdate): object {
  return {
    cardData: { cardParamMap: params },
    ...(privateParams && {
      privateData: Object.fromEntries(
        Object.entries(privateParams).map(([userId, cardParamMap]) => [userId, { cardParamMap }]),
      ),
    }),
  }
}

/** The body of streaming. */
export function streamingBody({ final = false, error = false, ...text }: DingtalkCardText): object {
  return { ...text, isFull: true, isFinalize: final, isError: error }
}

/** The answer to a card callback: the HTTP body, or the `response` of a Stream ack; `{}` changes nothing. */
export function cardAnswer({ params, privateParams }: CardChange = {}): object {
  if (!params && !privateParams) return {}
  return {
    ...(params && { cardData: { cardParamMap: params } }),
    // `userPrivateData` here and not `privateData`: it is the presser's own and names nobody.
    ...(privateParams && { userPrivateData: { cardParamMap: privateParams } }),
    cardUpdateOptions: BY_KEY,
  }
}

/** The update that changes as much as an answer which came too late. */
export function lateUpdate(
  press: { outTrackId: string; userId: string },
  { params = {}, privateParams }: CardChange,
): DingtalkCardUpdate {
  return {
    outTrackId: press.outTrackId,
    params,
    ...(privateParams && { privateParams: { [press.userId]: privateParams } }),
  }
}
