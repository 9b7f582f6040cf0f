import type { Change } from '../server/engines/staff/book.ts'
import type { Listed } from '../server/engines/staff/roster.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Dingtalk } from '../server/platforms/dingtalk.ts'
import type { DingtalkPerson } from '../server/platforms/dingtalk-contacts.ts'
import type { DingtalkOrgEvent } from '../server/platforms/dingtalk-event.ts'
import type { Wecom } from '../server/platforms/wecom.ts'
import type { WecomUser } from '../server/platforms/wecom-contacts.ts'
import type { WecomEvent } from '../server/platforms/wecom-event.ts'
import { childText } from '../server/platforms/wx-xml.ts'
import type { Book } from './contacts.ts'

/** What WeCom answers for somebody who is not, or no longer, a member (PLATFORMS.md §1.8). */
const GONE = new Set<number | string>([40003, 60111])

/** WeCom's address book in no platform's terms (PLATFORMS.md §1.5). */
export function wecomBook(wecom: Wecom): Book & Required<Pick<Book, 'departments'>> {
  return {
    platform: 'wecom',
    people: async () => (await wecom.users()).map(fromWecom),
    async person(userId) {
      try {
        return fromWecom(await wecom.user(userId))
      } catch (error) {
        if (error instanceof PlatformError && GONE.has(error.code)) return undefined
        throw error
      }
    },
    async departments() {
      const all = await wecom.departments()
      return all.map(({ id, name, parentId, leaders }) => ({
        id: String(id),
        name,
        ...(parentId > 0 && { parentId: String(parentId) }),
        leaders,
      }))
    },
  }
}

/** DingTalk's. */
export function dingtalkBook(dingtalk: Dingtalk): Book & Required<Pick<Book, 'departments'>> {
  return {
    platform: 'dingtalk',
    people: async () => (await dingtalk.people()).map(fromDingtalk),
    async person(userId) {
      const person = await dingtalk.person(userId)
      // Asked singly DingTalk tells the direct superior, in lists it may not.
      return person && { leaderUserIds: [], ...fromDingtalk(person) }
    },
    async departments() {
      const all = await dingtalk.departments()
      return all.map(({ id, name, parentId, managers }) => ({
        id: String(id),
        name,
        ...(parentId > 0 && { parentId: String(parentId) }),
        leaders: managers,
      }))
    },
  }
}

type ContactEvent = Extract<WecomEvent, { kind: 'change_contact' }>

/** What a change_contact event of WeCom concerns (PLATFORMS.md §2.4; fields by WeCom docs 90970 to 90975). */
export function wecomChange({ changeType, userid, fields }: ContactEvent): Change {
  if (changeType.endsWith('_party')) return { users: [], departments: true }
  if (changeType === 'update_tag') return { users: [] }
  if (!changeType.endsWith('_user') || !userid) return { users: [], all: true }
  const renamed = childText(fields, 'NewUserID')
  return renamed && renamed !== userid
    ? { users: [{ userId: userid }, { userId: renamed, renamedFrom: userid }] }
    : { users: [{ userId: userid }] }
}

/** What an event of DingTalk concerns, or undefined if it is not about the address book (PLATFORMS.md §5.8). */
export function dingtalkChange({ eventType, userIds }: DingtalkOrgEvent): Change | undefined {
  if (eventType.startsWith('org_dept_')) return { users: [], departments: true }
  if (!eventType.startsWith('user_') || !eventType.endsWith('_org')) return undefined
  return userIds.length > 0 ? { users: userIds.map((userId) => ({ userId })) } : { users: [], all: true }
}

function fromWecom(user: WecomUser): Listed {
  const { mainDepartment: main, departments } = user
  // The main department is the one whose leader counts first.
  const inOrder = [...(main !== undefined ? [main] : []), ...departments.filter((id) => id !== main)]
  return {
    userId: user.userid,
    name: user.name,
    position: user.position ?? '',
    departments: [],
    departmentIds: inOrder.map(String),
    leaderUserIds: user.leaders,
    leads: user.leads.length > 0,
    active: user.status === 1 || user.status === 4,
    ...(user.mobile && { mobile: user.mobile }),
    ...(user.jobNumber && { jobNumber: user.jobNumber }),
  }
}

function fromDingtalk(person: DingtalkPerson): Listed {
  return {
    userId: person.userId,
    name: person.name,
    position: person.title ?? '',
    departments: [],
    departmentIds: person.departments.map(String),
    ...(person.managerUserId && { leaderUserIds: [person.managerUserId] }),
    leads: person.leads.length > 0,
    // Whoever has not joined yet cannot be told anything.
    active: person.active,
    ...(person.mobile && { mobile: person.mobile }),
    ...(person.jobNumber && { jobNumber: person.jobNumber }),
    ...(person.unionId && { unionId: person.unionId }),
  }
}
