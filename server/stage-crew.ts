import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from './engines/dispatch/worker.ts'
import { describeWorker, placeWorker } from './engines/dispatch/workers.ts'
import { SYSTEM } from './engines/events/events.ts'
import { StaffAccount } from './engines/staff/staff.ts'
import type { House } from './house.ts'
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

const CREW: CityPerson[] = [
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
  {
    userid: 'qianfang',
    name: '钱芳',
    mobile: '13700000205',
    jobNumber: 'YK205',
    departments: [1],
    position: '财务',
    directLeaders: ['hejianguo'],
    room: 'field',
  },
]

/** Who works in the sandbox's company where its packs have vehicles: somebody repairs them in the street, somebody pays back. */
export function cityPeople({ templatesDir, packs }: Readonly<Config>): Person[] | undefined {
  const city = packs.some((pack) => existsSync(join(templatesDir, 'packs', pack, 'assets.yaml')))
  return city ? [...PEOPLE, ...CREW.map(({ at: _, skills: __, ...person }) => person)] : undefined
}

/** Says of those whom the address books know where they begin and what they can do, once. */
export async function seedCrew({ db }: House): Promise<void> {
  if (!vehicleKind()) return
  await db.write(async (tx) => {
    for (const { userid, at, skills } of CREW) {
      const account = at && (await tx.first(StaffAccount, 'WHERE userId IN (?, ?)', [userid, `dt-${userid}`]))
      if (!account || (await tx.get(Worker, account.staffId))) continue
      await describeWorker(tx, account.staffId, { skills }, SYSTEM)
      await placeWorker(tx, account.staffId, at)
    }
  })
}
