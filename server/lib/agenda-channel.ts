import { BaseNotificationChannel, type JobNotification } from './agenda.ts'
import { log } from './log.ts'

/** What shall happen when Agenda starts and when it stops or has drained. */
interface Hooks {
  onStart(): void
  onStop(): Promise<void>
}

/**
 * Tells the Agenda of this process that a job was saved, so that it need not wait for its next scan; other processes
 * scan. A notification means "there is work of this name": while one is being answered, further ones of the name are
 * gathered into one, since Agenda answers each by taking all due jobs, and a thousand answers at once would overrun
 * its own lock limit and unlock most of what they locked.
 */
export class LocalChannel extends BaseNotificationChannel {
  private readonly waiting = new Map<string, JobNotification>()
  private readonly busy = new Set<string>()

  constructor(private readonly hooks: Hooks) {
    super()
    // An emitter without a listener throws what it should tell.
    this.on('error', (error) => log.warn({ err: error }, 'a job notification was not answered'))
  }

  async connect(): Promise<void> {
    this.hooks.onStart()
    this.setState('connected')
  }

  async disconnect(): Promise<void> {
    this.handlers.clear()
    this.waiting.clear()
    this.setState('disconnected')
    await this.hooks.onStop()
  }

  /** Takes note and returns at once: who saves a job does not wait until it is taken. */
  async publish(notification: JobNotification): Promise<void> {
    if (this.state !== 'connected') throw new Error('the channel is not connected')
    const { jobName: name } = notification
    const earlier = this.waiting.get(name)
    if (!earlier || dueAt(notification) < dueAt(earlier)) this.waiting.set(name, notification)
    if (this.busy.has(name)) return
    this.busy.add(name)
    setImmediate(() => void this.deliver(name))
  }

  private async deliver(name: string): Promise<void> {
    for (let next = this.waiting.get(name); next; next = this.waiting.get(name)) {
      this.waiting.delete(name)
      await this.notifyHandlers(next)
    }
    this.busy.delete(name)
  }
}

function dueAt({ nextRunAt }: JobNotification): number {
  return nextRunAt?.getTime() ?? 0
}
