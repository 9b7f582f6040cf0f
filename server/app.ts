import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import type Router from 'koa-router'
import { apiV1 } from './api.ts'
import { agendasNow } from './domain/appointments/agenda.ts'
import { appointmentRoutes } from './domain/appointments/routes.ts'
import { assetRoutes } from './domain/assets/routes.ts'
import { hasRental, termsNow } from './domain/bookings/rental-file.ts'
import { bookingRoutes } from './domain/bookings/routes.ts'
import { consentRoutes } from './domain/customers/consent-routes.ts'
import { mailRoutes } from './domain/customers/mail-routes.ts'
import { pushRoutes } from './domain/customers/push.ts'
import { customerRoutes } from './domain/customers/routes.ts'
import { smsReportRoutes } from './domain/customers/sms-reports.ts'
import { appEventRoutes } from './domain/intake/app-routes.ts'
import { loyaltyRoutes } from './domain/loyalty/routes.ts'
import { paymentRoutes } from './domain/payments/routes.ts'
import { privacyRoutes } from './domain/privacy/routes.ts'
import { profileRoutes } from './domain/profile/routes.ts'
import { rentalRoutes } from './domain/rentals/routes.ts'
import { lockRoutes } from './domain/rides/lock-routes.ts'
import { rideRoutes } from './domain/rides/routes.ts'
import { exportRoutes } from './domain/segments/export-routes.ts'
import { segmentRoutes } from './domain/segments/routes.ts'
import { ticketRoutes } from './domain/tickets/routes.ts'
import { judgePicture } from './domain/tickets/safety.ts'
import { apiKeys, isApi } from './engines/api/routes.ts'
import { privacyRule } from './engines/packs/privacy.ts'
import type { House } from './house.ts'
import { attend } from './lib/courtesy.ts'
import { Invalid, TooLarge } from './lib/errors.ts'
import { answering, rateLimit, requester, safeHeaders } from './lib/http.ts'
import { operations } from './operations.ts'
import { h5 } from './pages.ts'
import { ruleRoutes } from './rule-routes.ts'

/** Callbacks of the platforms are small; what is larger is refused before it is read. */
const CALLBACK_LIMIT = '256kb'
const JSON_LIMIT = '256kb'
/** A thousand events come at once. */
const API_LIMIT = '4mb'

/** The web application: the middlewares in order, then every door by name. `more` are the doors that main.ts adds. */
export function makeApp(house: House, more: { routers: Router[]; middlewares: Koa.Middleware[] }): Koa {
  const { db, words, shelf, wechat, wechatPush, config, clock } = house
  const app = new Koa({ proxy: config.trustProxy })
  app.silent = true
  app.use((_ctx, next) => attend(next))
  app.use(answering(words, clock))
  app.use(safeHeaders)
  for (const middleware of more.middlewares) app.use(middleware)
  // Every public door; callbacks are not limited, their senders are known by signature, and other systems by their key.
  const few = rateLimit(900, 60, requester)
  app.use((ctx, next) => (ctx.path.startsWith('/callbacks/') || isApi(ctx) ? next() : few(ctx, next)))
  app.use(apiKeys(db))
  app.use(callbackBody())
  app.use(apiBody())
  for (const router of [
    operations(house),
    // The platforms' doors first: they wait for seconds only, and need not walk past all the others.
    ...more.routers,
    customerRoutes({ db, wechat }),
    consentRoutes({ db }),
    privacyRoutes({ db, words, base: config.baseUrl, rule: () => privacyRule(shelf) }),
    profileRoutes({ db, mails: house.mailer !== undefined, reader: house.reader }),
    segmentRoutes({ db, words }),
    exportRoutes({ db, words }),
    assetRoutes({ db, words, base: config.baseUrl }),
    bookingRoutes({ db, words }),
    appointmentRoutes({ db, words }),
    ruleRoutes({ db, shelf, words }),
    ticketRoutes({ db, words, shelf, wechat, bookable }),
    pushRoutes({ db, push: wechatPush, onVerdict: judgePicture }),
    loyaltyRoutes({ db, words }),
    paymentRoutes({ db, wechat, pay: house.wechatpay, notify: house.wechatpayNotify }),
    mailRoutes({ db, words }),
    rentalRoutes({ db, words, shelf, wechat, wechatpay: house.wechatpay }),
    appEventRoutes({ db, shelf }),
    apiV1(house),
    smsReportRoutes({ db, token: config.sms?.reportToken }),
    rideRoutes({ db, words, shelf, locks: house.locks }),
    lockRoutes({ db, key: config.lock?.key, maxAgeS: config.callbackMaxAgeS }),
  ]) {
    app.use(router.routes())
  }
  app.use(h5())
  return app
}

/** What can be booked here beside the services that begin with a form. */
function bookable(): { rental: string | null; appointments: boolean } {
  return { rental: hasRental() ? termsNow().body.title : null, appointments: agendasNow().length > 0 }
}

/** Callbacks are signed over their raw text, whatever they call its type. */
function callbackBody(): Koa.Middleware {
  const parse = bodyParser({
    enableTypes: ['text'],
    textLimit: CALLBACK_LIMIT,
    extendTypes: { text: ['*/*'] },
  })
  return (ctx, next) => (ctx.path.startsWith('/callbacks/') ? parse(ctx, next) : next())
}

function apiBody(): Koa.Middleware {
  const json = { enableTypes: ['json' as const], jsonStrict: true, onError: unreadable }
  const parse = bodyParser({ ...json, jsonLimit: JSON_LIMIT })
  const parseMuch = bodyParser({ ...json, jsonLimit: API_LIMIT })
  return (ctx, next) => {
    if (!ctx.path.startsWith('/api/') || ctx.is('multipart')) return next()
    return isApi(ctx) ? parseMuch(ctx, next) : parse(ctx, next)
  }
}

/** Whatever keeps a body from being read lies with who sent it: its JSON, its encoding, its packing. */
function unreadable(error: Error & { status?: number }): never {
  throw error.status === 413 ? new TooLarge('body_too_large') : new Invalid('body', 'body_not_json')
}
