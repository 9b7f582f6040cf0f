import type { FrameLocator, Locator, Page } from 'playwright-core'

export interface Complaint {
  type: string
  description: string
  order?: string
  urgent?: boolean
  photo?: Buffer
}

/** The customer's phone on the desk, with the mini-program in it. */
export class Phone {
  /** The mini-program. */
  readonly app: FrameLocator
  /** What WeChat lays over it: sheets, banners, service notices. */
  readonly shell: Locator

  constructor(private readonly page: Page) {
    this.app = page.frameLocator('iframe.phone-app')
    this.shell = page.locator('.phone')
  }

  /** What is in sight with these words; pages underneath are kept, but hidden. */
  text(words: string | RegExp): Locator {
    return this.app.getByText(words).filter({ visible: true }).last()
  }

  /** Taps on words of the mini-program. */
  async tap(words: string | RegExp): Promise<void> {
    await this.text(words).click()
  }

  /** Waits until the mini-program shows these words. */
  async sees(words: string | RegExp): Promise<void> {
    await this.text(words).waitFor()
  }

  /** Signs in with one tap from the page of tickets, and gives the phone number on the page about oneself. */
  async signIn(): Promise<void> {
    await this.tap('我的')
    await this.tap('微信一键登录')
    await this.tap('一键绑定')
    await this.answer('允许')
    await this.sees('138****1234')
    await this.tap('设置称呼')
    await this.app.locator('input').filter({ visible: true }).last().fill('王晓梅')
    await this.tap(/^保存$/)
    await this.tap('首页')
    await this.sees(/王晓梅，您好/)
  }

  /** Files a complaint from the first page, and allows the messages that WeChat asks about. */
  async complain(complaint: Complaint): Promise<void> {
    await this.fill(complaint)
    await this.submit()
  }

  /** Fills the complaint's form. */
  async fill({ type, description, order, urgent, photo }: Complaint): Promise<void> {
    await this.tap('专人跟进到底')
    await this.tap(type)
    await this.app.locator('textarea').filter({ visible: true }).first().fill(description)
    if (photo) await this.addPhoto(photo)
    if (order) await this.app.locator('input[type=text]').filter({ visible: true }).first().fill(order)
    if (urgent) await this.tap('紧急')
  }

  /** Sends the form in sight. */
  async submit(): Promise<void> {
    await this.tap('提交投诉')
    await this.allow()
    await this.sees('已收到，我们这就处理')
  }

  /** Scans the nearest vehicle that can be ridden, with WeChat's scanner; returns its code. */
  async scan(): Promise<string> {
    await this.tap('扫车上、设备上的二维码，直达服务')
    const near = this.shell.getByRole('dialog').getByRole('button', { name: '可以使用' }).first()
    const code = (await near.locator('b').textContent()) ?? ''
    await near.click()
    await this.sees(code)
    return code
  }

  /** Lets the mini-program know where the phone is. */
  async locate(asked: { words: RegExp } | undefined = undefined): Promise<void> {
    await this.tap('使用当前位置')
    if (asked) {
      await this.sees(asked.words)
      await this.decide('同意')
    }
    await this.answer('允许')
    await this.sees('已取得当前位置')
  }

