import type { Message } from './message.ts'

/** The messages that this process is sending at the moment: a clock that is moved ahead must not end our own leases. */
export const inHand: ReadonlySet<string> = new Set<string>()

const held = inHand as Set<string>
const flights = new Set<Promise<void>>()
const speaking = new Set<string>()

/** What one transaction says to one person: the next of it goes when the one before has arrived. */
export const speech = ({ recipientId, createdAt }: Pick<Message, 'recipientId' | 'createdAt'>): string =>
  `${recipientId} ${createdAt}`

/** What is being said to whom at the moment. */
export const speeches = (): Set<string> => new Set(speaking)

/** Keeps a message that was claimed from being claimed again, until it has landed. */
export function hold(message: Message): void {
  held.add(message.id)
  speaking.add(speech(message))
}

/** Sees a message off that is held. */
export function takeOff(message: Message, sending: Promise<void>): void {
  const flight = sending.finally(() => {
    held.delete(message.id)
    speaking.delete(speech(message))
    flights.delete(flight)
  })
  flights.add(flight)
}

/** How many are on their way. */
export const underway = (): number => flights.size

/** Waits for the next one to land, if any is on its way. */
export async function nextLanding(): Promise<void> {
  if (flights.size > 0) await Promise.race(flights)
}

/** Waits until nothing that this process is sending is on its way any more. */
export async function landed(): Promise<void> {
  await Promise.all(flights)
}
