/** Something the customer did in the app. */
export interface Behaviour {
  /** Unlike any other of this phone: the server counts it once, however often it arrives. */
  id: string
  name: string
  /** ms UTC */
  at: number
  data: Record<string, unknown>
}

export interface BufferOptions {
  /** What the phone remembers of what was not sent. */
  stored: Behaviour[]
  store(events: Behaviour[]): void
  /** Sends some; resolves when the server has them, or will never want them. */
  send(events: Behaviour[]): Promise<void>
  now(): number
  newId(): string
  /** What a phone keeps at most; of more the oldest give way. */
  most?: number
  /** How many go at once. */
  together?: number
}

export interface EventBuffer {
  add(name: string, data: Record<string, unknown>, at?: number): void
  /** Sends what there is, oldest first; stops at the first failure and keeps what was not sent. Never throws. */
  flush(): Promise<void>
  size(): number
}

/** Events on the phone until the server has them: they outlive a lost network and a closed app. */
export function createBuffer(options: BufferOptions): EventBuffer {
  const { store, send, now, newId, most = 500, together = 50 } = options
  let waiting = options.stored.slice(-most)
  let sending: Promise<void> | undefined

  function keep(next: Behaviour[]): void {
    waiting = next
    store(waiting)
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, together)
      try {
        await send(batch)
      } catch {
        return
      }
      const sent = new Set(batch.map(({ id }) => id))
      // Others may have come meanwhile.
      keep(waiting.filter(({ id }) => !sent.has(id)))
    }
  }

  return {
    add(name, data, at = now()) {
      keep([...waiting, { id: newId(), name, at, data }].slice(-most))
    },
    flush() {
      sending ??= sendAll().finally(() => {
        sending = undefined
      })
      return sending
    },
    size: () => waiting.length,
  }
}
