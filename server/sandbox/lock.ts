/** Switches that make the lock service misbehave. */
export interface LockFaults {
  down: false | 'reset' | '503'
  slowMs: number
  /** The next n commands are taken, but the connection is cut before the answer. */
  loseAnswers: number
  /** Error codes answered to the next commands, one each. */
  refuse: string[]
  /** The next n locks do not open: they report that they failed. */
  jam: number
  /** The next n locks open or close and say nothing of it. */
  silent: number
  /** Everything is called back so many times more. */
  duplicate: number
  /** Callbacks are pushed only by `push`, in the order that it is given. */
  pushManually: boolean
  /** Locks do not move by themselves after a command: only by `move`. */
  moveManually: boolean
}

/** What a lock has told. */
export interface LockNews {
  id: string
  type: 'unlocked' | 'locked' | 'failed' | 'battery' | 'place'
  lock: string
  at: number
  command?: string
  opened_at?: number
  place?: { lat: number; lng: number }
  meters?: number
  battery?: number
  code?: string
}

/** A lock as it stands. */
export interface LockLook {
  lock: string
  open: boolean
  place?: { lat: number; lng: number }
  meters: number
  battery: number
}

/** The lock service as its customer sees it, with the locks behind. */
export interface LockStandIn {
  readonly faults: LockFaults
  /** Calls by what was asked: `unlock`, `look`, `cancel`. */
  readonly calls: Map<string, number>
  /** What waits to be called back, with `pushManually`. */
  readonly waiting: LockNews[]
  look(lock: string): LockLook
  /** Lets a lock that was told to open do so (or fail), with `moveManually`. */
  move(lock: string): Promise<void>
  /** Somebody shuts a lock, where they have ridden to; `before`: what it had covered at least when the ride began. */
  close(
    lock: string,
    ridden?: { place?: { lat: number; lng: number }; meters?: number; before?: number },
  ): Promise<void>
  /** A lock tells something of itself. */
  tell(news: Omit<LockNews, 'id' | 'at'> & { at?: number }): Promise<void>
  /** Pushes what waits, in this order (by its places); returns what was answered. */
  push(order?: number[]): Promise<number[]>
  /** Ends when everything that is on its way has arrived. */
  settled(): Promise<void>
}
