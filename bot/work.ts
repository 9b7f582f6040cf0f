import type Koa from 'koa'
import Router from 'koa-router'
import { picturePath, picturesOf } from '../server/engines/files/files.ts'
import { turnOf } from '../server/engines/flows/flows.ts'
import { formOptions, guardReader } from '../server/engines/flows/guards.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { holdsPrivate, showPrivate } from '../server/engines/flows/private.ts'
import { finishStep } from '../server/engines/flows/steps.ts'
import type { Described } from '../server/engines/forms/answers.ts'
import type { Form } from '../server/engines/forms/form.ts'
import { formPage, type Posted, postedAnswers } from '../server/engines/forms/page.ts'
import { enterLink, linkOf, type StaffLink } from '../server/engines/staff/link.ts'
import { staffById } from '../server/engines/staff/roster.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { HOUR } from '../server/lib/clock.ts'
import type { Database } from '../server/lib/db.ts'
import { AppError, Forbidden, Invalid } from '../server/lib/errors.ts'
import { errorText, rateLimit } from '../server/lib/http.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'
import { pictureGroups } from './cards/more.ts'
import { toldOf } from './cards/told.ts'
import { factsFor } from './customer-sight.ts'
import { formOf, givenOf, takePictures } from './work-pictures.ts'

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
      await show(ctx, await db.read((tx) => taskOf(tx, ctx)), {})
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
    const sent = await formOf(ctx)
    const doing = async (tx: Tx) => {
      return { turn: await turnOf(tx, task.stepId), staff: (await staffById(tx, task.staffId)) as Staff }
    }
    try {
      // Pictures stay although an answer may be missing: nobody sends them twice.
      await db.write(async (tx) => takePictures(tx, await doing(tx), sent))
      await db.write(async (tx) => {
        const { turn, staff } = await doing(tx)
        await finishStep(tx, turn, staff, answersOf(turn, sent.fields))
      })
      ctx.type = 'html'
      ctx.body = words.text('pages/done', {})
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ctx.status = error.status
      await show(ctx, task, sent.fields, { error })
    }
  })

  // What is private is shown in full on demand only, and whoever looks is noted.
  router.post(['/private', '/step/:id/private'], few, async (ctx) => {
    try {
      const { task, whole } = await db.write(async (tx) => {
        const task = await taskOf(tx, ctx)
        const staff = (await staffById(tx, task.staffId)) as Staff
        return { task, whole: await showPrivate(tx, await turnOf(tx, task.stepId), staff, words) }
      })
      ctx.set('Cache-Control', 'no-store')
      await show(ctx, task, {}, { whole })
    } catch (error) {
      refuse(ctx, error)
    }
  })

  async function show(
    ctx: Koa.Context,
    task: Task,
    given: Posted,
    { error, whole = [] }: { error?: AppError; whole?: Described[] } = {},
  ) {
    const problem = error ? errorText(words, error) : ''
    const problems = error instanceof Invalid ? { [error.field]: problem } : undefined
    const page = await db.read(async (tx) => pageData(tx, await turnOf(tx, task.stepId), task.staffId, words))
    const { form, options, values, pictures, compared, ...rest } = page
    const action = ctx.path.replace(/\/private$/, '')
    const data = { ...rest, problem, whole, action, masked: rest.masked && whole.length === 0 }
    const posted = problem ? given : undefined
    const shown = { options, posted, values, pictures, compared, problems }
    ctx.type = 'html'
    ctx.body = formPage(words, 'pages/work', data, form, shown)
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

async function pageData(tx: Tx, turn: Turn, staffId: string, words: Words) {
  const { run, definition, flow, step } = turn
  const form = (definition.form && flow.forms[definition.form]) || NO_FORM
  // Those of the step itself stand in its fields.
  const groups = (await pictureGroups(tx, turn)).filter(({ stepId }) => stepId !== step.id || !step.isLive())
  const shown = new Set(
    (
      await picturesOf(
        tx,
        groups.flatMap(({ ids }) => ids),
      )
    ).flatMap((one) => (one.isVisible() ? one.id : [])),
  )
  return {
    now: tx.now,
    step: definition.title,
    task: definition.task,
    dueAt: step.dueAt ?? 0,
    live: step.isLive(),
    masked: step.isLive() && holdsPrivate(turn),
    ...run.facts,
    ...(await factsFor(tx, staffId, run.facts, run.customerId)),
    rows: [...toldOf(run, words, tx.now).facts, ...run.facts.rows],
    text: run.facts.safety === 'pass' ? run.facts.text : '',
    added: (run.facts.added ?? []).map(({ asked = '', ...one }) => ({ ...one, asked })),
    photos: groups.map(({ ids, ...group }) => ({
      ...group,
      urls: ids.filter((id) => shown.has(id)).map((id) => picturePath(id, tx.now + HOUR)),
    })),
    pictures: await givenOf(tx, turn),
    compared: comparedIn(form, groups, shown, tx.now + HOUR),
    form,
    options: await formOptions(tx, form),
    // What the customer chose stands in the step's field of the same name until somebody chooses otherwise.
    values: chosenOf(form, run.answers.form ?? {}),
  }
}

/** What earlier steps have photographed of the same things, by the fields of this one. */
function comparedIn(
  form: Form,
  groups: { label: string; ids: string[] }[],
  shown: ReadonlySet<string>,
  until: number,
): Record<string, string[]> {
  const same = (wanted: string) => groups.filter(({ label }) => label === wanted).flatMap(({ ids }) => ids)
  return Object.fromEntries(
    form.fields
      .filter(({ kind, listed }) => kind === 'photos' && listed !== undefined)
      .map(({ name, label }) => [
        name,
        same(label)
          .filter((id) => shown.has(id))
          .map((id) => picturePath(id, until)),
      ]),
  )
}

/** A step without a form. */
const NO_FORM: Form = { form: 'none', title: '-', fields: [] }

function chosenOf(form: Form, answers: Record<string, unknown>): Record<string, unknown> {
  const choices = form.fields.filter(({ kind }) => kind === 'select' || kind === 'person')
  return Object.fromEntries(choices.map(({ name }) => [name, answers[name]]))
}

function answersOf({ flow, definition }: Turn, fields: Posted): Record<string, unknown> {
  const form = definition.form ? flow.forms[definition.form] : undefined
  return form ? postedAnswers(form, fields) : {}
}
