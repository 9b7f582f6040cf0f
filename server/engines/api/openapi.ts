import { z } from 'zod'
import type { Words } from '../../lib/render.ts'
import type { ApiDoor } from './door.ts'
import { SCOPES } from './key.ts'
import { API } from './routes.ts'

const WORDS = 'messages/api'
/** What can come back instead of an answer, at any door. */
const REFUSALS = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  422: 'invalid',
  429: 'too_many',
}

const errorSchema = z.strictObject({
  error: z.strictObject({
    kind: z.string(),
    message: z.string(),
    field: z.string().optional(),
    requestId: z.string(),
  }),
})

/** The OpenAPI 3.1 document of these doors, made of the very schemas through which they read and answer. */
export function openapiOf(doors: ApiDoor[], words: Words, base: string) {
  const say = (key: string) => words.text(`${WORDS}.${key}`)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const door of doors) {
    const path = door.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][door.method] = operationOf(door, say)
  }
  return {
    openapi: '3.1.0',
    info: { title: say('title'), version: '1', description: say('description') },
    servers: [{ url: `${base}${API}` }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'yk_…', description: scopesText(say) },
      },
      schemas: { Error: schemaOf(errorSchema, 'output') },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, kind]) => [kind, refusal(say(`refusals.${kind}`), Number(status), say)]),
      ),
    },
  }
}

function operationOf(door: ApiDoor, say: (key: string) => string) {
  const refusals = Object.entries(REFUSALS).map(([status, kind]) => [
    status,
    { $ref: `#/components/responses/${kind}` },
  ])
  return {
    operationId: door.name,
    summary: say(`doors.${door.name}`),
    ...(door.scope && { 'x-scope': door.scope }),
    security: [{ key: [] }],
    parameters: [...pathParameters(door), ...queryParameters(door), ...(door.method === 'get' ? [] : [REPEAT(say)])],
    ...(door.body && { requestBody: bodyOf(door, door.body) }),
    responses: {
      [door.status ?? 200]: {
        description: say('answer'),
        content: {
          'application/json': {
            schema: schemaOf(door.answer, 'output'),
            ...(door.example && { example: door.example.answer }),
          },
        },
      },
      ...Object.fromEntries(refusals),
    },
  }
}

function bodyOf(door: ApiDoor, body: z.ZodType) {
  const schema = schemaOf(body, 'input')
  if (door.upload) {
    const properties = { ...(schema.properties as object), file: { type: 'string', format: 'binary' } }
    return { required: true, content: { 'multipart/form-data': { schema: { ...schema, properties } } } }
  }
  const example = door.example?.body
  return { required: true, content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }
}

function pathParameters({ path }: ApiDoor) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
}

function queryParameters({ query }: ApiDoor) {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, unknown>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const REPEAT = (say: (key: string) => string) => ({
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: say('repeat'),
  schema: { type: 'string', maxLength: 100 },
})

function refusal(description: string, status: number, say: (key: string) => string) {
  const kind = REFUSALS[status as keyof typeof REFUSALS]
  const example = { error: { kind, message: say(`refusals.${kind}`), requestId: 'Zr0kq2bXw1c4' } }
  return {
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, example } },
  }
}

function scopesText(say: (key: string) => string): string {
  return SCOPES.map((scope) => `\`${scope}\`: ${say(`scopes.${scope.replace(':', '_')}`)}`).join('\n')
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return rest as Record<string, unknown>
}
