import { registerAssets } from '../../server/domain/assets/assets.ts'
import type { Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { hire, request, type Scene, tail } from './scene.ts'

const PACKS = { env: { PACKS: 'service-desk,bike-share' } }
const SQUARE = { lat: 31.2304, lng: 121.4737, address: '人民广场 2 号口' }
const FAR = {
  lat: 31.2501,
  lng: 121.5005,
  address: '上海市浦东新区陆家嘴街道世纪大道 100 号上海环球金融中心东侧非机动车停放区',
}
const at = ({ lat, lng }: { lat: number; lng: number }, north = 0) =>
  `我在 ${(lat + north / 111.2).toFixed(5)},${lng.toFixed(5)}`

async function bikes(story: Story): Promise<void> {
  await story.db.write((tx) =>
    registerAssets(tx, [
      { code: 'YK9001', kind: 'bike', place: SQUARE },
      { code: 'YK9002', kind: 'bike', place: FAR },
    ]),
  )
}

const answers = (more: Record<string, unknown> = {}) => ({
  bike: 'YK9001',
  fault: 'lock',
  danger: 'no',
  place: SQUARE,
  description: '车锁卡住，扫码后只响不弹开，旁边还有一辆车也是这样，麻烦师傅一起看看。',
  ...more,
})

const said = (card: object) => JSON.stringify(card).includes('车锁打不开')

/** Who is sent to a broken bike, who does not come, and what the repair needs. */
const dispatch: Scene = {
  name: 'dispatch',
  house: PACKS,
  async play(story, album) {
    const [zhao, qian, feng] = await hire(
      story,
      ['zhaolei', '赵磊', '外勤维修员'],
      ['qianwu', '钱五', '外勤维修员'],
      ['fengyi', '冯毅', '外勤维修员'],
    )
    if (!zhao || !qian || !feng) return
    const { wang, li, zhou } = story
    await bikes(story)
    await zhao.says(at(SQUARE, 0.35))
    await album.last('where I am', zhao)
    await qian.says(at(SQUARE, 2))
    await feng.says(at(SQUARE, 4))
    await wang.signIn()
    const photo = (await wang.upload(await jpeg())).body
    const ticket = await request(story, wang, 'fault', answers({ photos: [photo.id] }))
    await album.card('offer, near', zhao, '上门维修')
    await zhao.pressMenu('上门维修', 'map')
    await album.last('map', zhao)
    await request(story, li, 'fault', answers({ description: '' }))
    await album.card('a second reporter', zhao, '又有客户反映')
    await zhao.press('上门维修', 'decline')
    await album.card('declined', zhao, '上门维修')
    await album.card('offer, after a no', qian, '上门维修')
    await story.later('11 min')
    await album.card('expired', qian, '上门维修')
    await album.card('offer, after silence', feng, '上门维修')
    await story.later('11 min')
    await album.card('left over, to the supervisor', zhou, '上门维修')
    await zhou.press('上门维修', 'transfer')
    await album.last('supervisor gives it to whom', zhou)
    await zhou.says('赵磊')
    await album.card('given by the supervisor', zhao, '上门维修')
    await zhao.press('上门维修', 'accept')
    await album.card('accepted', zhao, '上门维修')
    await zhao.press('上门维修', 'finish', { outcome: 'available' })
    await album.last('photos asked', zhao)
    await zhao.says('修好了')
    await album.last('words where photos are wanted', zhao)
    await zhao.says('完成')
    await album.last('done without a photo', zhao)
    await zhao.sends(await jpeg())
    await album.last('photo taken', zhao)
    await zhao.says('完成')
    await album.last('repaired, last line', zhao)
    await album.card('repaired', zhao, '上门维修')
    await zhao.pressMenu('上门维修', 'history')
    await album.last('history', zhao)
    await zhou.says(`工单 ${tail(ticket)}`)
    await album.last('ticket card, ended', zhou)
  },
}

/** The other ends of a fault: far away, urgent, to the workshop, a false alarm. */
const ends: Scene = {
  name: 'field-ends',
  house: PACKS,
  async play(story, album) {
    const [zhao, qian] = await hire(story, ['zhaolei', '赵磊', '外勤维修员'], ['qianwu', '钱五', '外勤维修员'])
    if (!zhao || !qian) return
    const { wang, li, zhou, he } = story
    await bikes(story)
    await zhao.says(at(SQUARE))
    await qian.says('下班')
    const brake = { fault: 'brake', danger: 'yes', description: '下桥时刹车捏到底也停不住，差点撞到人，车停在路边了。' }
    await request(story, wang, 'fault', answers({ bike: 'YK9002', place: FAR, ...brake }))
    await album.card('urgent and far', zhao, '刹车失灵')
    await qian.says('上班')
    await zhao.says('下班')
    await album.card('moved on, off duty', qian, '刹车失灵')
    await album.card('moved on, the old hands', zhao, '刹车失灵')
    await zhao.says('上班')
    await qian.press('刹车失灵', 'finish', { outcome: 'workshop' })
    await album.last('photos before the tow', qian)
    await qian.sends(await jpeg())
    await qian.says('完成')
    await story.later('5 s')
    const mechanic = [zhao, qian].find((one) =>
      one.cards().some(({ card }) => JSON.stringify(card).includes('车间维修')),
    )
    await album.card('workshop', mechanic ?? zhao, '车间维修')

    await request(story, li, 'fault', answers({ place: { address: '写字楼后门，靠近垃圾房那一侧' } }))
    const worker = [zhao, qian].find((one) => one.cards().some(({ alive, card }) => alive && said(card)))
    if (!worker) throw new Error(`nobody was sent:\n${zhao.read()}\n${qian.read()}`)
    await album.card('a typed place', worker, '车锁打不开')
    await worker.press('车锁打不开', 'finish', { outcome: 'mistaken' })
    await worker.sends(await jpeg())
    await worker.says('完成')
    await album.last('a reason for a false alarm', worker)
    await worker.says('现场试了五次都能正常开锁')
    await album.card('false alarm', worker, '车锁打不开')

    await request(story, wang, 'fault', answers({ fault: 'tire', description: '' }))
    await story.later('3 h')
    await album.card('nobody came, the supervisor is warned', zhou, '时限提醒')
    await story.later('4 h')
    await album.card('nobody came, the director', he, '升级提醒')
  },
}

/** Money: checked, approved by one or two, sent back, refused, taken back, with a signer before and after. */
const approvals: Scene = {
  name: 'approvals',
  house: PACKS,
  async play(story, album) {
    const [wu, zheng] = await hire(story, ['wulei', '吴磊', '客服主管'], ['zhengjie', '郑洁', '财务'])
    if (!wu || !zheng) return
    const { wang, li, lin, zhou, he } = story
    const refund = async (amount: string, customer = wang, arrears = 'none') => {
      const ticket = await request(story, customer, 'deposit_refund', { amount, reason: 'stop' })
      await lin.press('核对账户', 'accept')
      await lin.press('核对账户', 'finish', { arrears })
      if (arrears === 'some') await lin.says('10月3日一单 4.50 元未付，客户说没有骑，需核实后再退')
      await story.later('5 s')
      return ticket
    }
    await request(story, wang, 'deposit_refund', { amount: '199', reason: 'stop', description: '换了城市，以后不骑了' })
    await album.card('check the account', lin, '核对账户')
    await lin.press('核对账户', 'finish', { arrears: 'some' })
    await album.last('a note is asked', lin)
    await lin.says('10月3日一单 4.50 元未付，客户说没有骑，需核实后再退')
    await album.card('open', zhou, '退款审批')
    await album.card('submitted, may be taken back', lin, '核对账户')
    await zhou.press('退款审批', 'return')
    await album.last('returned why', zhou)
    await zhou.says('请附上 10月3日的行程记录')
    await album.last('returned', zhou)
    await album.card('returned, the approver', zhou, '退款审批')
    await album.card('returned, who submitted', lin, '核对账户')
    await lin.press('核对账户', 'finish', { arrears: 'none' })
    await zhou.press('退款审批', 'reject')
    await album.last('rejected why', zhou)
    await zhou.says('超过 30 天，不符合规定')
    await album.card('rejected', zhou, '退款审批')
    await album.card('rejected, the colleague', wu, '退款审批')
    await album.card('rejected, tell the customer', lin, '告知客户')

    await story.later('1 min')
    await refund('299', li)
    await zhou.press('退款审批', 'approve')
    await album.card('partly signed', zhou, '退款审批')
    await album.card('second signature', he, '退款审批')
    await he.press('退款审批', 'approve')
    await album.card('approved', he, '退款审批')
    await album.card('pay', zheng, '退款')
    await zheng.press('退款', 'finish')
    await album.last('refund words asked', zheng)
    await zheng.says('押金 299 元已原路退回微信，1 至 3 个工作日到账')
    await album.last('refund number asked', zheng)
    await zheng.says('TK20261123000199')
    await album.card('paid', zheng, '退款')

    await story.later('1 min')
    await refund('188')
    await zhou.press('退款审批', 'transfer')
    await album.last('transfer the approval', zhou)
    await zhou.says('取消')
    await zhou.press('退款审批', 'add_signer')
    await album.last('who shall sign as well', zhou)
    await zhou.says('何建国')
    await album.last('before or after', zhou)
    await zhou.says('1')
    await album.last('signer asked', zhou)
    await album.card('signer', he, '退款审批')
    await album.card('waiting for the signer', zhou, '退款审批')
    await he.press('退款审批', 'approve')
    await story.later('1 min')
    const taken = await refund('177', li)
    await lin.pressMenu('核对账户', 'withdraw')
    await album.card('taken back', zhou, '退款审批')
    await album.card('taken back, who submitted', lin, '核对账户')
    await lin.press('核对账户', 'finish', { arrears: 'none' })
    await li.does(taken.id, 'remarks', { text: '金额填错了，是 199' })
    await album.last('remark during an approval', zhou)
    await story.later('4 h')
    await album.card('approval reminded', zhou, '时限提醒')
    await story.later('24 h')
    await album.card('approval escalated', he, '升级提醒')
  },
}

export const field = [dispatch, ends, approvals]
