import { createHash } from 'node:crypto'
import { DAY, HOUR, MINUTE } from '../lib/clock.ts'
import { canCallBack, checkCard, isRefusal, type TemplateCard } from './cards.ts'
import { type ChatItem, canChange, newCard } from './chat.ts'
import { Refusal } from './listener.ts'
import type { Person } from './people.ts'
import type { SentMessage } from './wecom.ts'
import { MEDIA_LIFE, newResponseCode, nextMsgId, showItem, visiblePerson, type WecomWorld } from './wecom-world.ts'

/** What a message becomes in a chat, once checked; made anew for each receiver. */
type Draw = (base: { id: string; at: number; msgid: string; from: 'app' }) => ChatItem

const TEXT_BYTES = 2048
const DEFAULT_DUPLICATE_INTERVAL_S = 1800
const MAX_DUPLICATE_INTERVAL_S = 14_400

/** message/send: checks, counts, suppresses and shows. Source: WeCom docs 90236. */
export function sendMessage(world: WecomWorld, request: Record<string, unknown>): Record<string, unknown> {
  if (request.agentid !== world.app.agentId) throw new Refusal(40056, 'invalid agentid')
  const { found, wrong } = receivers(world, request)
  const msgtype = String(request.msgtype)
  const body = request[msgtype]
  const { draw, card } = composeMessage(world, msgtype, body)
  if (found.length === 0) throw new Refusal(81013, 'user & party & tag all invalid')

  const now = world.clock.now()
  const wanted = found.map((person) => ({ person, message: { at: now, to: person.userid, msgtype, body } }))
  const doubles = request.enable_duplicate_check === 1 ? knownContents(world, request, wanted) : new Set<string>()
  const news = wanted.filter(({ person }) => !doubles.has(person.userid))
  // Only a card that will be shown to somebody claims its task id.
  if (card?.task_id && news.length > 0 && world.state.tasks[card.task_id])
    throw new Refusal(40058, 'invalid argument: template_card.task_id is not unique')
  countPersonTimes(world, news.length)

  const msgid = nextMsgId(world)
  const common = { msgid, taskId: card?.task_id }
  for (const { person, message } of wanted) {
    const entry: SentMessage = { ...common, ...message }
    world.state.contents[contentKey(person.userid, msgtype, body)] = now
    if (doubles.has(person.userid)) world.suppressed.push(entry)
    else if (tooMany(world, person.userid, now)) world.dropped.push(entry)
    else {
      showItem(world, person.userid, draw({ id: `${msgid}:${person.userid}`, at: now, msgid, from: 'app' }))
      world.sent.push(entry)
    }
  }
  const shown = news.map(({ person }) => person.userid)
  world.state.messages[msgid] = { at: now, receivers: shown, taskId: card?.task_id ?? '' }
  if (card?.task_id && shown.length > 0) world.state.tasks[card.task_id] = msgid
  world.memory.touch()
  // A suppressed message has no copy to update, so it gets no response code.
  const responseCode = card && canChange(card) && shown.length > 0 ? newResponseCode(world, msgid) : undefined
  return {
    errcode: 0,
    errmsg: 'ok',
    ...(wrong.length > 0 && { invaliduser: wrong.join('|') }),
    msgid,
    ...(responseCode && { response_code: responseCode }),
  }
}

function receivers(world: WecomWorld, request: Record<string, unknown>): { found: Person[]; wrong: string[] } {
  const split = (value: unknown) => (typeof value === 'string' ? value.split('|').filter(Boolean) : [])
  const users = split(request.touser)
  const parties = split(request.toparty)
  if (users.length === 0 && parties.length === 0 && split(request.totag).length === 0)
    throw new Refusal(40035, 'invalid parameter: touser, toparty and totag are all empty')
  if (users.length > 1000 || parties.length > 100) throw new Refusal(40058, 'invalid argument: too many receivers')
  // Among hundreds of people this is dear, and hardly any message is for all of them.
  const everybody = () => world.people.filter((person) => visiblePerson(world, person.userid))
  if (request.touser === '@all') return { found: everybody(), wrong: [] }

  const found = new Set<Person>()
  const wrong: string[] = []
  for (const userid of users) {
    const person = visiblePerson(world, userid)
    if (person) found.add(person)
    else wrong.push(userid.toLowerCase())
  }
  for (const person of parties.length > 0 ? everybody() : []) {
    if (person.departments.some((id) => parties.includes(String(id)))) found.add(person)
  }
  return { found: [...found], wrong }
}

