import { setTimeout as pause } from 'node:timers/promises'
import { UNCHOSEN } from '../../bot/wecom.ts'
import type { CardItem } from '../../server/sandbox/chat.ts'
import type { WecomStandIn } from '../../server/sandbox/wecom.ts'
import { within } from '../processes.ts'
import { type Case, tagIn } from './crash-cases.ts'
import { CHIEFS } from './crash-town.ts'

/** How long somebody looks at the phone before pressing again, unless told otherwise. */
const PATIENCE_MS = 6_000
const GLANCE_MS = 100
/** How long somebody reads a card before acting: with it, work spreads over all hands. */
const READ_MS = 5_000
/** At these steps the bot asks for words after the press. */
const WITH_WORDS = ['制定方案', '与客户沟通', '落实解决', '回访总结']
const ESCALATION = '升级提醒'

interface Desk {
  /** Cards that may still be pressed. */
  cards: string[]
  texts: string[]
}

/** The staff of the story: each does one thing after another, and presses again what still shows as open. */
export class Office {
  private over = false
  private busy = 0
  private read = 0
  private readonly desks = new Map<string, Desk>()
  /** Who was told at the last level, by case and step. */
  private readonly told = new Map<string, Set<string>>()

  constructor(
    private readonly wecom: WecomStandIn,
    private readonly cases: Map<string, Case>,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** Everybody works until `close`. */
  async work(): Promise<void> {
    const workers = this.wecom.people.filter(({ userid }) => !CHIEFS.includes(userid))
    await Promise.all(workers.map(({ userid }) => this.workday(userid)))
  }

  /** Everybody goes home. */
  close(): void {
    this.over = true
  }

  /** Whether nobody is busy or has anything to do on the desk. */
  isIdle(): boolean {
    return this.busy === 0 && this.wecom.people.every(({ userid }) => !this.next(userid))
  }

  private async workday(userid: string): Promise<void> {
    while (!this.over) {
      const card = this.next(userid)
      if (!card) {
        await pause(GLANCE_MS)
        continue
      }
      this.busy += 1
      await this.handle(userid, card)
      this.busy -= 1
    }
  }

  /** The oldest card that wants something done now. */
  private next(userid: string): CardItem | undefined {
    const desk = this.desk(userid)
    desk.cards = desk.cards.filter((taskId) => this.wecom.card(userid, taskId).alive)
    for (const taskId of desk.cards) {
      const card = this.wecom.card(userid, taskId)
      if (Date.now() - card.at < READ_MS) continue
      const matter = this.caseOf(card)
      if (matter && this.mayTouch(matter, card)) return card
    }
    return undefined
  }

  private mayTouch(matter: Case, card: CardItem): boolean {
    if (matter.fate === 'forsaken') return false
    // A card that still says so after the answer is one that could not be changed any more.
    if (waits(card) && !matter.answered) return false
    if (matter.lateStep !== stepOf(card)) return true
    return this.told.get(`${matter.tag} ${matter.lateStep}`)?.size === CHIEFS.length
  }

  private async handle(userid: string, card: CardItem): Promise<void> {
    const { taskId } = card
    const matter = this.caseOf(card)
    const asks = stepOf(card) === '制定方案' && (matter?.fate === 'asked' || matter?.fate === 'silent')
    if (asks && !matter?.answered) {
      const waits = card.buttons.some(({ key, alive }) => key === 'ask' && alive)
      if (waits && !matter?.asked) await this.answerBot(userid, card, 'ask')
      return
    }
    if (card.buttons.some(({ key, alive }) => key === 'accept' && alive)) {
      const { status } = await this.wecom.press(userid, taskId, 'accept')
      if (status !== 200) return
    }
    const now = this.wecom.card(userid, taskId)
    if (!now.buttons.some(({ key, alive }) => key === 'finish' && alive)) return
    if (WITH_WORDS.includes(stepOf(card))) await this.answerBot(userid, now, 'finish')
    else await this.wecom.press(userid, taskId, 'finish', choiceOn(now))
  }

  /** Presses, waits for the bot's question and answers it; whatever does not come is tried again another time. */
  private async answerBot(userid: string, card: CardItem, key: 'ask' | 'finish'): Promise<void> {
    const desk = this.desk(userid)
    const before = desk.texts.length
    const pressed = await this.wecom.press(userid, card.taskId, key, choiceOn(card))
    if (pressed.status !== 200 || !pressed.card.alive) return
    const number = numberOf(card)
    const question = key === 'ask' ? '要问客户的问题' : '请填写「'
    const asked = await within(this.patienceMs, () =>
      this.desk(userid)
        .texts.slice(before)
        .some((text) => text.includes(number) && text.includes(question)),
    )
    if (!asked) return
    await this.wecom.say(userid, `${stepOf(card)}，${this.caseOf(card)?.tag}`)
    await within(this.patienceMs, () => {
      const now = this.wecom.card(userid, card.taskId)
      return !now.alive || waits(now)
    })
  }

  private caseOf(card: CardItem): Case | undefined {
    return this.cases.get(tagIn(JSON.stringify(card.card)) ?? '')
  }

  private desk(userid: string): Desk {
    this.sort()
    return this.deskOf(userid)
  }

  private deskOf(userid: string): Desk {
    const known = this.desks.get(userid) ?? { cards: [], texts: [] }
    this.desks.set(userid, known)
    return known
  }

  /** Lays what has arrived since the last look onto the desks. */
  private sort(): void {
    for (; this.read < this.wecom.sent.length; this.read++) {
      const message = this.wecom.sent[this.read]
      if (!message) continue
      const desk = this.deskOf(message.to)
      const text = JSON.stringify(message.body)
      if (!message.taskId) desk.texts.push(text)
      else if (!text.includes(ESCALATION)) desk.cards.push(message.taskId)
      else if (CHIEFS.includes(message.to)) this.hear(message.to, text)
    }
  }

  private hear(userid: string, card: string): void {
    const key = `${tagIn(card)} ${/【(.+?)】/.exec(card)?.[1]}`
    const heard = this.told.get(key) ?? new Set()
    this.told.set(key, heard.add(userid))
  }
}

/** The first real entry of each drop-down on which nothing is chosen yet. */
function choiceOn({ selects }: CardItem): Record<string, string[]> {
  const open = selects.filter(({ selected }) => selected.includes(UNCHOSEN))
  const first = open.map(({ questionKey, options }) => [questionKey, options.find(({ id }) => id !== UNCHOSEN)?.id])
  return Object.fromEntries(first.flatMap(([name, id]) => (name && id ? [[name, [id]]] : [])))
}

function stepOf({ card }: CardItem): string {
  return /【(.+?)】/.exec(card.main_title?.title ?? '')?.[1] ?? ''
}

function numberOf({ card }: CardItem): string {
  return /T\d{6}-\w+/.exec(card.main_title?.desc ?? '')?.[0] ?? ''
}

function waits({ card }: CardItem): boolean {
  return (card.sub_title_text ?? '').includes('等待')
}
