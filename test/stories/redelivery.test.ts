import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { LEASE_MS } from '../../server/engines/messages/room.ts'
import { type Product, until } from '../processes.ts'
import type { Case } from './crash-cases.ts'
import { Post, Shopper } from './crash-customers.ts'
import { readLedger, wrongEvents } from './crash-ledger.ts'
import { Office } from './crash-staff.ts'
import { openTown } from './crash-town.ts'

/** What was on its way at a kill comes when its lease has ended: whoever pressed again before would really ask twice. */
const PATIENCE_MS = 2 * LEASE_MS
const STILL_MS = 3 * LEASE_MS

/**
 * A door before the product: whatever a platform calls back is done and committed, then the process is killed before the
 * answer is out, and the platform delivers the same once more to the next process. Returns how often that was.
 */
async function openDeadlyDoor(t: TestContext, product: Product): Promise<() => number> {
  const inside = product.url
  let kills = 0
  let awaitsRepeat = false
  let opens = Promise.resolve()
  const server = createServer(async (request, response) => {
    // What is called back while nobody is there waits at the door, as long as its sender does.
    if (request.url?.startsWith('/callbacks')) await opens
    if (request.socket.destroyed) return
    const answer = await forward(request, inside)
    if (!answer) return response.destroy()
    const { status, type, body } = answer
    const taken = status === 200 && request.url?.startsWith('/callbacks/wecom')
    if (taken) awaitsRepeat = !awaitsRepeat
    if (!taken || !awaitsRepeat) return response.writeHead(status, { 'content-type': type }).end(body)
    kills += 1
    opens = product.kill().then(() => product.start())
    await opens
    return response.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  Object.assign(product, { url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
  return () => kills
}

async function forward(request: IncomingMessage, to: string) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = request.headers
  try {
    const answer = await fetch(to + request.url, {
      method: request.method,
      headers: headers as Record<string, string>,
      body: request.method === 'GET' ? undefined : Buffer.concat(chunks),
    })
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? 'text/plain',
      body: await answer.text(),
    }
  } catch {
    return undefined
  }
}

test('killed after every commit, before every answer: what is delivered again is not done again', async (t) => {
  const town = await openTown(1)
  const { wecom, wechat } = town.sandbox
  const [product] = town.products
  if (!product) throw new Error('no product')
  const matter: Case = { tag: '第003号', fate: 'silent', urgent: false }
  const office = new Office(wecom, new Map([[matter.tag, matter]]), PATIENCE_MS)
  t.after(async () => {
    office.close()
    await town.close()
  })
  await product.start()
  const kills = await openDeadlyDoor(t, product)
  const shopper = new Shopper(new Post(wechat), town.url, 1)
  await shopper.signIn()
  void office.work()
  await shopper.live(matter)
  await until('staff have nothing to do', () => office.isIdle(), STILL_MS, 500)

  assert.ok(kills() >= 5, `${kills()} kills`)
  const db = await town.openDatabase()
  t.after(() => db.close())
  const ledger = await readLedger(db)
  assert.equal(ledger.events.filter(({ name }) => name === 'customer.asked').length, 1)
  assert.deepEqual(wrongEvents(ledger), [])
  // Taken for new, the repeated press would ask once more, and the repeated words would be told to make no sense.
  const said = ledger.messages.flatMap(({ data }) => data.line ?? [])
  assert.deepEqual(said, ['ask', 'done_ask'])
})
