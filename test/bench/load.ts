import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { percentile } from './measure.ts'

/** Prepared requests, each the whole text of an HTTP request, to be sent once. */
export interface Volley {
  port: number
  requests: string[]
  connections: number
  /** Paced at this rate, whatever the answers do; without it each connection sends as soon as it has its answer. */
  perSecond?: number
}

export interface Hits {
  perSecond: number
  /** Milliseconds to the answer; when paced, counted from when a request should have gone out. */
  p50: number
  p99: number
  max: number
  /** How many answers of each status. */
  statuses: Record<string, number>
  /** How many answers had a body. */
  filled: number
}

interface Answer {
  status: string
  length: number
}

/* A client that costs little: sockets that stay open, requests that are ready, answers read no further than needed. */
process.on('message', (volley: Volley) => {
  fire(volley).then(
    (hits) => process.send?.(hits),
    (error) => process.send?.({ error: String(error) }),
  )
})
process.send?.('ready')

async function fire({ port, requests, connections, perSecond }: Volley): Promise<Hits> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(port)))
  const statuses: Record<string, number> = {}
  const waits: number[] = []
  let filled = 0
  let next = 0
  const began = performance.now()
  await Promise.all(
    lanes.map(async (lane) => {
      for (let i = next++; i < requests.length; i = next++) {
        const due = perSecond ? began + (i * 1000) / perSecond : performance.now()
        while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
        const { status, length } = await lane.send(requests[i] as string)
        waits.push(performance.now() - due)
        statuses[status] = (statuses[status] ?? 0) + 1
        if (length > 0) filled += 1
      }
    }),
  )
  const ms = performance.now() - began
  for (const lane of lanes) lane.close()
  return {
    perSecond: (requests.length * 1000) / ms,
    p50: percentile(waits, 0.5),
    p99: percentile(waits, 0.99),
    max: percentile(waits, 1),
    statuses,
    filled,
  }
}

/** One kept-alive connection with one request under way at a time. */
async function openLane(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let received = ''
  let settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
    const head = received.indexOf('\r\n\r\n')
    if (head < 0) return
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(received) ?? []
    if (length === undefined) return settle?.reject(new Error(`an answer without length: ${received.slice(0, 200)}`))
    if (received.length < head + 4 + Number(length)) return
    const answer = { status: received.slice(9, 12), length: Number(length) }
    received = ''
    settle?.resolve(answer)
  })
  socket.on('error', (error) => settle?.reject(error))
  socket.on('close', () => settle?.reject(new Error('the server closed the connection')))
  return {
    send: (request: string) =>
      new Promise<Answer>((resolve, reject) => {
        settle = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}
