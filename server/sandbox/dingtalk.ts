import type { DingtalkCard, DingtalkItem } from './dingtalk-chat.ts'
import type { Person } from './people.ts'
import type { SentMessage } from './wecom.ts'

/** A member of the make-believe company as DingTalk knows them: other ids, the same mobile number. */
export interface DingtalkPerson extends Person {
  unionid: string
  jobNumber: string
  /** The same person's user id in WeCom. */
  twin: string
}

/** The application of the make-believe company. */
export interface DingtalkApp {
  appKey: string
  appSecret: string
  robotCode: string
  cardTemplateId: string
  corpId?: string
  agentId?: number
  /** With both, an address for HTTP pushes is configured; it is used while no Stream connection is open. */
  callbackToken?: string
  callbackAesKey?: string
}

/** A group that the robot belongs to. */
export interface DingtalkGroup {
  openConversationId: string
  title: string
  members: string[]
}

/** A robot of a group that is called by its address. */
export interface WebhookRobot {
  token: string
  name: string
  group: string
  /** Set: calls must be signed with it. */
  secret?: string
  /** Set: one of these must stand in the text. */
  keywords?: string[]
}

/** A change of a card that the platform accepted. */
export interface DingtalkCardUpdate {
  at: number
  taskId: string
  /** Where the card stands: user ids and conversation ids. */
  to: string[]
  params: Record<string, string>
  privateParams: Record<string, Record<string, string>>
  how: 'update' | 'answer' | 'stream'
  /** Whether it came while a press on this card waited for its answer, which the platform asks not to do. */
  whileAnswering: boolean
}

/** What became of a push. */
export interface DingtalkResult {
  /** HTTP status, or the code of the acknowledgement; 0 = no answer in time, or nobody to push to. */
  status: number
  attempts: number
  /** Which way it went. */
  way: 'stream' | 'http' | 'nowhere'
  reply: 'none' | 'card'
  /** Why an answer was not applied (not wrapped in `response`, values that are no strings…). */
  refused?: string
}

/** What became of a press on a card. */
export interface DingtalkPressResult extends DingtalkResult {
  /** Whether the answer changed the card. */
  changed: boolean
  /** DingTalk has none; here for the shape's sake. */
  responseCode: string
  card: DingtalkCard
}

/** Switches that make the platform misbehave. */
export interface DingtalkFaults {
  /** Cuts every connection, or answers 503. */
  down: false | 'reset' | '503'
  /** Milliseconds of real time added before each API answer. */
  slowMs: number
  /** Errors answered to the next API calls (all but tokens), one each: a code of the new API, or an errcode. */
  errcodes: (number | string)[]
  /** The next n API calls are carried out, but the connection is cut before the answer. */
  loseAnswers: number
  /** The caller's address is not in the application's list. */
  ipNotListed: boolean
  /** The caller's address is blocked for too many calls: answered as a page, or as JSON without errcode. */
  ipBlocked: false | 'html' | 'json'
  /** Users to whom the robot may not speak now (flowControlledStaffIdList, or a failed delivery of a card). */
  throttled: string[]
  /** The next n deliveries of cards fail, with success:true at the top. */
  failDeliveries: number
  /** What the product answers to pushes is thrown away, as when it comes too late. */
  loseReplies: boolean
  /** How many more times each push is delivered. */
  duplicateCallbacks: number
  /** Milliseconds of real time before a push. */
  delayCallbacksMs: number
  /** Stream connections stay open, but nothing comes through any more, not even pings. */
  streamSilent: boolean
  /** Tickets are refused at the door. */
  ticketsRefused: boolean
}

/** Limits of the platform, changeable for load tests. */
export interface DingtalkLimits {
  webhookPerMinute: number
  noticesPerDay: number
  noticesPerMinute: number
  /** Calls from one address within 20 s of real time. */
  callsPer20s: number
  /** Bytes of one variable of a card. */
  cardValueBytes: number
  /** Bytes of a variable that is written as one reads. */
  streamBytes: number
}

