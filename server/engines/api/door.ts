import type { z } from 'zod'
import type { ApiKey, Scope } from './key.ts'

/** A file that came with a request, on our disk for as long as the request lasts. */
export interface SentFile {
  path: string
  name: string
  size: number
}

/** One request, read through the door's schemas. */
export interface ApiCall<Query, Body> {
  params: Record<string, string>
  query: Query
  body: Body
  file?: SentFile
  key: ApiKey
  /** Whether the key may do this as well. */
  may(scope: Scope): boolean
}

/** One door of /api/v1: who may come in, what it reads, what it answers; the OpenAPI document is made of the same. */
export interface ApiDoor<Query = unknown, Body = unknown> {
  /** Its words stand in templates/messages/api.yaml under this name. */
  name: string
  method: 'get' | 'post' | 'patch'
  /** Below /api/v1, its parameters as `:number`. */
  path: string
  /** Without it the door itself asks what the key may do. */
  scope?: Scope
  query?: z.ZodType<Query>
  body?: z.ZodType<Body>
  /** Of a body that may be one thing or another, which one is meant: what is wrong is told of that one. */
  bodyFor?(value: unknown): z.ZodType<Body>
  /** The body comes as one file and fields beside it (multipart/form-data). */
  upload?: true
  answer: z.ZodType
  status?: number
  example?: { body?: unknown; answer: unknown }
  run(call: ApiCall<Query, Body>): Promise<unknown>
}

/** Lets what a door reads type what it does. */
export function door<Query = undefined, Body = undefined>(given: ApiDoor<Query, Body>): ApiDoor {
  return given as unknown as ApiDoor
}
