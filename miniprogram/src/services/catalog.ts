import { words } from '../words.ts'
import type { Catalog, FormDefinition } from './api.ts'
import { bearer, session } from './session.ts'
import { createStore } from './store.ts'
import { send } from './transport.ts'

/** What the business offers, as last heard; the pages draw its brand and ask for its templates. */
export const catalog = createStore<Catalog>({
  brand: words.app,
  bookable: { rental: null, appointments: false },
  services: [],
  subscribe: [],
})

/** The services and the brand. Open to everybody: one may look before signing in. */
export async function readCatalog(): Promise<Catalog> {
  const answer = (await readOpenly('/api/services')) as Catalog
  const heard = { ...answer, brand: answer.brand || words.app }
  catalog.set(heard)
  return heard
}

/** Reads the catalog unless it is known: a link or a message may have led past the first page. Never throws. */
export function knowCatalog(): void {
  if (catalog.get().services.length === 0) readCatalog().catch(() => undefined)
}

/** One form as it is now. Open to everybody. */
export async function readForm(name: string): Promise<FormDefinition> {
  return (await readOpenly(`/api/forms/${encodeURIComponent(name)}`)) as FormDefinition
}

async function readOpenly(path: string): Promise<unknown> {
  const current = session.get()
  return (await send({ method: 'GET', path, headers: current ? bearer(current) : {} })).body
}
