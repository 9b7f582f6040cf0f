import { readFile, unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Koa from 'koa'
import Router from 'koa-router'
import {
  addPicture,
  cleanPicture,
  MAX_UPLOAD_BYTES,
  type Picture,
  picturePath,
  picturesOf,
  storePicture,
} from '../server/engines/files/files.ts'
import { turnOf } from '../server/engines/flows/flows.ts'
import { formOptions, guardActor, guardReader } from '../server/engines/flows/guards.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { belongsTo, dropPictures, pictureFields, picturesGiven } from '../server/engines/flows/pictures.ts'
import { finishStep } from '../server/engines/flows/steps.ts'
import type { Form } from '../server/engines/forms/form.ts'
import { dropName, formPage, type GivenPicture, type Posted, postedAnswers } from '../server/engines/forms/page.ts'
import { enterLink, linkOf, type StaffLink } from '../server/engines/staff/link.ts'
import { staffById } from '../server/engines/staff/roster.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { HOUR } from '../server/lib/clock.ts'
import type { Database } from '../server/lib/db.ts'
import { AppError, Forbidden } from '../server/lib/errors.ts'
import { errorText, rateLimit } from '../server/lib/http.ts'
import { newId } from '../server/lib/ids.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'

/** Holds the session of the work pages. */
export const WORK_COOKIE = 'work'

interface Needs {
  db: Database
  words: Words
}

/** The page for long answers and several pictures, reached by a one-time link from the chat. */
export function workRoutes({ db, words }: Needs): Router {
  const router = new Router({ prefix: '/work' })
  const few = rateLimit(60, 60, (ctx) => ctx.ip)

  // A preview by the chat client must not use the link up: only a person's tap on the page's button opens it.
  router.get('/open/:token', few, (ctx) => {
    ctx.type = 'html'
    ctx.body = words.text('pages/open', {})
  })

  router.post('/open/:token', few, async (ctx) => {
    try {
      const session = await db.write((tx) => enterLink(tx, String(ctx.params.token)))
      ctx.cookies.set(WORK_COOKIE, session, { httpOnly: true, sameSite: 'strict', path: '/work', secure: ctx.secure })
      ctx.redirect('/work')
    } catch (error) {
      refuse(ctx, error)
    }
  })

  router.get(['/', '/step/:id'], async (ctx) => {
    try {
      await show(ctx, await db.read((tx) => taskOf(tx, ctx)), {}, '')
    } catch (error) {
      refuse(ctx, error)
    }
  })

  router.post(['/', '/step/:id'], few, async (ctx) => {
    let task: Task
    try {
      task = await db.read((tx) => taskOf(tx, ctx))
    } catch (error) {
      return refuse(ctx, error)
    }
    const { fields, pictures } = await formOf(ctx)
    const doing = async (tx: Tx) => {
      return { turn: await turnOf(tx, task.stepId), staff: (await staffById(tx, task.staffId)) as Staff }
    }
    try {
      // Pictures stay although an answer may be missing: nobody sends them twice.
      await db.write(async (tx) => takePictures(tx, await doing(tx), fields, pictures))
      await db.write(async (tx) => {
        const { turn, staff } = await doing(tx)
        await finishStep(tx, turn, staff, answersOf(turn, fields))
      })
      ctx.type = 'html'
      ctx.body = words.text('pages/done', {})
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ctx.status = error.status
      await show(ctx, task, fields, errorText(words, error))
    }
  })

  async function show(ctx: Koa.Context, task: Task, given: Posted, problem: string) {
    const page = await db.read(async (tx) => pageData(tx, await turnOf(tx, task.stepId)))
    const { form, options, values, pictures, ...data } = page
    const posted = problem ? given : undefined
    const shown = { options, posted, values, pictures }
    ctx.type = 'html'
    ctx.body = formPage(words, 'pages/work', { ...data, problem, action: ctx.path }, form, shown)
  }

  function refuse(ctx: Koa.Context, error: unknown) {
    if (!(error instanceof AppError)) throw error
    ctx.status = error.status
    ctx.type = 'html'
    ctx.body = words.text('pages/refused', { message: errorText(words, error) })
  }

  return router
}

/** What a page is about, and who opened it. */
type Task = Pick<StaffLink, 'staffId' | 'stepId'>

/** A link's session is for its own step; one of the workbench for every step that its person may see. */
async function taskOf(tx: Tx, ctx: Koa.Context): Promise<Task> {
  const { staffId, stepId } = await linkOf(tx, ctx.cookies.get(WORK_COOKIE) ?? '')
  const asked = ctx.params.id as string | undefined
  if (stepId !== '') {
    if (asked && asked !== stepId) throw new Forbidden('link_wrong')
    return { staffId, stepId }
  }
  const staff = await staffById(tx, staffId)
  if (!asked || !staff) throw new Forbidden('link_wrong')
  await guardReader(tx, await turnOf(tx, asked), staff)
  return { staffId, stepId: asked }
}

async function pageData(tx: Tx, turn: Turn) {
  const { run, definition, flow, step } = turn
  const form = (definition.form && flow.forms[definition.form]) || NO_FORM
  const photos = (await picturesOf(tx, run.facts.photos)).filter((picture) => picture.isVisible())
  return {
    now: tx.now,
    step: definition.title,
    task: definition.task,
    dueAt: step.dueAt ?? 0,
    live: step.isLive(),
    ...run.facts,
    text: run.facts.safety === 'pass' ? run.facts.text : '',
    photos: photos.map(({ id }) => picturePath(id, tx.now + HOUR)),
    pictures: await givenOf(tx, turn),
    form,
    options: await formOptions(tx, form),
    // What the customer chose stands in the step's field of the same name until somebody chooses otherwise.
    values: chosenOf(form, run.answers.form ?? {}),
  }
}

/** A step without a form. */
const NO_FORM: Form = { form: 'none', title: '-', fields: [] }

function chosenOf(form: Form, answers: Record<string, unknown>): Record<string, unknown> {
  const choices = form.fields.filter(({ kind }) => kind === 'select' || kind === 'person')
  return Object.fromEntries(choices.map(({ name }) => [name, answers[name]]))
}

interface Submitted {
  fields: Posted
  pictures: { id: string; picture: Picture; field: string }[]
}

/** Reads the page's form; pictures are cleaned and stored before the transaction that names them. */
async function formOf(ctx: Koa.Context): Promise<Submitted> {
  const form = formidable({
    maxFiles: 6,
    maxFileSize: MAX_UPLOAD_BYTES,
    maxTotalFileSize: 6 * MAX_UPLOAD_BYTES,
    allowEmptyFiles: true,
    minFileSize: 0,
  })
  const [given, files] = await form.parse(ctx.req)
  const pictures: Submitted['pictures'] = []
  for (const [field, file] of Object.entries(files).flatMap(([field, all]) =>
    (all ?? []).map((one) => [field, one] as const),
  )) {
    try {
      if (file.size === 0) continue
      const picture = await cleanPicture(await readFile(file.filepath))
      const id = newId(Date.now())
      await storePicture(id, picture)
      pictures.push({ id, picture, field })
    } finally {
      await unlink(file.filepath).catch(() => undefined)
    }
  }
  return {
    fields: Object.fromEntries(Object.entries(given).map(([name, values]) => [name, values ?? []])),
    pictures,
  }
}

/** Keeps the pictures that were sent for the step, and takes back those that somebody wants no more. Throws Invalid. */
async function takePictures(
  tx: Tx,
  { turn, staff }: { turn: Turn; staff: Staff },
  fields: Posted,
  pictures: Submitted['pictures'],
): Promise<void> {
  const unwanted = pictureFields(turn.flow, turn.definition.form).flatMap(({ name }) => fields[dropName(name)] ?? [])
  if (unwanted.length + pictures.length === 0) return
  await guardActor(tx, turn, staff, 'finish')
  await dropPictures(
    tx,
    turn.step.id,
    unwanted.map((id) => ({ id })),
  )
  for (const { id, picture, field } of pictures) {
    const belongs = await belongsTo(tx, turn, staff, field)
    await addPicture(tx, id, { type: 'staff', id: staff.id }, picture, 'pass', belongs)
  }
}

function answersOf({ flow, definition }: Turn, fields: Posted): Record<string, unknown> {
  const form = definition.form ? flow.forms[definition.form] : undefined
  return form ? postedAnswers(form, fields) : {}
}

/** The pictures that a step has already, by field. */
async function givenOf(tx: Tx, { step }: Turn): Promise<Record<string, GivenPicture[]>> {
  const given = step.isLive() ? await picturesGiven(tx, step.id) : []
  return Object.fromEntries(
    [...given].map(([field, rows]) => [
      field,
      rows.map((row) => ({ id: row.id, url: row.isVisible() ? picturePath(row.id, tx.now + HOUR) : '' })),
    ]),
  )
}
