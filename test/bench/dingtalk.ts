import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { Staff, StaffAccount } from '../../server/engines/staff/staff.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { readConfig } from '../../server/lib/config.ts'
import { start } from '../../server/main.ts'
import { cardSecret, cardSign } from '../../server/platforms/dingtalk-sign.ts'
import { copyId, fill, patternOf } from './crowd.ts'
import { type Ground, openGround, openRooms, welcome } from './ground.ts'
import { median, perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const OPEN = 12_000
const AT_ONCE = 16
const ROUNDS = 3
const PRESSES = 1_000
const USER = 'bench-lin'
const APP = {
  DINGTALK_APP_KEY: 'dingbench',
  DINGTALK_APP_SECRET: 'bench-dingtalk-secret',
  DINGTALK_ROBOT_CODE: 'dingbench',
  DINGTALK_CARD_TEMPLATE_ID: 'bench.schema',
}

/** Presses on DingTalk cards per second, over Stream and over HTTP, each verified, done, committed and answered. */
export async function dingtalkPresses(): Promise<BenchRow[]> {
  const overStream = await ratesOf('on')
  const overHttp = await ratesOf('off')
  return [
    rowOf('DingTalk presses over Stream against over HTTP', median(overStream) / median(overHttp), undefined, {
      'Stream per s': median(overStream),
      'HTTP per s': median(overHttp),
      'at once': AT_ONCE,
      'open complaints': OPEN,
    }),
  ]
}

async function ratesOf(stream: 'on' | 'off'): Promise<number[]> {
  const gateway = await openGateway()
  const ground = await openGround({
    ...APP,
    DINGTALK_STREAM: stream,
    DINGTALK_API_BASE: gateway.base,
    DINGTALK_OAPI_BASE: gateway.base,
    NODE_ENV: 'production',
  })
  const cards = await layOut(ground)
  const running = await start(readConfig(ground.env), { jobs: false })
  const press = stream === 'on' ? await gateway.caller() : httpCaller(running.url)
  const rates: number[] = []
  await pressAll(cards.splice(0, PRESSES), press)
  for (let round = 0; round < ROUNDS; round++) {
    const batch = cards.splice(0, PRESSES)
    rates.push(perSecond(PRESSES, await timed(() => pressAll(batch, press))))
  }
  const [row] = await running.house.db.read((tx) =>
    tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM flow_steps WHERE acceptedAt IS NOT NULL'),
  )
  if (Number(row?.n) !== PRESSES * (ROUNDS + 1)) throw new Error(`${row?.n} of the presses have done their work`)
  await running.close()
  await gateway.close()
  await ground.clear()
  return rates
}

/** Open complaints whose cards were delivered to one person, who has a DingTalk account. */
async function layOut(ground: Ground): Promise<string[]> {
  const house = await openRooms(ground, systemClock)
  const user = { openid: 'oBench00000', nickname: '王晓梅', phone: '13800001234' }
  const pattern = await patternOf(house, await welcome(house, user))
  const place = pattern.messages.findIndex(({ kind }) => kind === 'step')
  const card = pattern.messages[place]
  if (!card) throw new Error('opening the complaint has made no card')
  await fill(house.db, pattern, OPEN)
  await house.db.write(async (tx) => {
    const lin = await tx.get(Staff, card.recipientId)
    await tx.insert(StaffAccount, {
      id: StaffAccount.key('dingtalk', USER),
      platform: 'dingtalk',
      userId: USER,
      staffId: lin?.id ?? '',
      active: true,
      listed: false,
      since: tx.now,
      leads: false,
    })
  })
  await house.db.close()
  return Array.from({ length: OPEN }, (_, i) => copyId(card, `M${place}`, i))
}

type Press = (outTrackId: string) => Promise<void>

async function pressAll(cards: string[], press: Press): Promise<void> {
  const queue = [...cards]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let card = queue.pop(); card; card = queue.pop()) await press(card)
    }),
  )
}

function pressOf(outTrackId: string): string {
  const content = JSON.stringify({ cardPrivateData: { actionIds: ['accept'], params: { action: 'accept' } } })
  return JSON.stringify({ type: 'actionCallback', outTrackId, corpId: 'bench', userId: USER, content })
}

function httpCaller(url: string): Press {
  const secret = cardSecret(APP.DINGTALK_APP_SECRET)
  return async (outTrackId) => {
    const timestamp = String(Date.now())
    const answer = await fetch(`${url}/callbacks/dingtalk-card`, {
      method: 'POST',
      headers: { 'x-ddpaas-signature-timestamp': timestamp, 'x-ddpaas-signature': cardSign(timestamp, secret) },
      body: pressOf(outTrackId),
    })
    if (!(await answer.text()).includes('cardParamMap')) throw new Error(`a press was answered ${answer.status}`)
  }
}

/** A gateway that only hands out one connection and pushes presses over it. */
async function openGateway() {
  const acks = new Map<string, (data: string) => void>()
  const sockets: WebSocket[] = []
  const server = createServer((request, response) => answer(request, (json) => response.end(JSON.stringify(json))))
  const streams = new WebSocketServer({ server })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`

  function answer(request: IncomingMessage, reply: (json: object) => void): void {
    request.resume().on('end', () => {
      if (request.url?.includes('connections/open')) reply({ endpoint: `ws://${address}/connect`, ticket: 'bench' })
      else if (request.url?.includes('accessToken')) reply({ accessToken: 'bench', expireIn: 7200 })
      else reply({ errcode: -1, errmsg: 'not here', success: true, result: {} })
    })
  }
  streams.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (raw) => {
      const { headers, data } = JSON.parse(String(raw)) as { headers: { messageId: string }; data: string }
      acks.get(headers.messageId)?.(data)
    })
  })

  return {
    base: `http://${address}`,
    async caller(): Promise<Press> {
      if (sockets.length === 0) await once(streams, 'connection')
      let count = 0
      return async (outTrackId) => {
        count += 1
        const messageId = `m${count}`
        const acked = new Promise<string>((resolve) => acks.set(messageId, resolve))
        const headers = { messageId, topic: '/v1.0/card/instances/callback', contentType: 'application/json' }
        const frame = { specVersion: '1.0', type: 'CALLBACK', headers, data: pressOf(outTrackId) }
        sockets[0]?.send(JSON.stringify(frame))
        if (!(await acked).includes('cardParamMap')) throw new Error('a press over Stream was not answered with a card')
        acks.delete(messageId)
      }
    },
    async close() {
      for (const socket of sockets) socket.terminate()
      streams.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
