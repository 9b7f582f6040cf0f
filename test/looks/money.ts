import { DIFFERENCES, type DifferenceKind } from '../../server/domain/payments/difference.ts'
import { openDifference } from '../../server/domain/payments/differences.ts'
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
    await story.later('1 min')
    await album.card('to be approved', zhou, '申诉审批')
    await zhou.press('申诉审批', 'approve')
    await story.later('1 min')
    await album.card('taken off by itself', zhou, '申诉审批')
    // A ride of a system that is not ours.
    await appeal('4.00', 'R20261101')
    await lin.press('核实费用', 'finish', { finding: 'wrong' })
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
    await qian.says('客户重复支付，已核实')
    await album.news('settled', qian)

    async function tellOf(kind: DifferenceKind) {
      const number = `YK2611230000${DIFFERENCES.indexOf(kind)}`
      await story.db.write((tx) =>
        openDifference(tx, {
          ...{ kind, number, day: ['not_here', 'not_there', 'amount'].includes(kind) ? 20261123 : undefined },
          ...{ ours: kind === 'not_here' ? undefined : 26_800, theirs: kind === 'not_there' ? undefined : 26_801 },
          ...{ code: kind === 'stuck' ? 'USER_ACCOUNT_ABNORMAL' : undefined },
        }),
      )
      await story.later('1 min')
    }
  },
}

/** Everything that the auditor can find, as many kinds to a report as have room. */
const findings: Scene = {
  name: 'findings',
  async play(story, album) {
    const { he } = story
    const ticket = await story.wang.complain('车锁打不开')
    const [step] = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM flow_steps ORDER BY id DESC'))
    const [message] = await story.db.read((tx) =>
      tx.query<{ id: string }>(`SELECT id FROM messages WHERE channel = 'staff' ORDER BY id DESC`),
    )
    const kindTree = (readWordFiles(story.templates, []).get('cards/audit') as { kind: object }).kind
    const kinds = Object.keys(kindTree)
    for (let from = 0; from < kinds.length; from += 6) {
      const found = kinds.slice(from, from + 6).map((kind) => ({
        kind,
        subjectId: kind.startsWith('message') || kind === 'customer_failed' ? (message?.id ?? '') : (step?.id ?? ''),
        about: kind === 'run_stuck' ? ticket.number : 'YK261123000001',
      }))
      await story.db.write((tx) => noteFindings(tx, found))
      await story.running.duties.find(({ name }) => name === 'audit')?.run()
      await story.settle()
      await album.last(`from ${from + 1}`, he)
      await story.db.write((tx) => tx.run('DELETE FROM audit_findings'))
      await story.later('20 min')
    }
  },
}

export const money = [rides, differences, findings]