/** Checks the content of a message and says how it looks in a chat. */
export function composeMessage(
  world: WecomWorld,
  msgtype: string,
  value: unknown,
): { draw: Draw; card?: TemplateCard } {
  const body = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const text = (name: string, maxBytes: number) => cut(typeof body[name] === 'string' ? body[name] : '', maxBytes)
  switch (msgtype) {
    case 'text':
    case 'markdown': {
      const content = text('content', TEXT_BYTES)
      if (content === '') throw new Refusal(44004, 'empty content')
      return { draw: (base) => ({ ...base, kind: msgtype, text: content }) }
    }
    case 'image':
    case 'file': {
      const mediaId = text('media_id', 512)
      const media = world.state.media[mediaId]
      if (!media || media.createdAt + MEDIA_LIFE <= world.clock.now()) throw new Refusal(40007, 'invalid media_id')
      if (msgtype === 'image') return { draw: (base) => ({ ...base, kind: 'image', mediaId }) }
      return { draw: (base) => ({ ...base, kind: 'file', mediaId, name: media.name, size: media.size }) }
    }
    case 'textcard': {
      const [title, description, url] = [text('title', 128), text('description', 512), text('url', 2048)]
      if (!title || !description || !url) throw new Refusal(40058, 'invalid argument: textcard title, description, url')
      const button = text('btntxt', 12) || '详情'
      return { draw: (base) => ({ ...base, kind: 'textcard', title, description, url, button }) }
    }
    case 'news': {
      const articles = Array.isArray(body.articles) ? (body.articles as Record<string, string>[]) : []
      if (articles.length > 8) throw new Refusal(45008, 'article size out of limit')
      if (articles.length === 0 || articles.some((one) => !one.title || (!one.url && !one.appid)))
        throw new Refusal(40058, 'invalid argument: news.articles')
      const shown = articles.map((one) => ({
        title: cut(String(one.title), 128),
        description: one.description && cut(one.description, 512),
        url: one.url,
        picurl: one.picurl,
      }))
      return { draw: (base) => ({ ...base, kind: 'news', articles: shown }) }
    }
    case 'template_card': {
      const card = checkCard(value, 'send')
      if (isRefusal(card)) throw new Refusal(card.errcode, card.errmsg)
      if (canCallBack(card) && !world.callbackUrl())
        throw new Refusal(40058, 'invalid argument: no callback url is set')
      return { draw: (base) => newCard(base, card), card }
    }
    default:
      throw new Refusal(40008, 'invalid message type')
  }
}

function contentKey(userid: string, msgtype: string, body: unknown): string {
  return createHash('sha1')
    .update(`${userid}\n${msgtype}\n${JSON.stringify(body)}`)
    .digest('base64url')
}

/** Receivers who had the very same content within the interval. */
function knownContents(
  world: WecomWorld,
  request: Record<string, unknown>,
  wanted: { person: Person; message: { msgtype: string; body: unknown } }[],
): Set<string> {
  const interval = request.duplicate_check_interval ?? DEFAULT_DUPLICATE_INTERVAL_S
  if (typeof interval !== 'number' || interval < 0 || interval > MAX_DUPLICATE_INTERVAL_S)
    throw new Refusal(40058, 'invalid argument: duplicate_check_interval')
  const since = world.clock.now() - interval * 1000
  return new Set(
    wanted
      .filter(({ person, message }) => {
        const last = world.state.contents[contentKey(person.userid, message.msgtype, message.body)]
        return last !== undefined && last > since
      })
      .map(({ person }) => person.userid),
  )
}

/** Accounts × 200 person-times a day. Source: WeCom docs 90312. */
function countPersonTimes(world: WecomWorld, count: number): void {
  const day = Math.floor((world.clock.now() + 8 * HOUR) / DAY)
  if (world.today.day !== day) Object.assign(world.today, { day, personTimes: 0 })
  if (world.today.personTimes + count > world.limits.accounts * 200) throw new Refusal(45009, 'api freq out of limit')
  world.today.personTimes += count
}

/** More than 30 a minute or 1000 an hour to one member are dropped without a word. Source: WeCom docs 90312. */
function tooMany(world: WecomWorld, userid: string, now: number): boolean {
  const recent = (world.pace.get(userid) ?? []).filter((at) => at > now - HOUR)
  world.pace.set(userid, recent)
  const lastMinute = recent.filter((at) => at > now - MINUTE).length
  if (lastMinute >= world.limits.memberPerMinute || recent.length >= world.limits.memberPerHour) return true
  recent.push(now)
  return false
}

/** The longest beginning of a text that fits into so many bytes and ends with a whole character. */
export function cut(text: string, maxBytes: number): string {
  let size = 0
  let result = ''
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > maxBytes) break
    result += character
  }
  return result
}
