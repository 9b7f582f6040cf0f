import { auditor } from './auditor.ts'
import { nextAppointment, sweepAppointments } from './domain/appointments/sweep.ts'
import { reception } from './domain/appointments/words.ts'
import { useFleet } from './domain/assets/fleet.ts'
import { nextService, servicesOpen, sweepServices } from './domain/assets/maintenance.ts'
import { maintenanceFlow } from './domain/assets/words.ts'
import { rescueBookings } from './domain/bookings/rescue.ts'
import { forgetPast, nextBooking, sweepBookings } from './domain/bookings/sweep.ts'
import { customersUnkeyed, keyCustomers } from './domain/customers/find.ts'
import { mergesOpen, settleMerges } from './domain/customers/merge.ts'
import { importsDue, sweepImports } from './domain/intake/imports.ts'
import { leadsGone, nextTakeBack, sweepLeads } from './domain/leads/take-back.ts'
import { useLoyalty } from './domain/loyalty/programme.ts'
import { nextCoupon, nextPoints, sweepCoupons, sweepPoints } from './domain/loyalty/sweep.ts'
import { nextRelease, sweepDeposits } from './domain/payments/deposits.ts'
import { nextScore, sweepScores } from './domain/payments/pay-score.ts'
import { reconcile } from './domain/payments/reconcile.ts'
import { nextRefund, sweepRefunds } from './domain/payments/send-refunds.ts'
import { nextPayment, sweepPayments } from './domain/payments/sweep.ts'
import { privacyDue, workPrivacy } from './domain/privacy/work.ts'
import { makeQuotes, nextQuote } from './domain/quotes/make.ts'
import { makeContracts, nextContract } from './domain/rentals/make.ts'
import { nextCard, sweepCards } from './domain/rides/cards.ts'
import { nextCommand, sayCommands } from './domain/rides/commands.ts'
import { nextRide, sweepRides } from './domain/rides/sweep.ts'
import { book, useSegments } from './domain/segments/book.ts'
import { drawEdges } from './domain/segments/quantiles.ts'
import { customersStale, nextCustomer, sweepCustomers } from './domain/segments/sweep.ts'
import { forgetCarts, nextCart, sweepCarts } from './domain/stock/carts.ts'
import { checkContent, contentUnchecked } from './domain/tickets/safety.ts'
import { type Duty, runOnce, runUntilQuiet } from './duties.ts'
import { forgetReads } from './engines/access/reads.ts'
import { forgetRequests } from './engines/api/repeats.ts'
import { dispatchOpen, nextOffer, sweepDispatch } from './engines/dispatch/sweep.ts'
import { liveSubjects } from './engines/flows/flows.ts'
import { nextReminder, remindPeople } from './engines/flows/remind.ts'
import { makeSummaries } from './engines/flows/summary.ts'
import { nextWake, sweepSteps } from './engines/flows/sweep.ts'
import { rotateKeys } from './engines/keys/rotate.ts'
import { deliverDue, nextDelivery } from './engines/messages/deliver.ts'
import { forgetOld } from './engines/messages/forget.ts'
import { nextMemo, sweepMemos } from './engines/messages/memos.ts'
import { onOutbox } from './engines/messages/outbox.ts'
import { cardsTouched, cardsUnseen, recheckCards, refreshCards } from './engines/messages/refresh.ts'
import { stopSending } from './engines/messages/stopping.ts'
import { declaredEvents } from './engines/packs/events.ts'
import { summaryRule } from './engines/packs/manners.ts'
import { privacyRule } from './engines/packs/privacy.ts'
import { followUpsLeft, nextFollowUp, sweepFollowUps } from './engines/rules/follow-ups.ts'
import { onRuleWork } from './engines/rules/hooks.ts'
import { nextRule, sweepRules } from './engines/rules/sweep.ts'
import { endBreaks, nextReturn } from './engines/staff/shift.ts'
import type { House } from './house.ts'
import { Agenda } from './lib/agenda.ts'
import { agendaBackend } from './lib/agenda-backend.ts'
import type { Database } from './lib/db.ts'
import { log } from './lib/log.ts'
import type { Words } from './lib/render.ts'
import { folderWatch } from './lib/watch.ts'
import type { Wechatpay } from './platforms/wechatpay.ts'

/** Rules act a moment later anyhow: each round of theirs asks half a dozen tables, and many events can share one. */
const RULES_REST_MS = 100

