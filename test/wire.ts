import { connect, type Socket } from 'node:net'

/** One kept connection on which requests go one after the other, written by hand: a client that costs next to nothing. */
export class Wire {
  private socket: Socket | undefined
  private got: Buffer = Buffer.alloc(0)
  private waiting: { resolve: (answer: WireAnswer) => void; timer: NodeJS.Timeout } | undefined

  constructor(
    private readonly port: number,
    private readonly patienceMs: number,
  ) {}

  /** Sends a request and waits for its answer; 599: none came. */
  async post(path: string, headers: Record<string, string>, body: Buffer): Promise<WireAnswer> {
    const socket = await this.connected()
    const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(body.length) })
    const head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer({ status: 599, body: 'no answer' }), this.patienceMs)
      this.waiting = { resolve, timer }
      socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]))
    })
  }

  close(): void {
    this.socket?.destroy()
  }

  private async connected(): Promise<Socket> {
    if (this.socket && !this.socket.destroyed) return this.socket
    const socket = connect(this.port, '127.0.0.1')
    this.socket = socket
    this.got = Buffer.alloc(0)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.on('data', (part) => this.take(part))
    socket.on('error', () => undefined)
    // What is too large is refused, and the line cut, before all of it has arrived.
    socket.on('close', () => this.answer({ status: this.statusIn() ?? 598, body: 'closed' }))
    return socket
  }

  private take(part: Buffer): void {
    this.got = this.got.length === 0 ? part : Buffer.concat([this.got, part])
    const end = this.got.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.got.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (this.got.length < end + 4 + length) return
    const body = this.got.toString('utf8', end + 4, end + 4 + length)
    const status = this.statusIn() ?? 0
    this.got = this.got.subarray(end + 4 + length)
    if (/connection: close/i.test(head)) this.socket?.destroy()
    this.answer({ status, body })
  }

  private statusIn(): number | undefined {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(this.got.toString('latin1', 0, 20)) ?? []
    return status === undefined ? undefined : Number(status)
  }

  private answer(answer: WireAnswer): void {
    const { waiting } = this
    if (!waiting) return
    this.waiting = undefined
    clearTimeout(waiting.timer)
    if (answer.status >= 598) this.socket?.destroy()
    waiting.resolve(answer)
  }
}

export interface WireAnswer {
  status: number
  body: string
}
