import { DIFFERENCES, type DifferenceKind } from '../../server/domain/payments/difference.ts'
import { openDifference } from '../../server/domain/payments/differences.ts'
import { Refund } from '../../server/domain/payments/refund.ts'
import { noteFindings } from '../../server/engines/audit/findings.ts'
import { readWordFiles } from '../../server/lib/word-files.ts'
import { ride, setDown } from '../rides.ts'
import { hire, request, type Scene } from './scene.ts'

const BIKES = { env: { PACKS: 'service-desk,bike-share' } }

/** An appeal that stands on a ride, to both of its ends. */
const rides: Scene = {
  name: 'rides',
  house: BIKES,
  async play(story, album) {
    const [qian] = await hire(story, ['qianfang', '钱芳', '财务'])
    if (!qian) return
    const { wang, lin, zhou } = story
    await wang.signIn()
    await setDown(story, 'YK8801')
    await ride(story, wang, 'YK8801', '5 min')
    const done = await ride(story, wang, 'YK8801', '80 min')
    const appeal = (amount: string, order?: string) =>
      request(story, wang, 'fee_appeal', {
        ...done.appeal?.answers,
        ...(order && { order }),
        ...{ amount, reason: 'too_long', description: '还车后仍计费，请核对' },
      })
    await appeal('2.00')
    await album.card('to be checked', lin, '核实费用')
    await lin.press('核实费用', 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁，信号晚到')
    await story.later('1 min')
    await album.card('to be approved', zhou, '申诉审批')
    await zhou.press('申诉审批', 'approve')
    await story.later('1 min')
    await album.card('taken off by itself', zhou, '申诉审批')
    // A ride of a system that is not ours.
    await appeal('4.00', 'R20261101')
    await lin.press('核实费用', 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁，信号晚到')
    await story.later('1 min')
    await zhou.press('申诉审批', 'approve')
    await story.later('1 min')
    await album.card('to be paid', qian, '退款')
    await qian.press('退款', 'finish')
    await qian.says('2 元已退回')
    await album.last('its number', qian)
    await qian.says('TK1')
    await story.later('1 min')
    await appeal('3.00')
    await lin.press('核实费用', 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁，信号晚到')
    await zhou.press('申诉审批', 'reject')
    await zhou.says('行程记录与扣费一致')
    await story.later('1 min')
    await album.card('refused', lin, '告知客户')
  },
}

/** Every way in which the books and the platform do not agree. */
const differences: Scene = {
  name: 'differences',
  house: BIKES,
  async play(story, album) {
    const [qian] = await hire(story, ['qianfang', '钱芳', '财务'])
    if (!qian) return
    album.skip(qian)
    for (const kind of DIFFERENCES) await tellOf(kind)
    await album.news('each', qian)
    await qian.press('实付与应付不符', 'finish', { outcome: 'explained' })
    await album.news('a note is asked', qian)
    await qian.says('客户多付 0.01 元，已核实')
    await album.news('settled', qian)

    async function tellOf(kind: DifferenceKind) {
      const number = `YK26112200000${DIFFERENCES.indexOf(kind)}`
      const back = ['stuck', 'no_money'].includes(kind)
      await story.db.write((tx) =>
        openDifference(tx, {
          ...{ kind, number, day: ['not_here', 'not_there', 'amount'].includes(kind) ? 20261122 : undefined },
          ...{ ours: ['not_here', 'unknown'].includes(kind) ? undefined : 26_800 },
          ...{ theirs: kind === 'not_there' || back ? undefined : 26_801 },
          ...{ refund: back ? Object.assign(new Refund(), { id: number, paymentId: number }) : undefined },
          ...{ code: kind === 'stuck' ? 'USER_ACCOUNT_ABNORMAL' : undefined },
        }),
      )
      await story.later('1 min')
    }
  },
}

/** What findings are about where it is neither a step nor a message. */
const ABOUT: Record<string, string> = {
  role_empty: '外勤维修',
  lead_late: '沈佳',
  quote_stuck: 'Q261123-7K2QD',
  contract_stuck: 'R261123-4M8TC',
  ledger_torn: '01M8328V10YH18BH2Z7D96WFQG',
  account_wrong: '-398.00 ≠ -199.00',
  payment_late: 'P01M832CG78R82MA38SGSC6AEDP',
  refund_late: 'R01M82X5T3CWJQ7N0K4B9E2HVYA',
  money_differs: 'P01M7ZWD61R3FNV8S5XG2JTK0EC',
  bill_late: '2026-11-22',
  booking_gap: '沪A12345',
  booking_twice: 'R261122-9HHSV',
  booking_timeless: 'R261121-2G2A2',
  booking_nobody: '沪A67890',
  hold_late: 'R261123-6ZQR3',
  booking_late: 'R261120-SZSBR',
  deposit_late: '01M7TR80YEQVXGAJH450E4X3QK',
  deposit_kept: 'R261023-5J9YR',
  ride_endless: 'R261123-QJAJS',
  lock_unanswered: 'YK8801',
  appointment_timeless: 'A261123-HW3HK',
  rule_run_asleep: '还车回访',
  rule_run_late: '沉默客户跟进',
  rule_run_broken: '高价值客户回访',
  rule_runs_wild: '购物车挽回',
  rule_event_unheard: 'order.paid',
  rule_event_lost: 'ride.ended',
}

/** Everything that the auditor can find, as many kinds to a report as have room. */
const findings: Scene = {
  name: 'findings',
  async play(story, album) {
    const { he } = story
    const duty = (called: string) => {
      const found = story.running.duties.find(({ name }) => name === called)
      if (!found) throw new Error(`no duty "${called}"`)
      return found
    }
    // Until the first report nobody looks after the time of the step: it is late indeed.
    const sweep = duty('sweep steps')
    const { run: sweeps } = sweep
    sweep.run = async () => 0
    await story.wang.complain('车锁打不开')
    await story.later('20 min')
    const newest = async (sql: string) =>
      (await story.db.read((tx) => tx.query<{ id: string }>(`${sql} ORDER BY id DESC`)))[0]?.id ?? ''
    const [run, step] = [await newest('SELECT id FROM flow_runs'), await newest('SELECT id FROM flow_steps')]
    const staff = await newest(`SELECT id FROM messages WHERE channel = 'staff'`)
    const customer = await newest(`SELECT id FROM messages WHERE channel = 'customer'`)
    const subjectOf = (kind: string) => {
      if (kind === 'account_wrong') return 'deposits:held'
      if (kind in ABOUT) return kind
      if (kind === 'run_stuck') return run
      if (['customer_failed', 'message_unconfirmed'].includes(kind)) return customer
      return kind.startsWith('message') ? staff : step
    }
    const kindTree = (readWordFiles(story.templates, []).get('cards/audit') as { kind: object }).kind
    const kinds = Object.keys(kindTree)
    for (let from = 0; from < kinds.length; from += 6) {
      const found = kinds
        .slice(from, from + 6)
        .map((kind) => ({ kind, subjectId: subjectOf(kind), about: ABOUT[kind] ?? '' }))
      await story.db.write((tx) => noteFindings(tx, found))
      await duty('audit').run()
      await story.settle()
      await album.last(`from ${from + 1}`, he)
      sweep.run = sweeps
      await story.db.write((tx) => tx.run('DELETE FROM audit_findings'))
      await story.later('20 min')
    }
  },
}

export const money = [rides, differences, findings]
