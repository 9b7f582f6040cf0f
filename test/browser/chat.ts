import type { Locator, Page } from 'playwright-core'

/** One colleague's work chat on the desk. */
export class Chat {
  readonly element: Locator

  constructor(
    private readonly page: Page,
    userid: string,
  ) {
    this.element = page.locator(`.chat[data-user="${userid}"]`)
  }

  /** The newest card that shows all these words, once it has arrived. */
  async card(...words: string[]): Promise<Card> {
    const found = words.reduce((cards, hasText) => cards.filter({ hasText }), this.element.locator('article.card'))
    const task = await found.last().getAttribute('data-task')
    // By its id from here on: a card's words change with what is done to it.
    return new Card(this.element.locator(`article.card[data-task="${task}"]`))
  }

  /** The newest line of the application with these words, once it has arrived. */
  async line(hasText: string | RegExp): Promise<Locator> {
    const line = this.element.locator('.item.theirs .bubble').filter({ hasText }).last()
    await line.waitFor()
    return line
  }

  /** Writes to the application. */
  async says(text: string): Promise<void> {
    await this.element.locator('.composer textarea').fill(text)
    await this.element.locator('.composer button[type=submit]').click()
    await this.element.locator('.item.mine .bubble').filter({ hasText: text }).last().waitFor()
  }

  /** Sends a picture to the application. */
  async sends(buffer: Buffer): Promise<void> {
    const pictures = this.element.locator('.item.mine[data-kind=image]')
    const before = await pictures.count()
    const [chooser] = await Promise.all([
      this.page.waitForEvent('filechooser'),
      this.element.getByRole('button', { name: '发送图片' }).click(),
    ])
    await chooser.setFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer })
    await pictures.nth(before).waitFor()
  }
}

/** One card as it stands in a chat. */
export class Card {
  constructor(readonly element: Locator) {}

  /** Chooses in the card's drop-down. */
  async choose(label: string): Promise<void> {
    await this.element.locator('select').selectOption({ label })
  }

  /** Presses a button by the words on it. */
  async press(text: string): Promise<void> {
    await this.element.getByRole('button', { name: text, exact: true }).click()
  }

  /** Opens the menu of the corner and takes an entry. */
  async menu(text: string): Promise<void> {
    await this.element.getByRole('button', { name: '更多操作' }).click()
    await this.element.locator('.card-menu-list').getByRole('button', { name: text }).click()
  }

  /** Waits until the card shows these words. */
  async shows(hasText: string | RegExp): Promise<void> {
    await this.element.filter({ hasText }).waitFor()
  }

  /** Waits until the card is closed with these words in its buttons' place. */
  async closed(words: string | RegExp): Promise<void> {
    await this.element.locator('.card-button.replaced').filter({ hasText: words }).waitFor()
  }
}
