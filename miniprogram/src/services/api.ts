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
  default?: unknown
}

export interface FormDefinition {
  name: string
  version: number | string
  title: string
  intro?: string
  submit?: string
  fields: FormField[]
}

export type Answers = Record<string, unknown>

export interface UploadedPhoto {
  id: string
  url: string
}

export interface Photo extends UploadedPhoto {
  state: 'checking' | 'ok' | 'blocked'
}

export type TicketStatus = 'processing' | 'waiting_customer' | 'resolved' | 'withdrawn'

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
  can: { remark: boolean; urge: boolean; urgeAfter?: number; withdraw: boolean; rate: boolean }
  rating: (Rating & { at: number }) | null
}

export interface TicketPage {
  tickets: TicketSummary[]
  next: string | null
}
