import Router from 'koa-router'
import { z } from 'zod'
import { CODE, plainCode } from '../../engines/forms/asset-field.ts'
import type { Database } from '../../lib/db.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import { bodyOf, queryOf, rateLimit } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'
import { signedIn } from '../customers/auth.ts'
import { operator } from '../customers/operator.ts'
import type { Asset } from './asset.ts'
import { assetByCode, recordAssetEvent, registerAssets } from './assets.ts'
import { keptFeeds } from './feeds.ts'
import { fleet } from './fleet.ts'
import { qrSheets, sceneOf } from './qr.ts'
import { EVENT_TYPES } from './states.ts'

const MAX_SHEET_CODES = 5000

const code = z.string().transform(plainCode).pipe(z.string().regex(CODE))
const lat = z.number().min(-90).max(90)
const lng = z.number().min(-180).max(180)
const registerBody = z.object({
  assets: z
    .array(
      z.object({
        code,
        kind: z.string().max(40),
        name: z.string().min(1).max(60).optional(),
        capacity: z.int().min(0).optional(),
        /** GCJ-02. A station is told by its code. */
        place: z.object({ lat, lng, station: code.optional() }).optional(),
        meters: z.int().min(0).optional(),
        battery: z.int().min(0).max(100).optional(),
      }),
    )
    .min(1)
    .max(1000),
})
const eventsBody = z.object({
  events: z
    .array(
      z.object({
        id: z.string().min(1).max(60),
        code,
        types: z.tuple([z.enum(EVENT_TYPES)], z.enum(EVENT_TYPES)),
        at: z.int().min(0),
        reason: z.string().max(200).optional(),
        place: z.object({ lat, lng, station: code.optional() }).optional(),
        meters: z.int().min(0).optional(),
        battery: z.int().min(0).max(100).optional(),
      }),
    )
    .min(1)
    .max(500),
})
const sheetQuery = z.object({ from: code.optional(), to: code.optional(), kind: z.string().max(40).optional() })

interface Needs {
  db: Database
  words: Words
  /** The house's public address. */
  base: string
}

/** The doors of assets: the customer's scan, the operator's books, the public feed. */
export function assetRoutes({ db, words, base }: Needs): Router {
  const router = new Router()
  const scans = rateLimit(60, 60, (ctx) => ctx.state.customerId ?? ctx.ip)
  const feed = keptFeeds(db, base)
  const feeds = rateLimit(120, 60, (ctx) => ctx.ip)

  router.get('/api/assets/:code', signedIn(db), scans, async (ctx) => {
    const asset = await db.read((tx) => assetByCode(tx, String(ctx.params.code)))
    if (!asset) throw new NotFound('asset')
    ctx.body = look(words, asset)
  })

  router.get('/a/:code', (ctx) => {
    const given = plainCode(String(ctx.params.code))
    if (!CODE.test(given)) throw new NotFound('asset')
    ctx.redirect(`/app/#/pages/asset/asset?scene=${encodeURIComponent(sceneOf(given))}`)
  })

  router.post('/api/operator/assets', operator, async (ctx) => {
    const { assets } = bodyOf(ctx, registerBody)
    const strange = assets.find(({ kind }) => !Object.hasOwn(fleet().kinds, kind))
    if (strange) throw new Invalid(`kind ${strange.kind}`, 'wrong_value')
    const registered = await db.write(async (tx) => {
      const list = []
      for (const { place, ...one } of assets) list.push({ ...one, place: place && (await placeOf(place)) })
      return registerAssets(tx, list)

      async function placeOf({ station, ...point }: { lat: number; lng: number; station?: string }) {
        return { ...point, stationId: station && (await assetByCode(tx, station))?.id }
      }
    })
    ctx.body = { registered }
  })

  router.post('/api/operator/asset-events', operator, async (ctx) => {
    const { events } = bodyOf(ctx, eventsBody)
    const unknown: string[] = []
    let recorded = 0
    for (const { id, code, types, at, reason, place, meters, battery } of events) {
      const fresh = await db.write(async (tx) => {
        const asset = await assetByCode(tx, code)
        if (!asset) return undefined
        const stationId = place?.station && (await assetByCode(tx, place.station))?.id
        return recordAssetEvent(tx, asset, {
          id: `x:${id}`,
          types,
          occurredAt: Math.min(at, tx.now),
          doneBy: 'operator',
          reason,
          data: { place: place && { lat: place.lat, lng: place.lng, stationId }, meters, battery },
        })
      })
      if (fresh === undefined) unknown.push(code)
      else if (fresh) recorded += 1
    }
    ctx.body = { recorded, unknown: [...new Set(unknown)] }
  })

  router.get('/api/operator/assets/qr.pdf', operator, async (ctx) => {
    const { from = '', to = '~', kind } = queryOf(ctx, sheetQuery)
    const rows = await db.read((tx) =>
      tx.query<{ code: string }>(
        `SELECT code FROM assets WHERE code >= ? AND code <= ? ${kind ? 'AND kind = ?' : ''}
         ORDER BY code LIMIT ${MAX_SHEET_CODES}`,
        [from, to, ...(kind ? [kind] : [])],
      ),
    )
    ctx.type = 'application/pdf'
    ctx.body = await qrSheets(
      base,
      rows.map(({ code }) => code),
    )
  })

  router.get('/gbfs/:file', feeds, async (ctx) => {
    const [, name = ''] = /^([a-z_]+)\.json$/.exec(String(ctx.params.file)) ?? []
    const kept = await feed(name)
    if (!kept) throw new NotFound('file')
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.status = 200
    ctx.etag = kept.etag
    ctx.type = 'json'
    if (ctx.fresh) ctx.status = 304
    else ctx.body = kept.text
  })

  return router
}

/** An asset as whoever scans it sees it. */
function look(words: Words, asset: Asset) {
  const kind = fleet().kinds[asset.kind]
  const state = asset.isScrapped() ? 'scrapped' : asset.state
  return {
    code: asset.code,
    kind: asset.kind,
    title: kind?.title ?? asset.kind,
    name: asset.name ?? undefined,
    state: asset.state,
    stateText: words.text(`messages/assets.state.${state}`),
    reportable: !asset.isScrapped() && (kind?.forms.length ?? 0) > 0,
    forms: asset.isScrapped() ? [] : (kind?.forms ?? []),
  }
}
