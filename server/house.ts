import { join } from 'node:path'
import { useFolder } from './engines/files/files.ts'
import type { Message } from './engines/messages/message.ts'
import { afterQuiet } from './engines/messages/quiet.ts'
import { Shelf } from './engines/packs/shelf.ts'
import { entities, migrations } from './entities.ts'
import type { Clock } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'
import { Database } from './lib/db.ts'
import { loadWords, type Words } from './lib/render.ts'
import { type Wechat, wechat } from './platforms/wechat.ts'
import { type WechatPush, wechatPush } from './platforms/wechat-push.ts'
import { type Wecom, wecom } from './platforms/wecom.ts'
import { type WecomCallback, wecomCallback } from './platforms/wecom-callback.ts'

/** What everything in the process stands on: made once by main.ts, handed to faces and duties. */
export interface House {
  config: Readonly<Config>
  clock: Clock
  db: Database
  words: Words
  shelf: Shelf
  wecom?: Wecom
  wecomCallback?: WecomCallback
  wechat?: Wechat
  wechatPush?: WechatPush
}

/** Opens the database, reads words and packs, makes the platform clients. Packs with mistakes stop a first start. */
export async function openHouse(config: Readonly<Config>, clock: Clock): Promise<House> {
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  useFolder(join(config.dataDir, 'files'))
  const words = loadWords(config.templatesDir, { clock })
  const shelf = new Shelf(join(config.templatesDir, 'packs'), config.packs)
  const db = await Database.open({ url: config.databaseUrl, entities, migrations, clock })
  const problems = await shelf.load(db)
  if (problems.length > 0) {
    await db.close()
    const list = problems.map(({ file, line, field, reason }) => `  ${file}:${line} ${field}: ${reason}`)
    throw new Error(`The packs cannot be used:\n${list.join('\n')}`)
  }
  const maxAgeS = config.callbackMaxAgeS
  return {
    config,
    clock,
    db,
    words,
    shelf,
    ...(config.wecom && {
      wecom: wecom(config.wecom, clock),
      wecomCallback: wecomCallback({ ...config.wecom, maxAgeS }),
    }),
    ...(config.wechat && {
      wechat: wechat(config.wechat, clock),
      wechatPush: wechatPush({
        appId: config.wechat.appId,
        token: config.wechat.pushToken,
        aesKey: config.wechat.pushAesKey,
        maxAgeS,
      }),
    }),
  }
}

/** When a message to staff may go: the pack's quiet hours hold what is not urgent. */
export function quietRule(shelf: Shelf) {
  return (message: Message, now: number) => afterQuiet(shelf.heads[0]?.quiet_hours, message, now)
}
