import assert from 'node:assert/strict'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { apiDoors } from '../../server/api.ts'
import { registerAssets } from '../../server/domain/assets/assets.ts'
import { type ApiAnswer, System } from '../api.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

type Schema = Record<string, unknown>
interface Operation {
  operationId: string
  summary: string
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> }
  responses: Record<string, { content?: Record<string, { schema: Schema; example?: unknown }>; $ref?: string }>
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const read = async () => (await (await fetch(`${story.running.url}/api/v1/openapi.json`)).json()) as Document

function checker() {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  // biome-ignore lint/suspicious/noExplicitAny: the package's types are those of CommonJS.
  ;(addFormats as any).default(ajv)
  return ajv
}

test('the description is OpenAPI 3.1, open to all, and describes every door', async () => {
  const document = await read()
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(document.openapi, '3.1.0')
  const described = Object.values(document.paths).flatMap((one) =>
    Object.values(one).map(({ operationId }) => operationId),
  )
  const doors = apiDoors(story.running.house).map(({ name }) => name)
  assert.deepEqual(described.toSorted(), doors.toSorted())
})

test('its examples are right by its own schemas', async () => {
  const document = await read()
  const ajv = checker()
  for (const operation of Object.values(document.paths).flatMap((one) => Object.values(one))) {
    const parts = [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {})),
    ]
    for (const { schema, example } of parts) {
      if (example === undefined) continue
      const fits = ajv.compile(schema)
      assert.ok(fits(example), `${operation.operationId}: ${JSON.stringify(fits.errors)}`)
    }
  }
})

test('what is answered is what it says, examples are taken as they are, and errors have its shape', async () => {
  const document = await read()
  const ajv = checker()
  const system = await System.of(story, '商城', [
    ...(['events:write', 'customers:read', 'customers:write', 'orders:read', 'orders:write'] as const),
    ...(['stock:read', 'stock:write', 'rentals:write'] as const),
  ])
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [one.operationId, { path, method, ...one }] as const),
    ),
  )
  const checked = new Set<string>()
  const call = async (name: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const operation = operations.get(name)
    assert.ok(operation, name)
    const answer = await system.call(operation.method.toUpperCase(), path, body)
    const schema = operation.responses[answer.status]?.content?.['application/json']?.schema
    assert.ok(schema, `${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
    const fits = ajv.compile(schema)
    assert.ok(fits(answer.body), `${name}: ${JSON.stringify(fits.errors)}`)
    checked.add(name)
    return answer
  }
  const exampleOf = (name: string) => operations.get(name)?.requestBody?.content['application/json']?.example
  await call('report_events', '/events', exampleOf('report_events'))
  const made = await call('put_customer', '/customers', exampleOf('put_customer'))
  const { id } = made.body.customer as { id: string }
  await story.settle()
  await call('list_customers', '/customers?limit=1')
  await call('read_customer', `/customers/${id}`)
  await call('change_customer', `/customers/${id}`, exampleOf('change_customer'))
  const { number } = ((await call('put_order', '/orders', exampleOf('put_order'))).body.order ?? {}) as {
    number: string
  }
  await call('add_payment', `/orders/${number}/payments`, exampleOf('add_payment'))
  story.clock.advance(24 * 60 * 60_000)
  await call('add_refund', `/orders/${number}/refunds`, exampleOf('add_refund'))
  await call('list_orders', `/orders?customer=${id}`)
  await call('read_order', `/orders/${number}`)
  for (const kind of ['quote', 'contract', 'invoice', 'return']) {
    const example = exampleOf(`put_${kind}`) as { number: string }
    await call(`put_${kind}`, `/${kind}s`, example)
    await call(`read_${kind}`, `/${kind}s/${example.number}`)
  }
  await call('put_stock', '/stock', exampleOf('put_stock'))
  await call('list_stock', '/stock?limit=1')
  await call('read_stock', '/stock/TENT-2')
  await call('adjust_stock', '/stock/TENT-2/adjustments', exampleOf('adjust_stock'))
  await call('allocate_stock', '/stock/TENT-2/allocations', exampleOf('allocate_stock'))
  await call('sale_stock', '/stock/TENT-2/allocations/SC1/sale')
  await call('return_stock', '/stock/TENT-2/allocations/SC1/return')
  await call('allocate_stock', '/stock/TENT-2/allocations', { id: 'SC2', quantity: 1 })
  await call('release_stock', '/stock/TENT-2/allocations/SC2/release')
  const violations = exampleOf('report_violations') as { plate: string; violations: object[] }
  await story.db.write((tx) => registerAssets(tx, [{ code: '沪A12345', kind: 'car' }]))
  await call('report_violations', '/violations', violations)
  const form = new FormData()
  form.append('kind', 'customers')
  form.append('file', new Blob(['手机号\n13912345670\n']), 'a.csv')
  const opened = await call('import_file', '/imports', form)
  await story.settle()
  await call('read_import', `/imports/${String(opened.body.id)}`)
  assert.deepEqual([...checked].toSorted(), [...operations.keys()].toSorted())

  const fits = ajv.compile(document.components.schemas.Error ?? {})
  for (const [method, path, body] of [
    ['POST', '/events', { id: 1 }],
    ['GET', '/orders/none', undefined],
    ['GET', '/nowhere', undefined],
    ['POST', '/orders', 'no group'],
  ] as const) {
    const answer = await system.call(method, path, body)
    assert.ok(answer.status >= 400 && fits(answer.body), JSON.stringify([answer.status, answer.body, fits.errors]))
  }
})
