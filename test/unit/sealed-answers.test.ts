import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ticket } from '../../server/domain/tickets/ticket.ts'
import { Event } from '../../server/engines/events/event.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import { FlowStep } from '../../server/engines/flows/step.ts'
import { entities, migrations } from '../../server/entities.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { opened, useKeys } from '../../server/lib/crypto.ts'
import { Database } from '../../server/lib/db.ts'
import { SealedAnswers1795305600019 } from '../../server/migrations/0019-sealed-answers.ts'
import { freshDatabase } from '../database.ts'
import { test } from '../suite.ts'

const PHONE = '13612345678'
const FORM = {
  form: 'claim',
  fields: [
    { name: 'words', kind: 'longtext' },
    { name: 'contact', kind: 'phone' },
  ],
}
const FLOW = {
  flow: 'claim',
  form: 'claim',
  forms: { claim: FORM, call: { fields: [{ name: 'number', kind: 'phone' }] } },
  steps: [{ step: 'call', form: 'call' }, { step: 'end' }],
}

test('an upgrade seals the personal answers that are there, wherever they stand, and leaves the rest as it was', async () => {
  useKeys(`k1:${randomBytes(32).toString('base64')}`)
  const folder = await mkdtemp(join(tmpdir(), 'yingke-sealed-'))
  const { url, drop } = await freshDatabase(folder)
  const clock = new FixedClock(Date.parse('2026-11-23T10:00:00+08:00'))
  const open = (all: boolean) => {
    const chosen = migrations.filter((one) => all || one !== SealedAnswers1795305600019)
    return Database.open({ url, entities, migrations: chosen, clock })
  }
  const dump = (db: Database) =>
    db.read(async (tx) => {
      const tables = ['tickets', 'flow_runs', 'flow_steps', 'events']
      return JSON.stringify(await Promise.all(tables.map((table) => tx.query(`SELECT * FROM ${table}`))))
    })
  const before = await open(false)
  await before.write(async (tx) => {
    const insert = (table: string, row: Record<string, unknown>) => {
      const names = Object.keys(row)
      const values = Object.values(row).map((value) => (typeof value === 'object' ? JSON.stringify(value) : value))
      return tx.query(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`, values)
    }
    const definition = { pack: 'p', version: 1, hash: 'h', createdAt: 0 }
    await insert('definitions', { id: 'F', kind: 'form', name: 'claim', body: FORM, ...definition })
    await insert('definitions', { id: 'W', kind: 'flow', name: 'claim', body: FLOW, ...definition })
    const opening = { words: '多扣了', contact: PHONE }
    const ticket = {
      number: 'T1',
      kind: 'claim',
      customerId: 'C',
      title: 't',
      status: 'processing',
      priority: 'normal',
    }
    const times = { openedAt: 0, updatedAt: 0, version: 0, safety: 'pass', photos: [] }
    await insert('tickets', { id: 'T', formId: 'F', answers: opening, ...ticket, ...times })
    const step = { number: PHONE, by: 'S', at: 1 }
    const run = {
      flow: 'claim',
      subjectType: 'ticket',
      subjectId: 'T',
      state: 'running',
      priority: 'normal',
      facts: {},
    }
    await insert('flow_runs', {
      id: 'R',
      definitionId: 'W',
      answers: { form: opening, call: step },
      startedAt: 0,
      version: 0,
      ...run,
    })
    const row = {
      runId: 'R',
      kind: 'task',
      state: 'done',
      role: 'r',
      hands: 1,
      openedAt: 0,
      limitMs: 1,
      rung: 0,
      level: 0,
    }
    await insert('flow_steps', { id: 'S1', name: 'call', seq: 1, answers: { number: PHONE }, version: 0, ...row })
    await insert('flow_steps', { id: 'S2', name: 'end', seq: 2, version: 0, ...row })
    const event = { actorType: 'staff', subjectType: 'ticket', subjectId: 'T', at: 1, name: 'step.finished' }
    await insert('events', { id: 'E', data: { step: 'call', answers: { number: PHONE } }, ...event })
    await insert('events', { id: 'E2', data: { step: 'end' }, ...event })
  })
  const old = await dump(before)
  assert.equal(old.split(PHONE).length, 6)
  await before.close()

  const after = await open(true)
  assert.ok(!(await dump(after)).includes(PHONE))
  await after.read(async (tx) => {
    const ticket = await tx.get(Ticket, 'T')
    assert.deepEqual([ticket?.answers.words, opened(ticket?.answers.contact)], ['多扣了', PHONE])
    const run = await tx.get(FlowRun, 'R')
    assert.deepEqual(
      [opened(run?.answers.form?.contact), opened(run?.answers.call?.number), run?.answers.call?.by],
      [PHONE, PHONE, 'S'],
    )
    assert.equal(opened((await tx.get(FlowStep, 'S1'))?.answers?.number), PHONE)
    const event = (await tx.get(Event, 'E'))?.data as { answers: Record<string, unknown> }
    assert.equal(opened(event.answers.number), PHONE)
  })
  const runner = after.source.createQueryRunner()
  await new SealedAnswers1795305600019().down(runner)
  await runner.release()
  assert.equal(await dump(after), old, 'and back')
  await after.close()
  await drop()
  await rm(folder, { recursive: true })
})