/** The timetable. `more` are the duties that main.ts adds (those of the bot). */
export function timetable(house: House, more: Duty[]): Duty[] {
  const { db, wechat, wechatpay, words, config, shelf } = house
  return [
    { name: 'sweep steps', every: '2 seconds', next: [nextWake], run: () => sweepSteps(db) },
    { name: 'dispatch', every: '2 seconds', next: nextOffer, also: dispatchOpen, run: () => sweepDispatch(db) },
    { name: 'remind people', every: '5 seconds', next: [nextReminder], run: () => remindPeople(db) },
    { name: 'end breaks', every: '5 seconds', next: [nextReturn], run: () => endBreaks(db) },
    { name: 'make summaries', every: '20 seconds', run: () => makeSummaries(db, summaryRule(shelf)) },
    { name: 'run rules', every: '2 seconds', next: nextRule, upkeep: true, run: () => sweepRules(db) },
    {
      name: 'bring follow-ups back',
      every: '5 seconds',
      next: [nextFollowUp],
      also: [followUpsLeft],
      run: () => sweepFollowUps(db),
    },
    { name: 'deliver messages', every: '2 seconds', next: [nextDelivery], run: () => deliverDue(db) },
    { name: 'refresh cards', every: '3 seconds', also: [cardsTouched], run: () => refreshCards(db) },
    { name: 'recheck cards', every: '60 seconds', also: [cardsUnseen], run: () => recheckCards(db, liveSubjects) },
    {
      name: 'check content',
      every: '3 seconds',
      also: contentUnchecked,
      run: () => checkContent({ db, wechat, baseUrl: config.baseUrl }),
    },
    { name: 'reload templates', every: '3 seconds', everywhere: true, run: reloadTemplates(house) },
    { name: 'audit', every: '10 minutes', run: auditor(house) },
    { name: 'take leads back', every: '5 seconds', next: [nextTakeBack], also: [leadsGone], run: () => sweepLeads(db) },
    { name: 'make quotes', every: '2 seconds', next: [nextQuote], run: () => makeQuotes(db, words) },
    {
      name: 'make contracts',
      every: '2 seconds',
      next: [nextContract],
      run: () => makeContracts(db, words, house.sealer),
    },
    {
      name: 'open maintenance',
      every: '20 seconds',
      next: [nextService],
      also: [servicesOpen],
      run: () => sweepServices(db, maintenanceFlow(shelf)),
    },
    { name: 'wake bookings', every: '5 seconds', next: [nextBooking], run: () => sweepBookings(db) },
    { name: 'rescue bookings', every: '30 seconds', run: () => rescueBookings(db) },
    { name: 'forget free time', every: '1 hour', run: () => forgetPast(db) },
    {
      name: 'wake appointments',
      every: '5 seconds',
      next: [nextAppointment],
      run: () => sweepAppointments(db, reception(shelf)),
    },
    {
      name: 'judge customers',
      every: '2 seconds',
      next: [nextCustomer],
      also: [customersStale],
      upkeep: true,
      run: () => sweepCustomers(db),
    },
    { name: 'draw rfm edges', every: '10 minutes', run: () => drawEdges(db, book()?.rfm) },
    { name: 'tell memos', every: '5 seconds', next: [nextMemo], run: () => sweepMemos(db) },
    { name: 'key customers', every: '3 seconds', also: [customersUnkeyed], run: () => keyCustomers(db) },
    { name: 'settle merges', every: '10 seconds', also: [mergesOpen], run: () => settleMerges(db) },
    { name: 'end coupons', every: '10 seconds', next: [nextCoupon], upkeep: true, run: () => sweepCoupons(db) },
    { name: 'begin and end points', every: '10 seconds', next: [nextPoints], upkeep: true, run: () => sweepPoints(db) },
    {
      name: 'ask after payments',
      every: '5 seconds',
      next: [nextPayment],
      upkeep: true,
      run: () => sweepPayments(db, wechatpay),
    },
    { name: 'release deposits', every: '10 seconds', next: [nextRelease], upkeep: true, run: () => sweepDeposits(db) },
    ...(wechatpay ? moneyDuties(db, wechatpay, words) : []),
    {
      name: 'keep privacy',
      every: '3 seconds',
      also: [privacyDue],
      run: () => workPrivacy(db, () => privacyRule(shelf)),
    },
    { name: 'forget reads', every: '1 hour', run: () => forgetReads(db, privacyRule(shelf).readsForMs) },
    { name: 'rotate keys', every: '10 seconds', run: () => rotateKeys(db) },
    { name: 'forget old callbacks', every: '1 hour', run: () => forgetOld(db) },
    {
      name: 'read files in',
      every: '2 seconds',
      also: [importsDue],
      run: () => sweepImports(db, () => declaredEvents(shelf.heads)),
    },
    { name: 'forget api requests', every: '10 minutes', run: () => forgetRequests(db) },
    { name: 'tell locks', every: '2 seconds', next: [nextCommand], run: () => sayCommands(db, house.locks) },
    { name: 'sweep rides', every: '5 seconds', next: [nextRide], run: () => sweepRides(db) },
    { name: 'tell carts', every: '5 seconds', next: [nextCart], upkeep: true, run: () => sweepCarts(db) },
    { name: 'forget carts', every: '1 hour', run: () => forgetCarts(db) },
    { name: 'end ride cards', every: '10 seconds', next: [nextCard], upkeep: true, run: () => sweepCards(db) },
    ...more,
  ]
}

