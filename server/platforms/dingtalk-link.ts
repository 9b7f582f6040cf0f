import { type ClientOptions, WebSocket } from 'ws'

export interface LinkTimes {
  /** How long the opening may take. */
  openMs: number
  /** How often the other side is asked for a sign of life; after two silent spans the link is given up. */
  pingMs: number
}

/** One open websocket that notices when it is dead. */
export interface Link {
  send(text: string): void
  /** Resolves with the reason when it is closed, by whomever. */
  closed: Promise<string>
  /** Resolves when another link is needed: this one is closed, or will be soon. */
  over: Promise<'closed' | 'leaving'>
  /** Serves on until the other side closes, as it has said it would; after `mostMs` we do. */
  leave(mostMs: number): void
  close(): void
}

const MOST_BYTES = 1024 * 1024
const CLOSE_MS = 1000
const SILENT_SPANS = 2

/** Opens a websocket; rejects when that fails. Every text that comes is handed to `hear`. */
export function openLink(url: string, times: LinkTimes, hear: (text: string, link: Link) => void): Promise<Link> {
  // The types do not know closeTimeout yet.
  const options: ClientOptions & { closeTimeout: number } = {
    handshakeTimeout: times.openMs,
    maxPayload: MOST_BYTES,
    perMessageDeflate: false,
    closeTimeout: CLOSE_MS,
  }
  const socket = new WebSocket(url, options)
  let reason = ''
  let leaving = () => {}
  socket.on('error', (error) => {
    reason ||= error.message
  })
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, words) => resolve(reason || `closed with ${code} ${words}`.trim()))
  })
  const link: Link = {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    closed,
    over: new Promise((resolve) => {
      leaving = () => resolve('leaving')
      void closed.then(() => resolve('closed'))
    }),
    leave(mostMs) {
      leaving()
      // The other side has promised to close; a socket that it forgets is ours to end. Nothing else hangs on it.
      const closing = setTimeout(() => socket.close(), mostMs)
      void closed.then(() => clearTimeout(closing))
    },
    close: () => socket.close(),
  }
  // From the beginning: the first frame may arrive together with the answer to the opening.
  socket.on('message', (data) => hear(String(data), link))
  giveUpWhenSilent(socket, times.pingMs, () => {
    reason ||= 'silent'
  })
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(link))
    void link.closed.then((why) => reject(new Error(why)))
  })
}

/** A connection that died on its way closes nothing: only the missing answer to a ping tells. */
function giveUpWhenSilent(socket: WebSocket, pingMs: number, say: () => void): void {
  let silentSpans = 0
  const alive = () => {
    silentSpans = 0
  }
  socket.on('message', alive).on('ping', alive).on('pong', alive)
  // Of the connection only: no deadline of the business hangs on it.
  const watch = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (silentSpans++ >= SILENT_SPANS) {
      say()
      socket.terminate()
    } else socket.ping()
  }, pingMs)
  socket.on('close', () => clearInterval(watch))
}