/** Real milliseconds of the Stream connection. */
export interface DingtalkTiming {
  pingMs: number
  /** Between the word "disconnect" and the end of the connection. */
  closeAfterMs: number
  /** In which a press must be answered. */
  cardAnswerMs: number
  /** In which we wait for the acknowledgement of anything else before telling the test that none came. */
  ackMs: number
}

/** What a person filled in and chose: an option's value (or a list with one), or the text of a line. */
export type CardValues = Record<string, string | string[]>

/** DingTalk as one in-house application sees it, with the clients of everybody in the company. */
export interface DingtalkStandIn {
  readonly app: DingtalkApp
  readonly people: DingtalkPerson[]
  readonly groups: DingtalkGroup[]
  readonly webhooks: WebhookRobot[]
  readonly faults: DingtalkFaults
  readonly limits: DingtalkLimits
  readonly timing: DingtalkTiming
  /** Everything accepted and shown to somebody, one entry per receiver; a card under msgtype `card`. */
  readonly sent: SentMessage[]
  /** Nothing is suppressed in DingTalk; here for the shape's sake. */
  readonly suppressed: SentMessage[]
  /** Work notifications that were accepted and dropped without a word. */
  readonly dropped: SentMessage[]
  readonly updates: DingtalkCardUpdate[]
  /** How often each API path was called, errors included. */
  readonly calls: Map<string, number>

  /** What this person's chat with the robot shows now, oldest first; or a group's, by its openConversationId. */
  chat(userid: string): DingtalkItem[]
  /** The cards of this person's chat, oldest first. */
  cards(userid: string): DingtalkCard[]
  /** The card with this outTrackId as this person sees it, in their chat or in a group; throws if there is none. */
  card(userid: string, outTrackId: string): DingtalkCard
  /**
   * Presses a button. `values` are what is chosen and filled in, over what the card shows.
   * Throws when the button is not there or dead, unless `stale` says that this client has not seen the update yet.
   */
  press(
    userid: string,
    outTrackId: string,
    key: string,
    values?: CardValues,
    how?: { stale?: boolean },
  ): Promise<DingtalkPressResult>
  /** Chooses an entry of the upper-right menu of a card. */
  pressMenu(userid: string, outTrackId: string, key: string): Promise<DingtalkPressResult>
  /** Sends a text to the robot; in a group it is mentioned. */
  say(userid: string, text: string, where?: { group?: string }): Promise<DingtalkResult>
  /** Sends a picture to the robot. */
  sendImage(userid: string, bytes: Buffer, mime: string): Promise<DingtalkResult>
  /** Something happened in the company (user_modify_org…): an event, pushed again until it is acknowledged. */
  event(eventType: string, data: Record<string, unknown>): Promise<DingtalkResult>
  /** Events that are not acknowledged yet. */
  pendingEvents(): { eventId: string; eventType: string; attempts: number }[]
  /** A code as the in-app login and the redirect of a sign-in carry it: 5 minutes, one use. */
  oauthCode(userid: string): string
  /** The bytes of a media id, as the client shows them. */
  media(mediaId: string): Promise<{ bytes: Buffer; mime: string; name: string } | undefined>
  /** Asks the product's HTTP callback the question of the set-up (check_url). */
  verifyUrl(): Promise<boolean>
  /** Makes the present access token invalid before its time. */
  dropToken(): void
  /** Pings sent over Stream, and those whose data came back as they were. */
  readonly pings: { sent: number; echoed: number }
  /** How many Stream connections are open and not on their way out. */
  links(): number
  /** Waits until so many Stream connections are open. */
  linked(count?: number): Promise<void>
  /** Says "disconnect" on every Stream connection and closes it a little later. */
  disconnect(): void
  /** Cuts every Stream connection without a word. */
  cutLinks(): void
}
