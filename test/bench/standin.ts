import { systemClock } from '../../server/lib/clock.ts'
import type { WechatUser } from '../../server/sandbox/people.ts'
import { openSandbox } from '../../server/sandbox/sandbox.ts'
import { PLATFORM } from './processes.ts'

const USERS = 200
/** How many messages the first user has allowed. */
const ALLOWED = 30_000

/* The platforms' stand-ins as a process; its parent ends it. */
const sandbox = await openSandbox({
  // Time is never moved here.
  clock: { ...systemClock, advance: () => undefined },
  productUrl: 'http://127.0.0.1:1',
  wecom: {
    corpId: PLATFORM.WECOM_CORP_ID,
    agentId: Number(PLATFORM.WECOM_AGENT_ID),
    secret: PLATFORM.WECOM_SECRET,
    token: PLATFORM.WECOM_TOKEN,
    encodingAesKey: PLATFORM.WECOM_ENCODING_AES_KEY,
  },
  wechat: {
    appId: PLATFORM.WECHAT_APP_ID,
    appSecret: PLATFORM.WECHAT_APP_SECRET,
    pushToken: PLATFORM.WECHAT_PUSH_TOKEN,
    pushAesKey: PLATFORM.WECHAT_PUSH_AES_KEY,
  },
})
const users = Array.from({ length: USERS }, (_, i): WechatUser => {
  const place = String(i).padStart(4, '0')
  return { openid: `oBench${place}`, unionid: `uBench${place}`, nickname: `王晓梅${i}`, phone: `1380000${place}` }
})
sandbox.wechat.users.push(...users)
// Texts are checked only for who has visited, and messages go only to who has allowed them.
for (const { openid } of users) sandbox.wechat.login(openid)
const [customer] = users
if (customer) await sandbox.wechat.accept(customer.openid, Array<string>(ALLOWED).fill('TPL_PROGRESS'))
process.send?.({ wecomBase: sandbox.wecomBase, wechatBase: sandbox.wechatBase, users, customer })
