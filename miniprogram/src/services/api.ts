/** The shapes that travel between this app and /api. Instants are ms UTC. */

export interface Customer {
  id: string
  nickname: string | null
  /** Masked by the server: 138****1234. */
  phone: string | null
}

export interface SessionGrant {
  token: string
  expiresAt: number
  refreshToken: string
  customer: Customer
}

export interface Service {
  form: string
  title: string
  description: string
  icon: string
}

export interface Catalog {
  brand: string
  services: Service[]
  /** WeChat subscribe-message templates to ask for before a service begins. */
  subscribe: { id: string; title: string }[]
}

export type FieldKind =
  | 'text'
  | 'longtext'
  | 'number'
  | 'select'
  | 'multiselect'
  | 'photos'
  | 'phone'
  | 'date'
  | 'rating'
  | 'yesno'
  | 'money'
  | 'datetime'
  | 'location'
  | 'signature'
  | 'asset'
  | 'id_number'

export interface FieldOption {
  value: string
  label: string
  hint?: string
}

export interface FormField {
  name: string
  kind: FieldKind
  label: string
  hint?: string
  placeholder?: string
  required: boolean
  maxLength?: number
  min?: number
  max?: number
  pattern?: string
  patternMessage?: string
  options?: FieldOption[]
  showWhen?: Record<string, unknown>
  requiredWhen?: Record<string, unknown>
  default?: unknown
  /** Days written YYYY-MM-DD, both included. */
  earliest?: string
  latest?: string
  /** A formula over earlier fields: shown, not filled in. */
  computed?: string
  decimals?: number
  /** A location may be an address without coordinates. */
  typed?: boolean
}

/** While `when` holds the answers will not do. */
export interface FormRule {
  when: string | Record<string, unknown>
  message: string
  field?: string
}

/** A place; coordinates in GCJ-02 unless `datum` says otherwise. */
export interface Place {
  lat?: number
  lng?: number
  address?: string
  datum?: 'wgs84'
}

export interface FormDefinition {
  name: string
  version: number | string
  title: string
  intro?: string
  submit?: string
  fields: FormField[]
  check?: FormRule[]
}

export type Answers = Record<string, unknown>

export interface UploadedPhoto {
  id: string
  url: string
}

export interface Photo extends UploadedPhoto {
  state: 'checking' | 'ok' | 'blocked'
}

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

export interface ProgressStep {
  name: string
  title: string
  state: 'done' | 'current' | 'waiting' | 'upcoming' | 'skipped'
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

export interface TicketDetail extends TicketSummary {
  answers: { name: string; label: string; text: string }[]
  photos: Photo[]
  steps: ProgressStep[]
  timeline: TimelineEntry[]
  question: { text: string; at: number } | null
  /** Who is on it and when they will be there, once somebody has taken it. */
  worker: { name: string; eta?: number } | null
  /** How many customers reported it. */
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

export interface TicketPage {
  tickets: TicketSummary[]
  next: string | null
}