  /** Adds a picture at the picker in sight, and waits until it is sent. */
  async addPhoto(buffer: Buffer): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.tap('添加照片')])
    await chooser.setFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer })
    await this.app.locator('.photo-remove').filter({ visible: true }).first().waitFor()
    await this.app.locator('.photo-veil').filter({ visible: true }).first().waitFor({ state: 'detached' })
  }

  /** Waits until every picture in sight has passed the content check. */
  async checked(): Promise<void> {
    await this.text('审核中').waitFor({ state: 'detached' })
  }

  /** Pays what WeChat shows, and waits until the mini-program says so. */
  async pay(): Promise<void> {
    await this.answer('确认支付')
    await this.sees('支付成功')
  }

  /** Signs on the pad in sight: a few strokes of the mouse. */
  async sign(): Promise<void> {
    const pad = this.app.locator('.sign-pad').filter({ visible: true }).last()
    const invitation = this.app.locator('.sign-hint').filter({ visible: true })
    // A pad that is still being laid out takes no stroke, as a person would see, and draw it again.
    do await this.draw(pad, 0.2, 0.45)
    while (await invitation.isVisible())
    await this.draw(pad, 0.4, 0.7)
    await this.draw(pad, 0.55, 0.9)
    await this.tap('完成签名')
    await this.app.getByText('重新签名').filter({ visible: true }).last().waitFor()
  }

  /** Draws one stroke, between two places across the pad as parts of its width. */
  private async draw(pad: Locator, from: number, to: number): Promise<void> {
    await pad.scrollIntoViewIfNeeded()
    const { x, y, width, height } = (await pad.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
    const { mouse } = this.page
    await mouse.move(x + width * from, y + height * 0.3)
    await mouse.down()
    await mouse.move(x + width * ((from + to) / 2), y + height * 0.7, { steps: 6 })
    await mouse.move(x + width * to, y + height * 0.4, { steps: 6 })
    await mouse.up()
  }

  /** Taps on the first of several places with these words. */
  async tapFirst(words: string): Promise<void> {
    await this.app.getByText(words, { exact: true }).filter({ visible: true }).first().click()
  }

  /** What is to be done about a paper before a car can be had. */
  paper(title: string): Locator {
    return this.app.locator('.todo-line').filter({ hasText: title, visible: true })
  }

  /** What stands in the sheet's nth line. */
  typed(nth: number): Promise<string> {
    return this.line(nth).inputValue()
  }

  /** Writes into the sheet's nth line. */
  async type(nth: number, text: string): Promise<void> {
    await this.line(nth).fill(text)
  }

  private line(nth: number): Locator {
    return this.app.locator('.nut-popup input[type=text]').filter({ visible: true }).nth(nth)
  }

  /** Taps on words of the sheet in sight. */
  async popup(words: string): Promise<void> {
    await this.app.locator('.nut-popup').getByText(words, { exact: true }).filter({ visible: true }).last().click()
  }

  /** Writes into the form's field with this label. */
  async fillField(label: string, text: string): Promise<void> {
    const field = this.app.locator('.field').filter({ visible: true, has: this.app.getByText(label, { exact: true }) })
    await field.locator('input').first().fill(text)
  }

  /** Says which line of a bill is wrong, by how much, and why. */
  async dispute({ fee, amount, why }: { fee: string; amount: string; why: string }): Promise<void> {
    await this.tap('我有异议')
    await this.popup(fee)
    const sheet = this.app.locator('.nut-popup').filter({ visible: true })
    await sheet.locator('input.weui-input').first().fill(amount)
    await sheet.locator('textarea').first().fill(why)
    await this.popup('提交申诉')
  }

  /** Closes the sheet in sight. */
  async close(): Promise<void> {
    await this.app.locator('.nut-popup .sheet-close').filter({ visible: true }).last().click()
  }

  /** Back to the page before. */
  async back(): Promise<void> {
    await this.app.locator('body').evaluate('history.back()')
  }

  /** Agrees, or not, to what the mini-program asks in its own window. */
  async decide(button: string): Promise<void> {
    await this.app.getByText(button, { exact: true }).filter({ visible: true }).last().click()
  }

  /** Answers WeChat's sheet that lies over the mini-program. */
  async answer(button: string): Promise<void> {
    await this.shell.getByRole('dialog').getByRole('button', { name: button }).click()
  }

  /** Allows one more message of each kind that WeChat asks about. */
  async allow(): Promise<void> {
    await this.answer('确定')
  }

  /** Allows none of the messages that WeChat asks about. */
  async refuse(): Promise<void> {
    await this.answer('取消')
  }

  /** The newest service notice with these words, in the opened list, once it has arrived. */
  async notice(hasText: string): Promise<Locator> {
    await this.page.locator('.phone-head .bell:not([data-letters])').click()
    const notice = this.shell.locator('article.notice').filter({ hasText }).last()
    await notice.waitFor()
    return notice
  }

  /** Opens the newest service notice with these words, and with it the page that it is about. */
  async openNotice(hasText: string): Promise<void> {
    await (await this.notice(hasText)).getByRole('button', { name: '进入小程序查看' }).click()
  }

  /** Starts the mini-program anew at the page in sight, as a tap on a message does when it was not running. */
  async reopen(): Promise<void> {
    // The templates to ask for come with the services, on this page as well.
    const known = this.page.waitForResponse((response) => response.url().endsWith('/api/services'))
    await this.app.locator('body').evaluate('location.reload()')
    await known
  }

  /** Back to the first page, by WeChat's own button. */
  async home(): Promise<void> {
    await this.shell.getByRole('button', { name: '回到首页' }).click()
    await this.sees('您需要什么帮助？')
  }

  /** Answers the question that staff have asked, and allows no further messages. */
  async reply(text: string): Promise<void> {
    await this.app.locator('textarea').filter({ visible: true }).first().fill(text)
    await this.app.getByText('回复', { exact: true }).filter({ visible: true }).last().click()
    await this.refuse()
    await this.sees('已补充，处理的同事会看到')
  }

  /** Takes the complaint back, with one of the reasons offered. */
  async withdraw(reason: string): Promise<void> {
    await this.tap('撤回')
    await this.tap(reason)
    await this.app.getByText('确定撤回', { exact: true }).filter({ visible: true }).click()
    await this.sees('已撤回')
  }

  /** Adds words and a picture to the complaint, and allows the messages that WeChat asks about. */
  async remark(text: string, photo: Buffer): Promise<void> {
    await this.tap('补充说明')
    await this.app.locator('.nut-popup textarea').fill(text)
    await this.addPhoto(photo)
    await this.app.locator('.nut-popup').getByText('发送', { exact: true }).click()
    await this.allow()
    await this.sees('已补充，处理的同事会看到')
  }

  /** Rates the service: stars, the willingness to recommend, words. */
  async rate({ csat, nps, said }: { csat: number; nps: number; said: string }): Promise<void> {
    await this.tap('评价这次服务')
    await this.app
      .locator('.nut-rate-item')
      .nth(csat - 1)
      .click()
    await this.app.getByText(String(nps), { exact: true }).filter({ visible: true }).last().click()
    await this.app.locator('textarea').filter({ visible: true }).last().fill(said)
    await this.tap('提交评价')
  }
}
