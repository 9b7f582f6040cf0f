import { readFile, unlink } from 'node:fs/promises'
import formidable from 'formidable'
import type Koa from 'koa'
import {
  addPicture,
  cleanPicture,
  MAX_UPLOAD_BYTES,
  type Picture,
  picturePath,
  storePicture,
} from '../server/engines/files/files.ts'
import { guardActor } from '../server/engines/flows/guards.ts'
import type { Turn } from '../server/engines/flows/hooks.ts'
import { belongsTo, dropPictures, pictureFields, picturesGiven } from '../server/engines/flows/pictures.ts'
import { dropName, type GivenPicture, type Posted } from '../server/engines/forms/page.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { HOUR } from '../server/lib/clock.ts'
import { newId } from '../server/lib/ids.ts'
import type { Tx } from '../server/lib/tx.ts'

/** What a staff page sent: its fields, and its pictures with the field of each. */
export interface Submitted {
  fields: Posted
  pictures: { id: string; picture: Picture; field: string }[]
}

/** Reads the page's form; pictures are cleaned and stored before the transaction that names them. */
export async function formOf(ctx: Koa.Context): Promise<Submitted> {
  const form = formidable({
    // An input without a file counts as well, and a form may ask for a dozen pictures.
    maxFiles: 40,
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
export async function takePictures(
  tx: Tx,
  { turn, staff }: { turn: Turn; staff: Staff },
  { fields, pictures }: Submitted,
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

/** The pictures that a step has already, by field. */
export async function givenOf(tx: Tx, { step }: Turn): Promise<Record<string, GivenPicture[]>> {
  const given = step.isLive() ? await picturesGiven(tx, step.id) : []
  return Object.fromEntries(
    [...given].map(([field, rows]) => [
      field,
      rows.map((row) => ({ id: row.id, url: row.isVisible() ? picturePath(row.id, tx.now + HOUR) : '' })),
    ]),
  )
}
