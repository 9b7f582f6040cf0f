/** The shapes that travel between this app and /api; those of tickets are the server's own. Instants are ms UTC. */
export type {
  Paper,
  Photo,
  ProgressStep,
  Rating,
  TicketDetail,
  TicketPage,
  TicketStatus,
  TicketSummary,
  TimelineEntry,
  UploadedPhoto,
} from '../../../server/domain/tickets/view.ts'

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
  /** It begins with a thing that has a code. */
  scan: boolean
}

/** A thing of the business that customers can report on. */
export interface Asset {
  code: string
  title: string
  name?: string
  state: string
  stateText: string
  /** Whether anything can be asked for it now, and by which forms. */
  reportable: boolean
  forms: string[]
}

export interface Catalog {
  brand: string
  /** What can be booked: the title of the rental, if there is one, and whether there are appointments. */
  bookable: { rental: string | null; appointments: boolean }
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
  /** Why what is asked for cannot be done without the position: it is not asked then whether it may be kept. */
  needs?: string
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
  /** Chosen on a map, and not taken from the phone. */
  by?: 'map'
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
