import assert from 'node:assert/strict'
import { bookingById } from '../server/domain/bookings/bookings.ts'
import { balances } from '../server/domain/ledger/ledger.ts'
import { auditMoney } from '../server/domain/payments/audit.ts'
import type { RentalView } from '../server/domain/rentals/view.ts'
import type { PaySheet } from '../server/sandbox/wechatpay.ts'
import { type Answer, type Customer, type HouseOptions, openStory, type Story, type Worker } from './harness.ts'
import { jpeg } from './pictures.ts'
import { addCars } from './rental.ts'

/** 2026-11-24, a Tuesday; the stories begin on the Monday before, at ten. */
export const TUESDAY_10 = Date.parse('2026-11-24T10:00:00+08:00')
export const DAY = 86_400_000
export const NUMBER = '31010119900512122X'

/** A house that lets cars, with its people and money that comes from WeChat Pay's stand-in. */
export class Renting {
  private constructor(
    readonly story: Story,
    /** 吴倩, clerk of the store; 郑凯, its manager; 钱芳, finance; 冯涛, technician. */
    readonly wu: Worker,
    readonly zheng: Worker,
    readonly qian: Worker,
    readonly feng: Worker,
  ) {}

  static async open(open = openStory, options: HouseOptions = {}): Promise<Renting> {
    const hired: Worker[] = []
    const story = await open({
      ...options,
      env: { PACKS: 'service-desk,car-rental', OCR: 'wechat', ...options.env },
      async prepare(opening) {
        await options.prepare?.(opening)
        hired.push(opening.hire('wuqian', '吴倩', { position: '门店顾问', departments: [1] }))
        hired.push(opening.hire('zhengkai', '郑凯', { position: '门店经理', departments: [1] }))
        hired.push(opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] }))
        hired.push(opening.hire('fengtao', '冯涛', { position: '道路救援技师', departments: [3] }))
      },
    })
    await story.settle()
    // The city's own cars stay at home.
    await story.db.write(async (tx) => {
      for (const table of ['asset_spans', 'booking_cars']) await tx.run(`DELETE FROM ${table}`)
    })
    await addCars(story.db, { model: 'corolla', store: 'hongqiao', count: 2 })
    const [wu, zheng, qian, feng] = hired as [Worker, Worker, Worker, Worker]
    await story.wang.signIn()
    // A rental has more to tell than most stories.
    const templates = ['TPL_PROGRESS', 'TPL_QUESTION', 'TPL_RESULT']
    await story.wechat.accept(story.wang.user.openid, Array(20).fill(templates).flat())
    return new Renting(story, wu, zheng, qian, feng)
  }

  /** 王晓梅 books a car for two days from Tuesday at ten, and pays. */
  async books(more: Record<string, unknown> = {}, who = this.story.wang): Promise<string> {
    const wish = { store: 'hongqiao', model: 'corolla', from: TUESDAY_10, until: TUESDAY_10 + 2 * DAY, ...more }
    const { status, body } = await who.call<{ booking: { id: string; payments: { id: string }[] } }>(
      'POST',
      '/api/bookings',
      wish,
    )
    assert.equal(status, 201, JSON.stringify(body))
    await this.pays(body.booking.payments[0]?.id ?? '', who)
    return body.booking.id
  }

  /** A payment is made on the phone. */
  async pays(paymentId: string, who = this.story.wang): Promise<void> {
    const { status, body } = await who.call<PaySheet>('POST', `/api/payments/${paymentId}/prepay`, {})
    assert.equal(status, 200, JSON.stringify(body))
    await this.story.sandbox.wechatpay?.pay(who.user.openid, body)
    await this.story.settle()
  }

  async view(id: string, who = this.story.wang): Promise<RentalView> {
    const { status, body } = await who.call<RentalView>('GET', `/api/bookings/${id}/rental`)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  state(id: string): Promise<string> {
    return this.story.db.read(async (tx) => (await bookingById(tx, id)).state)
  }

  /** Uploads a paper and has it read; the papers that are confirmed are the customer's. */
  async giveBothPapers(who: Customer = this.story.wang, more: Record<string, unknown> = {}): Promise<void> {
    const idCard = { kind: 'id_card', number: NUMBER, holder: '王晓梅', expires_on: '2037-01-05', ...more }
    const licence = {
      ...idCard,
      kind: 'driving_licence',
      class: 'C1',
      expires_on: '2031-06-01',
      issued_on: '2015-06-01',
    }
    for (const paper of [idCard, licence]) {
      const photo = await this.paper(who)
      const { status, body } = await who.call('POST', '/api/me/documents', { ...paper, photo })
      assert.equal(status, 201, JSON.stringify(body))
    }
  }

  /** The id of a picture that was uploaded as a paper: of a card, or of a signature. */
  async paper(who: Customer = this.story.wang): Promise<string> {
    // Days have passed since they signed in.
    await who.call('GET', '/api/me')
    return (await who.upload(await jpeg(), 'paper.jpg', '?for=document')).body.id
  }

  /** Reads the contract and signs what was read. */
  async signs(
    id: string,
    who: Customer = this.story.wang,
  ): Promise<Answer<{ id: string; kind: string; state: string }>> {
    const { body } = await who.call<{ hash: string }>('GET', `/api/bookings/${id}/contract`)
    const signature = await this.paper(who)
    const answer = await who.call<{ id: string; kind: string; state: string }>(
      'POST',
      `/api/bookings/${id}/contract/sign`,
      {
        ...{ signature, hash: body.hash, device: 'iPhone 15' },
      },
    )
    await this.story.settle()
    return answer
  }

  async paysDeposit(id: string): Promise<void> {
    await this.pays((await this.view(id)).deposit?.payment ?? '')
  }

  /** Papers, contract, deposit: everything that the customer does before the car is theirs. */
  async getsReady(id: string): Promise<void> {
    await this.giveBothPapers()
    assert.equal((await this.signs(id)).status, 200)
    await this.paysDeposit(id)
  }

  async does(id: string, what: string, body: unknown = {}, who = this.story.wang): Promise<Answer<RentalView>> {
    const answer = await who.call<RentalView>('POST', `/api/bookings/${id}/${what}`, body)
    await this.story.settle()
    return answer
  }

  /** Presses a card and answers what the bot asks. */
  async press(
    worker: Worker,
    words: string,
    key: string,
    chosen?: Record<string, string>,
    ...told: (string | Buffer)[]
  ) {
    await worker.press(words, key, chosen)
    for (const one of told) await (typeof one === 'string' ? worker.says(one) : worker.sends(one))
    await this.story.later('1 min')
  }

  /** Lets the time come at which the store prepares the car, prepares it, and hands it over at ten. */
  async handsOver(id: string, odometer = 12_000): Promise<void> {
    await this.until(TUESDAY_10 - DAY / 8)
    await this.press(this.wu, '备车', 'finish', { outcome: 'ready' })
    await this.until(TUESDAY_10)
    const shots = await this.shots()
    await this.press(this.wu, '交车验车', 'finish', { fuel: '100' }, ...shots, String(odometer))
    const signed = await this.does(id, 'handover/sign', { signature: await this.paper() })
    assert.equal(signed.status, 200, JSON.stringify(signed.body))
    assert.equal(await this.state(id), 'running')
  }

  /** A picture for each that is wanted of the car. */
  shots(): Promise<Buffer[]> {
    return Promise.all(Array.from({ length: SHOTS }, () => jpeg()))
  }

  /** The car is back and is looked over: what is found. */
  async takesBack(odometer: number, fuel = '100', ...told: string[]): Promise<void> {
    const shots = await this.shots()
    await this.press(this.wu, '还车验车', 'finish', { fuel }, ...shots, String(odometer), ...told)
  }

  /** Opens the staff page of a card; what is sent goes with so many pictures for each field. */
  async page(worker: Worker, words: string) {
    await worker.pressMenu(words, 'page')
    const url = `${this.story.running.url}${new URL(worker.link()).pathname}`
    const opened = await fetch(url, { method: 'POST', redirect: 'manual' })
    const headers = { cookie: opened.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    const work = `${this.story.running.url}/work`
    return {
      text: await (await fetch(work, { headers })).text(),
      send: async (fields: Record<string, string>, pictures: string[]): Promise<string> => {
        const body = new FormData()
        for (const [name, value] of Object.entries(fields)) body.append(name, value)
        for (const name of pictures) body.append(name, new Blob([await jpeg()]), 'photo.jpg')
        const sent = await (await fetch(work, { method: 'POST', headers, body })).text()
        await this.story.later('1 min')
        return sent
      },
    }
  }

  async until(at: number): Promise<void> {
    const ms = at - this.story.clock.now()
    if (ms > 0) await this.story.later(`${ms / 60_000} min`)
  }

  /** What the accounts come to, those that come to nothing left out. */
  async ledger(): Promise<Record<string, number>> {
    const all = await this.story.db.read(balances)
    return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
  }

  /** What the auditor finds about money. */
  async findings(): Promise<string[]> {
    return (await auditMoney(this.story.db, true)).map(({ kind }) => kind)
  }
}

/** How many pictures rental.yaml wants of a corolla. */
export const SHOTS = 7
