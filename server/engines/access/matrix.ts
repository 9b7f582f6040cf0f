/** What is known of a customer, as the matrix of a pack names it (D12, K17). */
export const FIELDS = [
  'name',
  'phone',
  'email',
  'address',
  'birthday',
  'region',
  'document',
  'preferences',
  'tier',
  'stage',
  'orders',
  'spent',
  'tags',
  'segments',
  'notes',
  'consents',
] as const
export type Field = (typeof FIELDS)[number]

/** The fields that name a person or lead to them: whoever reads one in full leaves a trace. */
export const PERSONAL: ReadonlySet<Field> = new Set(['name', 'phone', 'email', 'address', 'birthday', 'document'])

export const VIEWS = ['none', 'masked', 'full'] as const
export type View = (typeof VIEWS)[number]
export const SCOPES = ['own', 'department', 'all'] as const
/** Whose customers: those whom one looks after oneself, those of one's department, everybody's. */
export type Scope = (typeof SCOPES)[number]
export type Right = 'edit' | 'delete' | 'export'

/** What one role may do with customers. */
export interface Access {
  rows: Scope
  view: Record<Field, View>
  /** The same for customers for whom one has something to do at present. */
  own: Record<Field, View>
  edit: ReadonlySet<Field>
  delete: ReadonlySet<Field>
  export: ReadonlySet<Field>
}

/** What a pack says of one role; what it leaves out is as by default. */
export interface AccessRule {
  rows?: Scope
  view?: Partial<Record<Field, View>>
  own?: Partial<Record<Field, View>>
  edit?: Field[]
  delete?: Field[]
  export?: Field[]
}

/** The role as which programs with a key come in. */
export const PROGRAM = 'api'

const HIDDEN: Partial<Record<Field, View>> = {
  name: 'masked',
  phone: 'masked',
  email: 'masked',
  address: 'masked',
  birthday: 'masked',
  document: 'none',
}

/** What holds where a pack says nothing: masked for everybody, in full only for whoever has something to do for them. */
export const DEFAULTS: Access = {
  rows: 'all',
  view: views(HIDDEN),
  own: views({ document: 'masked' }),
  edit: new Set<Field>(['tags', 'notes', 'stage']),
  delete: new Set<Field>(['tags']),
  export: new Set<Field>(),
}

/** Programs see what anybody sees, and write what they were made to write. */
const PROGRAM_DEFAULTS: Access = {
  ...DEFAULTS,
  own: DEFAULTS.view,
  edit: new Set<Field>(['tags', 'stage', 'birthday', 'region']),
}

/** Whoever holds no role sees only whom they have something to do for, and changes nothing. */
export const NO_ROLE: Access = {
  ...DEFAULTS,
  rows: 'own',
  edit: new Set<Field>(),
  delete: new Set<Field>(),
}

/** A role as a pack has it, filled up by what holds by default. */
export function accessOfRole(role: string, rule: AccessRule | undefined): Access {
  const base = role === PROGRAM ? PROGRAM_DEFAULTS : DEFAULTS
  if (!rule) return base
  const view = { ...base.view, ...rule.view }
  return {
    rows: rule.rows ?? base.rows,
    view,
    // Nobody sees less of their own customers than of others'.
    own: widestViews({ ...base.own, ...(rule.view && narrowed(base.own, rule.view)), ...rule.own }, view),
    edit: rule.edit ? new Set(rule.edit) : base.edit,
    delete: rule.delete ? new Set(rule.delete) : base.delete,
    export: rule.export ? new Set(rule.export) : base.export,
  }
}

/** What somebody may who has several roles: the widest of each (SEMANTICS G). */
export function united(all: Access[]): Access {
  const [first, ...others] = all
  if (!first) return NO_ROLE
  return others.reduce(
    (a, b) => ({
      rows: wider(SCOPES, a.rows, b.rows),
      view: widestViews(a.view, b.view),
      own: widestViews(a.own, b.own),
      edit: new Set([...a.edit, ...b.edit]),
      delete: new Set([...a.delete, ...b.delete]),
      export: new Set([...a.export, ...b.export]),
    }),
    first,
  )
}

/** What a rule hides altogether stays hidden at one's own customers too, unless it says otherwise. */
function narrowed(own: Record<Field, View>, view: Partial<Record<Field, View>>): Record<Field, View> {
  return byField((field) => (view[field] === 'none' ? 'none' : own[field]))
}

function views(given: Partial<Record<Field, View>>, other: View = 'full'): Record<Field, View> {
  return byField((field) => given[field] ?? other)
}

function widestViews(a: Record<Field, View>, b: Record<Field, View>): Record<Field, View> {
  return byField((field) => wider(VIEWS, a[field], b[field]))
}

function byField<T>(of: (field: Field) => T): Record<Field, T> {
  return Object.fromEntries(FIELDS.map((field) => [field, of(field)])) as Record<Field, T>
}

function wider<T>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) >= order.indexOf(b) ? a : b
}
