import { staffByAccount } from '../server/engines/staff/roster.ts'
import { DAY } from '../server/lib/clock.ts'
import type { Database } from '../server/lib/db.ts'
import { log } from '../server/lib/log.ts'
import type { Words } from '../server/lib/render.ts'
import type { Wecom, WecomMenuButton } from '../server/platforms/wecom.ts'
import { answer, speaksOn } from './here.ts'

/** Says hello to somebody who opens the chat, once a day; a stranger is not told of anything. */
export async function greet(db: Database, platform: string, userId: string): Promise<void> {
  await db.write(async (tx) => {
    const staff = await staffByAccount(tx, platform, userId)
    if (!staff) return
    speaksOn(tx, staff.id, platform)
    await answer(tx, {
      key: `greeting:${staff.id}:${Math.floor(tx.now / DAY)}`,
      channel: 'staff',
      to: staff.id,
      kind: 'say',
      subjectId: staff.id,
      // Whoever has just opened the chat is looking at it.
      urgent: true,
      data: { line: 'greeting', name: staff.name },
    })
  })
}

/** An entry of the menu below the chat: what it is called, and what tapping it says in the person's place. */
type Entry = { name: string; say: string } | { name: string; more: Entry[] }

/** Hangs the menu of commands below WeCom's chat; one that cannot be set now stays as it was. */
export async function hangMenu(wecom: Wecom, words: Words): Promise<void> {
  try {
    await wecom.createMenu((words.tree('cards/menu.entries') as Entry[]).map(button))
  } catch (error) {
    log.warn({ err: error }, 'the menu below the chat could not be set')
  }
}

function button(entry: Entry): WecomMenuButton {
  if ('more' in entry) return { name: entry.name, sub_button: entry.more.map(button) }
  return { type: 'click', name: entry.name, key: entry.say }
}
