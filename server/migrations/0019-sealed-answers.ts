import type { MigrationInterface, QueryRunner } from 'typeorm'
import { jsonText, opened, Secret } from '../lib/crypto.ts'

/** The kinds of fields whose answers are sealed from now on. */
const PERSONAL = ['id_number', 'phone', 'signature']
const BATCH = 500

type Answers = Record<string, unknown>
/** The personal fields of the forms by which a row's answers were given: of a run by the names of its steps. */
type Names = Record<string, string[]>
type Change = (answers: Answers, fields: string[]) => Answers

interface Row {
  id: string
  name?: string
  definition: string | null
  body: string
}

interface Form {
  fields: { name: string; kind: string }[]
}

/** Where answers stand: the rows in their order after an id, each with the definition by which they were given. */
const PLACES = [
  {
    column: 'answers',
    table: 'tickets',
    rows: 'SELECT id, formId AS definition, answers AS body FROM tickets WHERE id > ? ORDER BY id',
    change: (body: Answers, { form = [] }: Names, change: Change) => change(body, form),
  },
  {
    column: 'answers',
    table: 'ticket_reporters',
    rows: `SELECT r.id, t.formId AS definition, r.answers AS body FROM ticket_reporters r JOIN tickets t ON t.id = r.ticketId
      WHERE r.id > ? ORDER BY r.id`,
    change: (body: Answers, { form = [] }: Names, change: Change) => change(body, form),
  },
  {
    column: 'answers',
    table: 'flow_runs',
    rows: 'SELECT id, definitionId AS definition, answers AS body FROM flow_runs WHERE id > ? ORDER BY id',
    change: (body: Answers, names: Names, change: Change) =>
      Object.fromEntries(
        Object.entries(body).map(([step, answers]) => [step, change(answers as Answers, names[step] ?? [])]),
      ),
  },
  {
    column: 'answers',
    table: 'flow_steps',
    rows: `SELECT s.id, s.name, r.definitionId AS definition, s.answers AS body FROM flow_steps s
      JOIN flow_runs r ON r.id = s.runId WHERE s.answers IS NOT NULL AND s.id > ? ORDER BY s.id`,
    change: (body: Answers, names: Names, change: Change, name: string) => change(body, names[name] ?? []),
  },
  {
    column: 'data',
    table: 'events',
    // Several flows may have run for a subject: the step is one of theirs.
    rows: `SELECT e.id, (SELECT GROUP_CONCAT(r.definitionId) FROM flow_runs r WHERE r.subjectId = e.subjectId) AS definition,
      e.data AS body FROM events e WHERE e.name = 'step.finished' AND e.id > ? ORDER BY e.id`,
    change: (body: Answers, names: Names, change: Change) => {
      const answers = body.answers as Answers | undefined
      return answers ? { ...body, answers: change(answers, names[String(body.step)] ?? []) } : body
    },
  },
] as const

/** Answers that were stored before they were sealed are sealed as new ones are. */
export class SealedAnswers1795305600019 implements MigrationInterface {
  name = 'SealedAnswers1795305600019'

  async up(runner: QueryRunner): Promise<void> {
    await rewrite(runner, (answers, fields) => changed(answers, fields, Secret.of))
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewrite(runner, (answers) => changed(answers, Object.keys(answers), opened))
  }
}

async function rewrite(runner: QueryRunner, change: Change): Promise<void> {
  const names = await personalFields(runner)
  if (names.size === 0) return
  for (const place of PLACES) {
    let after = ''
    for (;;) {
      const rows: Row[] = await runner.query(`${place.rows} LIMIT ${BATCH}`, [after])
      for (const { id, name = '', definition, body } of rows) {
        after = id
        const known: Names = Object.assign({}, ...(definition ?? '').split(',').map((one) => names.get(one)))
        const next = jsonText.to(place.change(jsonText.from(body) as Answers, known, change, name))
        if (next !== body) await runner.query(`UPDATE ${place.table} SET ${place.column} = ? WHERE id = ?`, [next, id])
      }
      if (rows.length < BATCH) break
    }
  }
}

/** What is personal in each stored form (`form`) and flow (by its steps), by the definition's id; the others are left out. */
async function personalFields(runner: QueryRunner): Promise<Map<string, Names>> {
  const found = new Map<string, Names>()
  const rows: (Row & { kind: string })[] = await runner.query(
    `SELECT id, kind, body FROM definitions WHERE kind IN ('form', 'flow')`,
  )
  for (const { id, kind, body } of rows) {
    const definition = JSON.parse(body)
    const names: Names = kind === 'form' ? { form: personalIn(definition) } : namesOf(definition)
    if (Object.values(names).some((fields) => fields.length > 0)) found.set(id, names)
  }
  return found
}

function namesOf(flow: {
  form?: string
  forms: Record<string, Form>
  steps: { step: string; form?: string }[]
}): Names {
  const steps = [{ step: 'form', form: flow.form }, ...flow.steps]
  return Object.fromEntries(
    steps.map(({ step, form }) => [step, form && flow.forms[form] ? personalIn(flow.forms[form] as Form) : []]),
  )
}

function personalIn({ fields }: Form): string[] {
  return fields.filter(({ kind }) => PERSONAL.includes(kind)).map(({ name }) => name)
}

function changed(answers: Answers, fields: string[], change: (value: unknown) => unknown): Answers {
  const own = fields.filter((name) => answers[name] !== undefined && answers[name] !== null)
  return { ...answers, ...Object.fromEntries(own.map((name) => [name, change(answers[name])])) }
}
