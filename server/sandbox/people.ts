/** A member of the make-believe company, with the fields that WeCom's address book gives. */
export interface Person {
  userid: string
  name: string
  departments: number[]
  position: string
  /** Departments that this person leads. */
  leads?: number[]
  /** User ids of the direct superiors. */
  directLeaders?: string[]
  /** 1 active, 2 disabled, 4 not activated, 5 left. */
  status?: 1 | 2 | 4 | 5
  /** WeCom does not give it to applications of today; DingTalk does. */
  mobile?: string
  /** WeCom keeps it as an extension attribute. */
  jobNumber?: string
  /** Can talk to the application without being in its view of the address book. */
  unseen?: boolean
  /** Where they sit on the desk; who has no room of their own sits in the first. */
  room?: 'field'
}

/** A department of the make-believe company; the root has id 1. */
export interface Department {
  id: number
  name: string
  parentid: number
}

/** A WeChat user who may open the mini-program. */
export interface WechatUser {
  openid: string
  unionid: string
  nickname: string
  phone: string
  /** Whose mailbox the desk shows beside this phone. */
  email?: string
}

export const DEPARTMENTS: Department[] = [
  { id: 1, name: '迎客演示公司', parentid: 0 },
  { id: 2, name: '客服部', parentid: 1 },
  { id: 3, name: '技术部', parentid: 1 },
]

export const PEOPLE: Person[] = [
  {
    userid: 'linxiaoyu',
    name: '林小雨',
    mobile: '13700000101',
    jobNumber: 'YK001',
    departments: [2],
    position: '一线客服',
    directLeaders: ['zhoumin'],
  },
  {
    userid: 'zhoumin',
    name: '周敏',
    mobile: '13700000102',
    jobNumber: 'YK002',
    departments: [2],
    position: '客服主管',
    leads: [2],
    directLeaders: ['hejianguo'],
  },
  {
    userid: 'chenzhiyuan',
    name: '陈志远',
    mobile: '13700000103',
    jobNumber: 'YK003',
    departments: [3],
    position: '工程师',
    directLeaders: ['hejianguo'],
  },
  {
    userid: 'hejianguo',
    name: '何建国',
    mobile: '13700000104',
    jobNumber: 'YK004',
    departments: [1],
    position: '服务总监',
    leads: [1],
  },
]

export const WECHAT_USERS: WechatUser[] = [
  {
    openid: 'oSandbox0WangXiaomei00000001',
    unionid: 'uSandbox0WangXiaomei00000001',
    nickname: '王晓梅',
    phone: '13800001234',
    email: 'wangxiaomei@example.com',
  },
  {
    openid: 'oSandbox0LiQiang0000000000002',
    unionid: 'uSandbox0LiQiang0000000000002',
    nickname: '李强',
    phone: '13900005678',
    email: 'liqiang@example.com',
  },
]
