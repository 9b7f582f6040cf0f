import { accountsOf } from '../../server/engines/staff/roster.ts'
import { setQuiet } from '../../server/engines/staff/shift.ts'
import { Staff } from '../../server/engines/staff/staff.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'
import { isPlatformChoice, platformCalled, platformName, platformsToList } from '../platforms.ts'

const OFF = /^(关|关闭|取消|off|none)$/i
const SPAN = /^(\d{1,2})(?::(\d{2})|点)? ?(?:-|~|到|至|to) ?(\d{1,2})(?::(\d{2})|点)?$/i

/** My own hours of quiet, in place of the house's. */
const quiet: Command = {
  name: 'quiet',
  words: ['免打扰', 'quiet'],
  group: 'me',
  async run(tx, staff, rest) {
    if (OFF.test(rest)) {
      await setQuiet(tx, staff.id)
      return [line(staff, 'quiet_off')]
    }
    const [, ...parts] = SPAN.exec(rest) ?? []
    if (parts.length === 0) throw new Invalid('time', 'quiet_when')
    const clock = (hour = '', minute = '00') => `${hour.padStart(2, '0')}:${minute}`
    const [from, to] = [clock(parts[0], parts[1]), clock(parts[2], parts[3])]
    await setQuiet(tx, staff.id, from, to)
    return [line(staff, 'quiet_on', { from, to })]
  },
}

/** Where I want to be told. Where everybody is told on the same platform the command has no words: nobody can say it. */
const platform: Command = {
  name: 'platform',
  get words() {
    return isPlatformChoice() ? ['平台', 'chat', 'platform'] : []
  },
  group: 'me',
  may: async () => isPlatformChoice(),
  async run(tx, staff, rest) {
    const chat = platformCalled(rest)
    if (!chat) throw new Invalid('platform', 'platform_which', platformsToList())
    const accounts = await accountsOf(tx, staff.id)
    if (!accounts.some((account) => account.platform === chat))
      throw new Invalid('platform', 'platform_no_account', { platform: platformName(chat) })
    await prefer(tx, staff, { chat })
    // They look at the one, and shall find the other.
    const places = platformsToList().ids.filter((id) => accounts.some((account) => account.platform === id))
    return places.map((via) => ({ ...line(staff, 'platform_set', { platform: platformName(chat), via }), via }))
  },
}

const LANGUAGES: Record<string, string> = {
  zh: 'zh',
  中文: 'zh',
  chinese: 'zh',
  en: 'en',
  英文: 'en',
  英语: 'en',
  english: 'en',
}

/** The language of help; everything else is Chinese for now. */
const language: Command = {
  name: 'language',
  words: ['语言', 'language', 'lang'],
  group: 'me',
  async run(tx, staff, rest) {
    const wanted = LANGUAGES[rest.toLowerCase()]
    if (!wanted) throw new Invalid('language', 'language_which')
    await prefer(tx, staff, { language: wanted })
    return [line(staff, `language_${wanted}`)]
  },
}

async function prefer(tx: Tx, staff: Staff, wish: Partial<Pick<Staff, 'chat' | 'language'>>): Promise<void> {
  await tx.update(Staff, staff.id, { ...wish, updatedAt: tx.now })
  tx.remember(`staff:${staff.id}`, Object.assign(staff, wish))
}

/** There is nothing to give up: what the bot asked is given up before it comes here. */
const cancel: Command = {
  name: 'cancel',
  words: ['取消', 'cancel', '算了'],
  group: 'me',
  alone: true,
  run: async (_tx, staff) => [line(staff, 'nothing_to_cancel')],
}

export const me = [quiet, platform, language, cancel]
