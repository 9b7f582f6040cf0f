import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Duty } from './duties.ts'
import { Worker } from './engines/dispatch/worker.ts'
import { describeWorker, placeWorker } from './engines/dispatch/workers.ts'
import { SYSTEM } from './engines/events/events.ts'
import { StaffAccount } from './engines/staff/staff.ts'
import type { House } from './house.ts'
import { MINUTE } from './lib/clock.ts'
import type { Config } from './lib/config.ts'
import type { Point } from './lib/geo.ts'
import { PEOPLE, type Person } from './sandbox/people.ts'
import { vehicleKind } from './stage-city.ts'

/** Somebody who works in the make-believe city; where they begin, and what they can do. */
interface CityPerson extends Person {
  at?: Point
  skills?: string[]
}

const FIELD = { departments: [3], position: '外勤维修员', directLeaders: ['zhoumin'], room: 'field' as const }

const ROADSIDE = { ...FIELD, position: '道路救援技师' }
const INSIDE = { departments: [1], directLeaders: ['zhoumin'], room: 'field' as const }
const SALES = { departments: [1], position: '客户经理', directLeaders: ['gaolan'] }

/** Who works in the sandbox's company where its packs have a role that nobody else holds. */
const CREW: Record<string, CityPerson[]> = {
  field_worker: [
    {
      ...FIELD,
      userid: 'zhaolei',
      name: '赵磊',
      mobile: '13700000201',
      jobNumber: 'YK201',
      at: { lat: 31.2318, lng: 121.4716 },
      skills: ['锁', '刹车'],
    },
    {
      ...FIELD,
      userid: 'sunhao',
      name: '孙浩',
      mobile: '13700000202',
      jobNumber: 'YK202',
      at: { lat: 31.2283, lng: 121.4567 },
      skills: ['轮胎', '锁'],
    },
    {
      ...FIELD,
      userid: 'liuyang',
      name: '刘洋',
      mobile: '13700000203',
      jobNumber: 'YK203',
      at: { lat: 31.2206, lng: 121.4496 },
      skills: ['刹车'],
    },
    {
      ...FIELD,
      userid: 'mali',
      name: '马丽',
      mobile: '13700000204',
      jobNumber: 'YK204',
      at: { lat: 31.2214, lng: 121.4703 },
      skills: ['轮胎'],
    },
  ],
  technician: [
    {
      ...ROADSIDE,
      userid: 'fengtao',
      name: '冯涛',
      mobile: '13700000211',
      jobNumber: 'YK211',
      at: { lat: 31.2296, lng: 121.4672 },
    },
    {
      ...ROADSIDE,
      userid: 'dongjun',
      name: '董军',
      mobile: '13700000212',
      jobNumber: 'YK212',
      at: { lat: 31.2245, lng: 121.4521 },
    },
  ],
  finance: [inside('qianfang', '钱芳', 205, '财务')],
  store_clerk: [inside('wuqian', '吴倩', 213, '门店顾问')],
  store_manager: [inside('zhengkai', '郑凯', 214, '门店经理')],
  warehouse: [inside('xuqiang', '许强', 221, '仓库管理员')],
  sales: [
    { ...SALES, userid: 'shenjia', name: '沈佳', mobile: '13700000301', jobNumber: 'YK301' },
    { ...SALES, userid: 'luoyi', name: '罗毅', mobile: '13700000302', jobNumber: 'YK302' },
  ],
  sales_lead: [
    {
      userid: 'gaolan',
      name: '高岚',
      mobile: '13700000303',
      jobNumber: 'YK303',
      departments: [1],
      position: '销售主管',
      directLeaders: ['hejianguo'],
    },
  ],
}

function inside(userid: string, name: string, nth: number, position: string): CityPerson {
  return { ...INSIDE, userid, name, mobile: `13700000${nth}`, jobNumber: `YK${nth}`, position }
}

/** The sandbox's company as the packs in force need it. */
export function cityPeople({ templatesDir, packs }: Readonly<Config>): Person[] {
  const roles = new Set(packs.flatMap((pack) => rolesIn(join(templatesDir, 'packs', pack, 'pack.yaml'))))
  const crew = Object.entries(CREW).flatMap(([role, people]) => (roles.has(role) ? people : []))
  return [...PEOPLE, ...crew.map(({ at: _, skills: __, ...person }) => person)]
}

/** The roles of a pack; what is wrong with the file is told by whoever puts it in force. */
function rolesIn(file: string): string[] {
  try {
    return Object.keys((parse(readFileSync(file, 'utf8')) as { roles: object }).roles)
  } catch {
    return []
  }
}

/** So often a phone tells where it is. */
const TELLS_MS = 15 * MINUTE

/**
 * The phones of those in the street: at first they tell where everybody begins and what they can do, later again and
 * again that nobody has gone elsewhere than where work has brought them.
 */
export function crewPhones({ db }: House): Duty {
  const run = () =>
    db.write(async (tx) => {
      let told = 0
      for (const { userid, at, skills } of vehicleKind() ? Object.values(CREW).flat() : []) {
        const account = at && (await tx.first(StaffAccount, 'WHERE userId IN (?, ?)', [userid, `dt-${userid}`]))
        if (!account) continue
        const known = await tx.get(Worker, account.staffId)
        if (!known) await describeWorker(tx, account.staffId, { skills }, SYSTEM)
        if (known?.seenAt && tx.now - known.seenAt < TELLS_MS) continue
        await placeWorker(tx, account.staffId, { lat: known?.lat ?? at.lat, lng: known?.lng ?? at.lng })
        told += 1
      }
      return told
    })
  return { name: 'crew phones', every: '60 seconds', run }
}
