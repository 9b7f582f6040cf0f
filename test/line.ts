import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** The way to a database server, which can be cut in the middle of a word, as when the server restarts. */
export class Line {
  private readonly sockets = new Set<Socket>()
  private whole = true
  /** How often somebody came while the line was cut. */
  refused = 0
  /** How many pieces have gone to the server so far. */
  asked = 0

  private constructor(
    private readonly server: Server,
    /** The database's address by this way. */
    readonly url: string,
  ) {}

  /** Opens a way to the database at this address (`mysql://…`, by port or socket). */
  static async to(address: string): Promise<Line> {
    const behind = new URL(address)
    const path = behind.searchParams.get('socketPath')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const here = new URL(address)
    here.searchParams.delete('socketPath')
    here.hostname = '127.0.0.1'
    here.port = String((server.address() as AddressInfo).port)
    const line = new Line(server, here.href)
    server.on('connection', (socket) =>
      line.join(socket, () => (path ? connect(path) : connect(Number(behind.port || 3306), behind.hostname))),
    )
    return line
  }

  /** Breaks every connection, and refuses new ones until `mend`. */
  cut(): void {
    this.whole = false
    for (const socket of this.sockets) socket.destroy()
  }

  mend(): void {
    this.whole = true
  }

  async close(): Promise<void> {
    this.cut()
    this.server.close()
    await once(this.server, 'close')
  }

  private join(near: Socket, reach: () => Socket): void {
    if (!this.whole) {
      this.refused += 1
      near.destroy()
      return
    }
    const far = reach()
    near.on('data', () => {
      this.asked += 1
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.sockets.delete(one)
        other.destroy()
      })
    }
  }
}