function moneyDuties(db: Database, pay: Wechatpay, words: Words): Duty[] {
  const { score } = pay
  const reason = () => words.text('messages/rentals.score_over')
  return [
    ...(score
      ? [
          {
            name: 'end pay scores',
            every: '10 seconds',
            next: [nextScore],
            upkeep: true as const,
            run: () => sweepScores(db, score, reason()),
          },
        ]
      : []),
    { name: 'send refunds', every: '3 seconds', next: [nextRefund], upkeep: true, run: () => sweepRefunds(db, pay) },
    { name: 'compare bills', every: '30 seconds', run: () => reconcile(db, pay) },
  ]
}

/** Takes edited packs and words into use without a restart; those with mistakes stay out, the ones before stay in. */
function reloadTemplates({ db, shelf, words, config }: House): () => Promise<number> {
  const changed = folderWatch(config.templatesDir)
  return async () => {
    if (!changed()) return 0
    try {
      words.reload()
    } catch (error) {
      log.error({ err: error }, 'words have mistakes; those in force stay')
    }
    await shelf.load(db)
    const problems = useFleet(config, shelf)
    if (problems.length > 0) log.error({ problems }, 'the fleet has mistakes; the one in force stays')
    const wrong = [...(await useSegments(db, config)), ...(await useLoyalty({ config, db }))]
    if (wrong.length > 0)
      log.error({ problems: wrong }, 'segments, coupons or points have mistakes; those in force stay')
    return 1
  }
}

export interface Jobs {
  /** Runs every duty once, now. Returns how much was done. */
  runAll(): Promise<number>
  stop(): Promise<void>
}

/** Starts the timetable on Agenda in our own database; new messages wake the delivery at once. */
export async function startJobs(house: House, duties: Duty[]): Promise<Jobs> {
  const agenda = new Agenda({
    backend: agendaBackend(house.db),
    processEvery: '1 second',
    // What a killed process had locked waits this long; a duty that runs longer may be joined by a second run.
    defaultLockLifetime: 20_000,
    defaultConcurrency: 1,
  })
  agenda.on('fail', (error, job) => log.error({ duty: job.attrs.name, err: error }, 'a duty failed'))
  const shared = duties.filter(({ everywhere }) => !everywhere)
  for (const { name, run } of shared) agenda.define(name, async () => void (await run()))
  await agenda.start()
  for (const { name, every } of shared) await agenda.every(every, name)
  const own = duties.filter(({ everywhere }) => everywhere).map(startHere)

  const wake = wakeable(async () => {
    await deliverDue(house.db)
    await refreshCards(house.db)
  })
  onOutbox(wake.poke)
  const rules = wakeable(() => sweepRules(house.db), RULES_REST_MS)
  onRuleWork(rules.poke)
  // A process that was killed holds the locks of its duties for a while: what is due meanwhile is done at once.
  const catchUp = runOnce(duties)
  return {
    runAll: () => runUntilQuiet(house.db, duties),
    async stop() {
      stopSending(house.db)
      onOutbox(() => undefined)
      onRuleWork(() => undefined)
      for (const timer of own) clearInterval(timer)
      await catchUp
      await agenda.drain()
      await agenda.stop()
      await wake.idle()
      await rules.idle()
    },
  }
}

/** Runs a duty of this process alone, by its own clock. */
function startHere(duty: Duty): NodeJS.Timeout {
  const wake = wakeable(duty.run)
  return setInterval(wake.poke, Number.parseInt(duty.every, 10) * 1000).unref()
}

/**
 * Work that is done at once after a poke; pokes during the work lead to one more round, after a rest of so many ms: of
 * many pokes in a row each round then deals with all that came meanwhile.
 */
export function wakeable(work: () => Promise<unknown>, restMs = 0): { poke: () => void; idle: () => Promise<void> } {
  let running: Promise<void> | undefined
  let again = false
  let hurry = () => {}
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs)
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const run = async () => {
    do {
      again = false
      await work().catch((error) => log.error({ err: error }, 'woken work failed'))
      if (again && restMs > 0) await rest()
    } while (again)
    running = undefined
  }
  return {
    poke() {
      again = true
      running ??= run()
    },
    idle: async () => {
      hurry()
      await running
    },
  }
}
