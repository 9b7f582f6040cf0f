/**
 * What a customer sees of their tickets: the answers of `/api/tickets`. Shapes only, and nothing imported, since the
 * mini-program takes them from here. Instants are ms UTC.
 */

export type TicketStatus = 'processing' | 'waiting_customer' | 'resolved' | 'withdrawn' | 'merged' | 'closed'

export interface TicketSummary {
  id: string
  number: string
  title: string
  status: TicketStatus
  statusText: string
  priority: 'urgent' | 'normal'
  openedAt: number
  updatedAt: number
  stepTitle: string | null
}

export interface TicketPage {
  tickets: TicketSummary[]
  /** Where the next page begins; null: this is the last. */
  next: string | null
}

/** A picture that was sent. */
export interface UploadedPhoto {
  id: string
  url: string
}

export interface Photo extends UploadedPhoto {
  state: 'checking' | 'ok' | 'blocked'
}

export type StepLook = 'done' | 'current' | 'waiting' | 'upcoming' | 'stopped'

export interface ProgressStep {
  name: string
  title: string
  state: StepLook
  at?: number
  by?: string
  text?: string
}

export interface TimelineEntry {
  id: string
  at: number
  who: 'customer' | 'staff' | 'system'
  name: string
  text: string
  photos: Photo[]
}

export interface Rating {
  csat: number
  nps?: number
  words?: string
}

/** A document as its customer sees it. */
export interface Paper {
  id: string
  title: string
  number: string
  url: string
  at: number
  validUntil: number | null
  /** A newer version has taken its place; it can still be read. */
  superseded: boolean
}

export interface TicketDetail extends TicketSummary {
  answers: { name: string; label: string; text: string }[]
  photos: Photo[]
  /** What was made out to the customer: quotes, contracts. */
  documents: Paper[]
  steps: ProgressStep[]
  timeline: TimelineEntry[]
  question: { text: string; at: number } | null
  /** Who is on it, once somebody has taken it: before when they will be there, if that is known, or that they are. */
  worker: { name: string; expectedAt?: number; arrivedAt?: number } | null
  /** What those who reported it are thanked with, when it is over. */
  thanks: { points: number } | null
  /** How many customers reported it, this one included. */
  reporters: number
  /** Whether somebody else reported it first. */
  joined: boolean
  /** The ticket in which it went on. */
  mergedInto: { id: string; number: string } | null
  /** The customer's other tickets that have to do with it. */
  links: { id: string; number: string; title: string }[]
  can: {
    remark: boolean
    urge: boolean
    urgeAfter?: number
    withdraw: boolean
    rate: boolean
    reopen: boolean
    reopenUntil?: number
  }
  rating: (Rating & { at: number }) | null
}
