import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../server/lib/config.ts'
import { packs } from '../../server/packs.ts'
import { after, before, describe, test } from '../suite.ts'

/** One wrong pack: a small change of the service desk (or another one), and what its author must read. */
interface Wrong {
  name: string
  pack?: string
  file: string
  /** What is replaced by what; an empty text to replace means the end of the file. */
  change: [from: string, to: string]
  /** What else is changed, and is no mistake by itself. */
  also?: [file: string, from: string, to: string]
  /** The beginning of the marked part, as it stands in the changed file. */
  at: string
  says: RegExp
  hint?: RegExp
  warning?: true
}

const PACK = 'pack.yaml'
const FLOW = 'flows/complaint.yaml'
const FORM = 'forms/complaint.yaml'
const TALK = 'forms/complaint_talk.yaml'
const LEAD = 'flows/lead.yaml'
const CONTACT = 'forms/lead_contact.yaml'
const PRICES = 'quotes.yaml'
const FACTS = 'facts.yaml'
const STAGES = 'stages.yaml'
const SEGMENT = 'segments/dormant_60_high_value.yaml'
const RULE = 'rules/dormant_follow_up.yaml'

const WRONG: Wrong[] = [
  // The file itself.
  {
    name: 'a bracket is never closed',
    file: PACK,
    change: ['warn_at: [50 %, 80 %]', 'warn_at: [50 %, 80 %'],
    at: '    levels:',
    says: /缩进不对|少了一个符号/,
  },
  {
    name: 'a tab in place of spaces',
    file: FLOW,
    change: ['    role: front_line', '\trole: front_line'],
    at: '\trole: front_line',
    says: /制表符/,
  },
  {
    name: 'a key stands twice',
    file: FORM,
    change: ['title: 投诉', 'title: 投诉\ntitle: 投诉'],
    at: 'title: 投诉\nintro',
    says: /这一项写了两次/,
  },
  {
    name: 'a text with a colon and without quotes',
    file: FLOW,
    change: ['task: 选择负责的工程师并指派', 'task: 注意: 选择负责的工程师'],
    at: '注意',
    says: /两个冒号/,
  },
  // pack.yaml.
  {
    name: 'a key of the pack is misspelled',
    file: PACK,
    change: ['escalations:', 'escalation:'],
    at: 'escalation:',
    says: /不认识「escalation」/,
    hint: /是不是想写「escalations」/,
  },
  {
    name: 'the brand is missing',
    file: PACK,
    change: ['brand: 迎客服务台\n', ''],
    at: 'pack: service-desk',
    says: /缺少「brand」/,
    hint: /例如：brand: 迎客服务台/,
  },
  {
    name: 'the brand is too long',
    file: PACK,
    change: ['brand: 迎客服务台', 'brand: 迎客服务台有限责任公司客户服务中心'],
    at: '迎客服务台有限',
    says: /「brand」太长，最多 13 个字/,
  },
  {
    name: 'a level climbs to an unknown role',
    file: PACK,
    change: ['to: director, after', 'to: directer, after'],
    at: 'directer',
    says: /没有叫「directer」的角色/,
    hint: /「director」/,
  },
  {
    name: 'customers may be joined by an unknown role',
    file: PACK,
    change: ['', 'customers: { merge: [supervisor, bosses] }\n'],
    at: 'bosses',
    says: /没有叫「bosses」的角色/,
  },
  {
    name: 'an identity that there is not',
    file: PACK,
    change: ['', 'identities: { shoe_size: { limit: 1 } }\n'],
    at: 'shoe_size',
    says: /shoe_size/,
  },
  {
    name: 'a pattern that is none',
    file: PACK,
    change: ['', "identities: { phone: { blocked: ['/(170/'] } }\n"],
    at: "'/(170/'",
    says: /./,
  },
  {
    name: 'the auditor reports to an unknown role',
    file: PACK,
    change: ['report_to: director', 'report_to: boss'],
    at: 'boss',
    says: /没有叫「boss」的角色/,
    hint: /可以写：front_line、supervisor、engineer、director/,
  },
  {
    name: 'the summary goes by an unknown calendar',
    file: PACK,
    change: ['calendar: service', 'calendar: servise'],
    at: 'servise',
    says: /没有叫「servise」的日历/,
    hint: /「service」/,
  },
  {
    name: 'a share without its sign',
    file: PACK,
    change: ['[50 %, 80 %]', "['50', 80 %]"],
    at: "'50'",
    says: /「50」不是百分比/,
    hint: /「50 %」/,
  },
  {
    name: 'a time of day in short',
    file: PACK,
    change: ["from: '22:00'", "from: '8:30'"],
    at: "'8:30'",
    says: /「8:30」不是时刻/,
    hint: /「'08:30'」/,
  },
  {
    name: 'reminders in no order',
    file: PACK,
    change: ['reminders: [5 min, 15 min]', 'reminders: [15 min, 5 min]'],
    at: '[15 min, 5 min]',
    says: /从短到长/,
  },
  {
    name: 'a time zone that does not exist',
    file: PACK,
    change: ['  service:\n    zone: Asia/Shanghai', '  service:\n    zone: Asia/Beijing'],
    at: 'Asia/Beijing',
    says: /「Asia\/Beijing」不是时区/,
  },
  {
    name: 'an unknown holiday calendar',
    file: PACK,
    change: ['holidays: china', 'holidays: China'],
    at: 'China',
    says: /「holidays」不能写「China」/,
    hint: /「china」/,
  },
  // Flows.
  {
    name: 'a step of an unknown role',
    file: FLOW,
    change: ['role: front_line', 'role: frontline'],
    at: 'frontline',
    says: /没有叫「frontline」的角色/,
    hint: /「front_line」/,
  },
  {
    name: 'a flow with an unknown form',
    file: FLOW,
    change: ['form: complaint\n', 'form: complain\n'],
    at: 'complain\ncalendar',
    says: /没有叫「complain」的表单/,
    hint: /「complaint」/,
  },
  {
    name: 'a step with an unknown form',
    file: FLOW,
    change: ['form: complaint_assign', 'form: complaint_asign'],
    at: 'complaint_asign',
    says: /没有叫「complaint_asign」的表单/,
    hint: /「complaint_assign」/,
  },
  {
    name: 'an unknown calendar',
    file: FLOW,
    change: ['calendar: service', 'calendar: services'],
    at: 'services',
    says: /没有叫「services」的日历/,
    hint: /「service」/,
  },
  {
    name: 'an unknown chain',
    file: FLOW,
    change: ['escalation: standard', 'escalation: standart'],
    at: 'standart',
    says: /没有叫「standart」的升级规则/,
    hint: /「standard」/,
  },
  {
    name: 'a limit in Chinese',
    file: FLOW,
    change: ['limit: 4 h', 'limit: 4小时'],
    at: '4小时',
    says: /「4小时」不是时长/,
    hint: /「4 h」/,
  },
  {
    name: 'a limit is misspelled: told once, not as missing too',
    file: FLOW,
    change: ['limit: 4 h', 'limt: 4 h'],
    at: 'limt',
    says: /不认识「limt」/,
    hint: /「limit」/,
  },
  {
    name: 'a step without a task',
    file: FLOW,
    change: ['    task: 选择负责的工程师并指派\n', ''],
    at: 'step: assign',
    says: /缺少「task」/,
    hint: /例如：task: 核实/,
  },
  {
    name: 'a branch to nowhere',
    file: FLOW,
    change: ['- to: resolve', '- to: resolv'],
    at: 'resolv\n',
    says: /没有叫「resolv」的步骤/,
    hint: /「resolve」/,
  },
  {
    name: 'the last branch has a condition',
    file: FLOW,
    change: ['- to: resolve', "- { when: { talk.agreed: 'yes' }, to: resolve }"],
    at: "- { when: { talk.agreed: 'no' }",
    says: /最后一条分支不能带 when/,
  },
  {
    name: 'a step to which nothing leads',
    file: FLOW,
    change: ['next: follow_up', 'next: end'],
    at: 'follow_up\n',
    says: /没有任何步骤通向「follow_up」/,
  },
  {
    name: 'a step stands twice',
    file: FLOW,
    change: ['    next: follow_up\n\n  - step: follow_up', '    next: talk\n\n  - step: talk'],
    at: 'talk\n    title: 回访总结',
    says: /步骤「talk」出现了两次/,
  },
  {
    name: 'a step that nobody can finish',
    file: FLOW,
    change: ['actions: [finish, ask, transfer]', 'actions: [ask, transfer]'],
    at: '[ask, transfer]',
    says: /没有 finish/,
  },
  {
    name: 'an action that does not exist',
    file: FLOW,
    change: ['actions: [finish, ask, transfer]', 'actions: [finish, ask, tranfer]'],
    at: 'tranfer',
    says: /不能写「tranfer」/,
    hint: /「transfer」/,
  },
  {
    name: 'hands by a word that does not exist',
    file: FLOW,
    change: ['assign: pool', 'assign: leastbusy'],
    at: 'leastbusy',
    says: /「assign」的写法不对/,
    hint: /「least_busy」/,
  },
  {
    name: 'hands by the doer of a step that does not exist',
    file: FLOW,
    change: ['assign: { doer: register }', 'assign: { doer: registre }'],
    at: '{ doer: registre }',
    says: /没有叫「registre」的步骤/,
    hint: /「register」/,
  },
  {
    name: 'an unknown word',
    file: FLOW,
    change: ['do: resolve_ticket', 'do: resolve_tickets'],
    at: 'resolve_tickets',
    says: /没有叫「resolve_tickets」的动作/,
    hint: /「resolve_ticket」/,
  },
  {
    name: 'an unknown argument of a word',
    file: FLOW,
    change: ['do: resolve_ticket, tell: result', 'do: resolve_ticket, tel: result'],
    at: 'tel: result',
    says: /不认识「tel」/,
    hint: /「tell」/,
  },
  {
    name: 'an unknown comparison',
    file: FLOW,
    change: ["talk.agreed: 'no'", 'talk.agreed: { $equals: no }'],
    at: 'no }',
    says: /没有「\$equals」这种比较/,
  },
  {
    name: 'a step by a name with capitals',
    file: FLOW,
    change: ['- step: follow_up', '- step: followUp'],
    at: 'followUp',
    says: /只能用小写字母/,
    hint: /「follow_up」/,
  },
  {
    name: 'photos that are private',
    file: FORM,
    change: ['    label: 照片\n', '    label: 照片\n    private: true\n'],
    at: 'true\n    hint: 最多',
    says: /字段「photos」的类型是 photos，不能写 private/,
  },
  {
    name: 'a form of a pack that does not exist',
    file: PACK,
    change: ['calendars:\n', 'uses: { bike-shar: [refund_pay] }\ncalendars:\n'],
    at: '[refund_pay]',
    says: /没有叫「bike-shar」的业务包/,
    hint: /「bike-share」/,
  },
  {
    name: 'a form that another pack does not have',
    file: PACK,
    change: ['calendars:\n', 'uses: { bike-share: [refund_pays] }\ncalendars:\n'],
    at: 'refund_pays',
    says: /没有叫「refund_pays」的表单/,
    hint: /「refund_pay」/,
  },
  {
    name: 'a flow that nobody can open',
    file: FLOW,
    change: ['form: complaint\n', ''],
    at: 'flow: complaint',
    says: /客户发起的流程要写 form（开单表单）；.*opened_by: system/,
  },
  {
    name: 'maintenance by a flow that customers are offered',
    file: 'assets.yaml',
    change: [
      '',
      'kinds:\n  car:\n    title: 车\n    maintenance: [{ name: care, title: 保养, every: 90 d, flow: complaint }]\n',
    ],
    at: 'complaint }',
    says: /流程「complaint」现在也会出现在客户的服务里；/,
  },
  {
    name: 'what is private is told to the customer',
    file: FLOW,
    change: ['{ do: share_with_customer, field: result }', '{ do: share_with_customer, field: account }'],
    also: [
      'forms/complaint_resolve.yaml',
      'fields:',
      'fields:\n  - { name: account, kind: text, label: 账号, private: true }',
    ],
    at: '{ do: share_with_customer',
    says: /字段「account」是私密的，不能用「share_with_customer」告诉客户/,
  },
  {
    name: 'photos as evidence in a field that does not exist',
    file: FLOW,
    change: ['form: complaint_resolve', 'form: complaint_resolve\n    evidence: [photo]'],
    at: 'photo]',
    says: /没有叫「photo」的照片字段/,
    hint: /「photos」/,
  },
  {
    name: 'a flow that is opened again at a step that does not exist',
    file: FLOW,
    change: ['urge_every: 30 min', 'urge_every: 30 min\nreopen_at: registr'],
    at: 'registr\n',
    says: /没有叫「registr」的步骤/,
    hint: /「register」/,
  },
  {
    name: 'a branch that joins what was never parted',
    file: FLOW,
    change: ['next: follow_up', 'next: join'],
    at: 'join\n',
    says: /join 只能用在 parallel 的分支里/,
  },
  {
    name: 'a step that approves without saying how',
    file: FLOW,
    change: ['actions: [finish, ask, transfer]', 'actions: [finish, approve]'],
    at: 'approve]',
    says: /有「approve」的步骤要写 approval/,
  },
  {
    name: 'hands by a dispatch rule that does not exist',
    file: FLOW,
    change: ['assign: pool', 'assign: { dispatch: nearest }'],
    at: 'nearest }',
    says: /没有叫「nearest」的派单规则/,
  },
  {
    name: 'somebody who says that they have arrived, and whom nobody sent',
    file: FLOW,
    change: ['actions: [finish, ask, transfer]', 'actions: [arrive, finish, ask, transfer]'],
    at: 'arrive, finish',
    says: /有「arrive」的步骤要由派单规则派人/,
  },
  {
    name: 'a flow that calls itself',
    file: FLOW,
    change: [
      '    next: follow_up\n',
      '    next: again\n\n  - { step: again, title: 再来, progress: 再来一次, run: complaint, next: follow_up }\n',
    ],
    at: 'complaint, next',
    says: /流程不能调用自己/,
  },
  // Forms.
  {
    name: 'an unknown kind of field',
    file: FORM,
    change: ['kind: longtext', 'kind: long_text'],
    at: 'long_text',
    says: /没有「long_text」这种字段类型/,
    hint: /「longtext」/,
  },
  {
    name: 'a choice without options',
    file: TALK,
    change: ["    options:\n      - { value: 'yes', label: 接受方案 }\n      - { value: 'no', label: 不接受 }\n", ''],
    at: 'name: agreed',
    says: /「agreed」的类型是 select，缺少 options/,
  },
  {
    name: 'a number in place of a text',
    file: TALK,
    change: ["value: 'yes'", 'value: 1'],
    at: '1, label',
    says: /数字请加引号/,
    hint: /「'1'」/,
  },
  {
    name: 'two options with one value',
    file: TALK,
    change: ["value: 'yes'", "value: 'no'"],
    at: "- { value: 'no', label: 接受方案",
    says: /两个选项的 value 相同/,
  },
  {
    name: 'a key that the kind does not know',
    file: TALK,
    change: ['    label: 客户意见', '    label: 客户意见\n    maxLength: 10'],
    at: '10\n',
    says: /类型是 select，不能写 maxLength/,
  },
  {
    name: 'a key of a field is misspelled',
    file: TALK,
    change: ['    hint: 客户怎么说', '    hnit: 客户怎么说'],
    at: 'hnit',
    says: /不认识「hnit」/,
    hint: /「hint」/,
  },
  {
    name: 'a name is used twice',
    file: TALK,
    change: ['name: note', 'name: agreed'],
    at: 'agreed\n    kind: longtext',
    says: /字段名称「agreed」用了两次/,
  },
  {
    name: 'a field is shown by one that stands later',
    file: FORM,
    change: ['    label: 照片', '    label: 照片\n    showWhen: { urgency: urgent }'],
    at: '{ urgency: urgent }',
    says: /「photos」的显示条件用到「urgency」/,
  },
  {
    name: 'a default that is no option',
    file: FORM,
    change: ['default: normal', 'default: usual'],
    at: 'usual',
    says: /「urgency」的默认值不符合/,
  },
  {
    name: 'a pattern that cannot be read',
    file: FORM,
    change: ["'^[0-9A-Za-z-]+$'", "'^[0-9A-Za-z-+$'"],
    at: "'^[0-9A-Za-z-+$'",
    says: /「order」的 pattern 不能使用/,
  },
  // Facts, stages and segments.
  {
    name: 'a fact that nobody makes',
    file: FACTS,
    change: ['    gap: [ticket.opened, interaction.recorded, order.paid]\n', ''],
    at: 'contact_gap_days',
    says: /没有写「contact_gap_days」怎么算出来/,
    hint: /可以写：count、sum、last、first、distinct、gap/,
  },
  {
    name: 'a fact made in two ways',
    file: FACTS,
    change: ['    count: ticket.rated\n', '    count: ticket.rated\n    last: ticket.rated\n'],
    at: 'ticket.rated\n    when',
    says: /一项信息只能有一种算法，前面已经写了 count/,
  },
  {
    name: 'a sum of nothing in particular',
    file: FACTS,
    change: ['    count: ticket.rated', '    sum: ticket.rated'],
    at: 'ticket.rated',
    says: /用 sum 时要写 of/,
  },
  {
    name: 'a window in hours',
    file: FACTS,
    change: ['within: 90 d', 'within: 90 天'],
    at: '90 天\n',
    says: /「90 天」要写成整天数，例如 30 d/,
    hint: /「90 d」/,
  },
  {
    name: 'the name of a fact that follows from others',
    file: FACTS,
    change: ['fact: low_ratings_90', 'fact: rfm'],
    at: 'rfm',
    says: /「rfm」是系统保留的/,
  },
  {
    name: 'a fact of ours that becomes something else',
    file: FACTS,
    change: ['fact: low_ratings_90', 'fact: last_order_at'],
    at: 'last_order_at\n',
    says: /「last_order_at」是系统自带的信息/,
  },
  {
    name: 'a score of a fact that there is not',
    file: FACTS,
    change: ['of: spent_fen', 'of: spend_fen'],
    at: 'spend_fen',
    says: /没有叫「spend_fen」的客户信息/,
    hint: /「spent_fen」/,
  },
  {
    name: 'edges in no order',
    file: FACTS,
    change: ['edges: [2, 4, 8, 16]', 'edges: [2, 8, 4, 16]'],
    at: '[2, 8, 4, 16]',
    says: /从小到大排列/,
  },
  {
    name: 'quantiles of what cannot be measured',
    file: FACTS,
    change: ['of: orders, edges: [2, 4, 8, 16]', 'of: complaints_90, quantiles: 5'],
    at: 'complaints_90, quantiles',
    says: /没有叫「complaints_90」的客户信息/,
    hint: /可以写：orders、spent_fen、rides/,
  },
  {
    name: 'the last stage has a condition',
    file: STAGES,
    change: ['  - stage: registered\n', '  - stage: registered\n    when: { orders: 0 }\n'],
    at: 'registered',
    says: /最后一个阶段不能带 when/,
  },
  {
    name: 'a stage stands twice',
    file: STAGES,
    change: ['stage: won_back', 'stage: at_risk'],
    at: 'at_risk\n    title: 已挽回',
    says: /阶段「at_risk」出现了两次/,
  },
  {
    name: 'a reason for what is no loss',
    file: STAGES,
    change: ['    lost: true\n', ''],
    at: '超过 180 天没有任何互动',
    says: /只有流失的阶段才写 reason/,
  },
  {
    name: 'a segment of a fact that is misspelled',
    file: SEGMENT,
    change: ['last_order_at:', 'last_ordered_at:'],
    at: '{ $before',
    says: /没有叫「last_ordered_at」的客户信息/,
    hint: /「last_order_at」/,
  },
  {
    name: 'a segment of another that there is not',
    file: SEGMENT,
    change: ['segments: high_value', 'segments: high_values'],
    at: 'high_values',
    says: /没有叫「high_values」的人群/,
    hint: /「high_value」/,
  },
  {
    name: 'a number compared with a text',
    file: 'segments/high_value.yaml',
    change: ['$gte: 4', "$gte: '4'"],
    at: "'4'",
    says: /「m_score」是数字，不能和 "4" 比较/,
  },
  {
    name: 'a time word for what is no time',
    file: 'segments/frequent_complaints.yaml',
    change: ['{ $gte: 3 }', '{ $before: 3 d }'],
    at: '3 d',
    says: /「complaints_90」不是时间，不能用 \$before/,
  },
  {
    name: 'a time word with a span in words',
    file: SEGMENT,
    change: ['$before: 60 d', '$before: 60 天'],
    at: '60 天 }',
    says: /「\$before」后面要写按钟表走的时长/,
    hint: /「60 d」/,
  },
  {
    name: 'a day that nobody understands',
    file: 'segments/birthday_soon.yaml',
    change: ['next 7 d', 'next week'],
    at: 'next week',
    says: /要写 today、in 7 d、7 d ago、next 7 d 或 last 7 d/,
  },
  {
    name: 'a pattern, which cannot be searched for',
    file: SEGMENT,
    change: ['when: {', "when: { region: { $regex: '^上海' },"],
    at: '{ region',
    says: /不能用 \$regex，请改用 \$begins/,
  },
  {
    name: 'a segment that asks for itself',
    file: 'segments/high_value.yaml',
    change: ['m_score: { $gte: 4 }', 'segments: high_value'],
    at: '{ segments: high_value',
    says: /「high_value」绕回了自己/,
  },
  {
    name: 'a key of a segment is misspelled',
    file: 'segments/high_value.yaml',
    change: ['tags: [高价值]', 'tag: [高价值]'],
    at: 'tag: [高价值]',
    says: /不认识「tag」/,
    hint: /是不是想写「tags」/,
  },

  // What can be used and deserves a second look.
  {
    name: 'a role that nobody can hold',
    file: PACK,
    change: ['- position: [工程师, engineer]', '- { position: [工程师], except: { position: [工程] } }'],
    at: '- { position: [工程师]',
    says: /没有人能担任「责任工程师」/,
    warning: true,
  },
  {
    name: 'a limit longer than the promise that customers read',
    file: FLOW,
    change: ['limit: 10 min', 'limit: 20 min'],
    at: '20 min',
    says: /「登记核实」的时限比对客户的承诺（10 分钟有人受理）长/,
    warning: true,
  },
  {
    name: 'a task longer than a card shows',
    file: FLOW,
    change: ['task: 核实客户反映的情况，选好归类，完成登记', `task: ${'核实客户反映的情况'.repeat(9)}`],
    at: '核实客户反映的情况核实',
    says: /有 81 个字，企业微信卡片只显示 74 个字/,
    warning: true,
  },
  {
    name: 'an option longer than a drop-down shows',
    file: TALK,
    change: ['label: 接受方案', 'label: 完全接受我们提出的方案'],
    at: '完全接受',
    says: /有 11 个字，企业微信卡片只显示 10 个字/,
    warning: true,
  },
  {
    name: 'a branch by an option that does not exist',
    file: FLOW,
    change: ["talk.agreed: 'no'", 'talk.agreed: never'],
    at: 'never',
    says: /没有「never」这个选项（有 yes, no），这条分支永远走不到/,
    warning: true,
  },
  // Rules.
  {
    name: 'a rule says a word that nobody knows',
    file: RULE,
    change: ['  - do: follow_up\n', '  - do: folow_up\n'],
    at: 'folow_up',
    says: /没有叫「folow_up」的动作/,
    hint: /「follow_up」/,
  },
  {
    name: 'an argument of a word is misspelled',
    file: RULE,
    change: ['    points:', '    point:'],
    at: 'point:',
    says: /不认识「point」/,
    hint: /「points」/,
  },
  {
    name: 'a word is said to a role that does not exist',
    file: RULE,
    change: ['to: { role: supervisor }', 'to: { role: superviser }'],
    at: 'superviser',
    says: /没有叫「superviser」的角色/,
    hint: /「supervisor」/,
  },
  {
    name: 'a condition asks for facts that nobody tells',
    file: RULE,
    change: ['if: { customer.has_phone: true }', 'if: { custommer.has_phone: true }'],
    at: '{ custommer',
    says: /没有叫「custommer」的资料/,
    hint: /「customer」/,
  },
  {
    name: 'a date of which nobody tells',
    pack: 'car-rental',
    file: 'rules/licence_expires.yaml',
    change: ['on: { date: customer.licence', 'on: { date: client.licence'],
    at: 'client.licence',
    says: /没有叫「client」的资料/,
    hint: /customer/,
  },
  {
    name: 'an offset that is none',
    pack: 'car-rental',
    file: 'rules/licence_expires.yaml',
    change: ['offset: -30 d', 'offset: -30 days'],
    at: '-30 days',
    says: /「-30 days」不是前后多久/,
  },
  {
    name: 'a span by which no clock goes',
    file: RULE,
    change: ['re_entry: { after: 30 d }', 're_entry: { after: 30 workday }'],
    at: '30 workday',
    says: /要写成按钟表走的时长/,
  },
  {
    name: 'a wait whose span nobody understands',
    file: RULE,
    change: ['- wait: 1 workday', '- wait: 一天'],
    at: '一天',
    says: /「一天」不是时长/,
  },
  {
    name: 'an event name without a dot',
    file: RULE,
    change: ['- event: ticket.opened', '- event: opened'],
    at: 'opened',
    says: /「opened」不是事件名称/,
  },
  {
    name: 'a text with a place that is never closed',
    file: RULE,
    change: ["'{{run.answers.call.by}}记录", "'{{run.answers.call.by}记录"],
    at: "'{{run.answers.call.by}记录",
    says: /文字里的占位写法有误/,
  },
  {
    name: 'a text that calls a helper that is not there',
    file: RULE,
    change: ["'{{run.answers.call.by}}记录", "'{{shout event.by}}记录"],
    at: "'{{shout event.by}}记录",
    says: /文字里的占位写法有误：there is no helper "shout"/,
  },
  {
    name: 'steps behind the end',
    file: RULE,
    change: ['          - wait: 1 workday\n', '          - end\n          - wait: 1 workday\n'],
    at: 'end\n          - wait',
    says: /end 后面的步骤永远不会做/,
  },
  {
    name: 'shares that do not come to a hundred',
    file: RULE,
    change: ['steps:\n', 'steps:\n  - split: [{ name: a, share: 20 % }, { name: b, share: 70 % }]\n'],
    at: '[{ name: a',
    says: /share 加起来要正好 100 %/,
  },
  {
    name: 'a reason to stop that is two',
    file: RULE,
    change: ['  - event: ticket.opened\n', '  - { event: ticket.opened, if: { customer.tier: gold } }\n'],
    at: '{ event: ticket.opened, if',
    says: /每条停止条件写 event 或 if/,
  },
  {
    name: 'a weekly schedule without a weekday',
    file: RULE,
    change: ['on: { segment: dormant_30 }', "on: { every: week, at: '09:30' }"],
    at: '{ every: week',
    says: /每周触发要写明星期/,
  },
  {
    name: 'an unknown calendar of a rule',
    file: RULE,
    change: ['steps:\n', 'calendar: servise\nsteps:\n'],
    at: 'servise',
    says: /没有叫「servise」的日历/,
    hint: /「service」/,
  },
  {
    name: 'an event of which nobody has heard',
    file: RULE,
    change: ['- event: ticket.opened', '- event: ticket.openned'],
    at: '- event: ticket.openned',
    says: /没有听说过事件「ticket.openned」/,
    warning: true,
  },
]

/** Mistakes in what the pack of sales says: waits for a day, words of leads and quotes, the price list. */
const SALES: Omit<Wrong, 'pack'>[] = [
  {
    name: 'a wait for a day that no answer names',
    file: LEAD,
    change: ['answer: [contact.next_at, track.next_at]', 'answer: [contact.next, track.next_at]'],
    at: 'contact.next,',
    says: /没有叫「contact.next」的日期字段/,
    hint: /「contact.next_at」/,
  },
  {
    name: 'a wait for a day that says nothing for when nobody names one',
    file: LEAD,
    change: [', else: 3 d }', ' }'],
    at: '{ answer: [contact.next_at, track.next_at] }',
    says: /缺少「else」/,
    hint: /例如：else: 3 d/,
  },
  {
    name: 'a wait for an event by a name that cannot be',
    file: LEAD,
    change: ['for: [ticket.remarked, ticket.urged]', 'for: [客户补充]'],
    at: '客户补充',
    says: /「客户补充」不是事件名称/,
  },
  {
    name: 'hands by the last doer of a step that does not exist',
    file: LEAD,
    change: ['doer: [contact, track]', 'doer: [contact, trak]'],
    at: '{ dispatch: sales, doer',
    says: /没有叫「trak」的步骤/,
    hint: /「track」/,
  },
  {
    name: 'requests that join by a field that the form does not have',
    file: LEAD,
    change: ['join_by: phone', 'join_by: mobile'],
    at: 'mobile',
    says: /没有叫「mobile」的必填字段/,
    hint: /可以写：company、name、phone/,
  },
  {
    name: 'a lead that is taken back where nobody knows who is next',
    file: LEAD,
    change: ['assign: { dispatch: sales }', 'assign: pool'],
    at: '2 h }',
    says: /take_back 要收回给下一位/,
  },
  {
    name: 'a talk that is logged before it took place',
    file: LEAD,
    change: ['- { do: hold_lead, take_back: 2 h }', '- { do: log_contact }'],
    at: 'log_contact }',
    says: /「log_contact」要写在 finish 里/,
  },
  {
    name: 'a lead that is held when the step is over',
    file: LEAD,
    change: ['- { do: log_contact, missed: [missed] }', '- { do: hold_lead }'],
    at: 'hold_lead }',
    says: /「hold_lead」要写在 entry 或 accept 里/,
  },
  {
    name: 'a lead that is closed in no way we know',
    file: LEAD,
    change: ['as: won, amount: amount', 'as: win, amount: amount'],
    at: 'win, amount',
    says: /「as」不能写「win」/,
    hint: /「won」/,
  },
  {
    name: 'a reason in a field that does not exist',
    file: LEAD,
    change: ['as: lost, reason: reason', 'as: lost, reason: reasn'],
    at: 'reasn }',
    says: /没有叫「reasn」的字段/,
    hint: /「reason」/,
  },
  {
    name: 'a quote of a field in which nothing is chosen',
    file: LEAD,
    change: ['- { do: draft_quote, when', '- { do: draft_quote, items: note, when'],
    at: 'note, when',
    says: /没有叫「note」的选价目的字段/,
    hint: /可以写：items/,
  },
  {
    name: 'an offer that stands nowhere',
    file: CONTACT,
    change: ['wish: { item: form.plan,', 'wish: { item: form.plann,'],
    at: 'form.plann,',
    says: /没有叫「form.plann」的回答/,
    hint: /「form.plan」/,
  },
  {
    name: 'a day that nobody understands',
    file: CONTACT,
    change: ['suggest: [明天上午,', 'suggest: [改天,'],
    at: '[改天',
    says: /「改天」听不懂是哪一天/,
  },
  {
    name: 'a choice from a price list that does not exist',
    file: CONTACT,
    change: ['list: b2b', 'list: b2c'],
    at: 'b2c',
    says: /没有叫「b2c」的价目表/,
    hint: /「b2b」/,
  },
  {
    name: 'items for customers to choose',
    file: 'forms/lead.yaml',
    change: [
      '  - name: description\n    kind: longtext\n    label: 需求说明\n    maxLength: 300',
      '  - name: cart\n    kind: items\n    list: b2b\n    label: 购物车',
    ],
    at: 'items\n    list',
    says: /客户填写的表单里不能有选价目的字段/,
  },
  {
    name: 'skills by an answer that does not exist',
    file: 'dispatch/sales.yaml',
    change: ['skill_from: [form.region, form.industry]', 'skill_from: [form.region, form.branch]'],
    at: 'form.branch',
    says: /没有叫「form.branch」的回答/,
  },
  {
    name: 'a number of leads that is none',
    file: 'dispatch/sales.yaml',
    change: ['per_day: 20', 'per_day: 0'],
    at: '0, in_stock',
    says: /「per_day」太少/,
  },
  {
    name: 'two things for sale by one name',
    file: PRICES,
    change: ['item: pro,', 'item: standard,'],
    at: 'standard, name: 专业版',
    says: /价目「standard」出现了两次/,
  },
  {
    name: 'more for who sells alone than for anybody',
    file: PRICES,
    change: ['discount: { free: 5 %, most: 30 % }', 'discount: { free: 50 %, most: 30 % }'],
    at: '50 %, most',
    says: /free（自己能让的折扣）不能大于 most/,
  },
  {
    name: 'a price in yuan',
    file: PRICES,
    change: ['price: 120000', 'price: 1200.50'],
    at: '1200.50',
    says: /「price」的写法不对：这里应是数字|「price」的写法不对：这里应是整数/,
  },
  {
    name: 'a discount without its sign',
    file: PRICES,
    change: ['most: 40 %', 'most: 40折'],
    at: '40折',
    says: /「40折」不是百分比/,
  },
  {
    name: 'a key of the price list is misspelled',
    file: PRICES,
    change: ['valid_for: 15 d', 'valid: 15 d'],
    at: 'valid:',
    says: /不认识「valid」/,
    hint: /「valid_for」/,
  },
]

/** Automations: what a rule names must be there, and what it gives as well. */
const AUTOMATIONS: Wrong[] = [
  {
    name: 'a rule that gives a coupon that there is not',
    pack: 'mall',
    file: 'rules/cart.yaml',
    change: ['coupon: cart_more', 'coupon: cart_mor'],
    at: 'cart_mor, optional',
    says: /没有叫「cart_mor」的优惠券/,
    hint: /「cart_more」/,
  },
  {
    name: 'a coupon under another name than its rule says',
    pack: 'bike-share',
    file: 'rules/near_zone.yaml',
    change: ['coupon: near_zone', 'coupon: far_zone'],
    at: 'far_zone',
    says: /没有叫「far_zone」的优惠券/,
    hint: /「near_zone」/,
  },
  {
    name: 'a coupon with a key that it does not know',
    pack: 'mall',
    file: 'coupons/cart.yaml',
    change: ['stock: 5000', 'stok: 5000'],
    at: 'stok',
    says: /不认识「stok」/,
    hint: /「stock」/,
  },
  {
    name: 'points that end after so long a time as nobody understands',
    pack: 'mall',
    file: 'loyalty.yaml',
    change: ['after: 365 d', 'after: 365 天'],
    at: '365 天',
    says: /「365 天」不是时长/,
    hint: /「365 d」/,
  },
  {
    name: 'a segment that there is not sets a rule going',
    pack: 'mall',
    file: 'rules/newcomer.yaml',
    change: ['segment: registered_no_order_7', 'segment: registered_no_orders'],
    at: 'registered_no_orders',
    says: /没有叫「registered_no_orders」的人群/,
    hint: /「registered_no_order_7」/,
  },
  {
    name: 'a stage that there is not',
    pack: 'bike-share',
    file: 'rules/no_ride.yaml',
    change: ['stage: lost', 'stage: gone'],
    at: 'gone, reason',
    says: /没有叫「gone」的客户阶段/,
  },
  {
    name: 'a zone that there is not',
    pack: 'bike-share',
    file: 'rules/near_zone.yaml',
    change: ['zone: 静安,', 'zone: 静安区,'],
    at: '静安区, within',
    says: /没有叫「静安区」的区域/,
    hint: /「静安」/,
  },
  {
    name: 'a distance without its unit',
    pack: 'bike-share',
    file: 'rules/near_zone.yaml',
    change: ['within: 300 m', 'within: 300 米'],
    at: '300 米 }',
    says: /「300 米」不是距离。距离写作 300 m 或 1\.5 km/,
  },
  {
    name: 'a talking point about what nobody knows',
    pack: 'car-rental',
    file: 'talks.yaml',
    change: ['{ last_model: {', '{ last_modell: {'],
    at: "{ $exists: true } }, say: '上次",
    says: /没有叫「last_modell」的客户信息/,
    hint: /「last_model」/,
  },
  {
    name: 'a talking point with a text that does not end',
    pack: 'car-rental',
    file: 'talks.yaml',
    change: ['{{last_model}}', '{{last_model'],
    at: "'上次租的是",
    says: /占位写法有误/,
  },
]

const RENTALS: Wrong[] = [
  {
    name: 'a limit that ends at a time which nobody names',
    pack: 'car-rental',
    file: 'flows/rental.yaml',
    change: ['before: form.from', 'before: form.form'],
    at: 'form.form',
    says: /没有叫「form.form」的日期字段/,
    hint: /「form.from」/,
  },
  {
    name: 'a fee between stores that there are not',
    pack: 'car-rental',
    file: 'rental.yaml',
    change: ['between: [hongqiao, people_square]', 'between: [hongqiao, people_squre]'],
    at: 'people_squre]',
    says: /没有叫「people_squre」的门店/,
    hint: /「people_square」/,
  },
  {
    name: 'steps of a refund in the wrong order',
    pack: 'car-rental',
    file: 'rental.yaml',
    change: ['- { before: 4 h, refund', '- { before: 48 h, refund'],
    at: '48 h, refund',
    says: /「before」要从长到短排列/,
  },
  {
    name: 'a reduction that is no share',
    pack: 'car-rental',
    file: 'rental.yaml',
    change: ['gold: 5 %', 'gold: 九五折'],
    at: '九五折',
    says: /「九五折」不是百分比/,
  },
  {
    name: 'a service with a resource that there is not',
    pack: 'mall',
    file: 'appointments.yaml',
    change: ['resources: [care_bar]', 'resources: [care_baar]'],
    at: 'care_baar]',
    says: /没有叫「care_baar」的资源/,
    hint: /「care_bar」/,
  },
  {
    name: 'a time between appointments that is not cut into five minutes',
    pack: 'mall',
    file: 'appointments.yaml',
    change: ['buffer: 10 min', 'buffer: 7 min'],
    at: '7 min',
    says: /「7 min」要是 5 分钟的倍数/,
  },
]

const RIDES: Wrong[] = [
  {
    name: 'a part of a price that ends before it starts',
    pack: 'bike-share',
    file: 'rides.yaml',
    change: ['start: 30, interval: 15, rate: 100', 'start: 30, end: 20, interval: 15, rate: 100'],
    at: '20, interval',
    says: /「end」比开始还早/,
  },
  {
    name: 'a case for open locks with a form that there is not',
    pack: 'bike-share',
    file: 'rides.yaml',
    change: ['form: fault', 'form: faullt'],
    at: 'faullt',
    says: /没有叫「faullt」的表单/,
    hint: /「fault」/,
  },
  {
    name: 'an appeal whose form has no such field',
    pack: 'bike-share',
    file: 'rides.yaml',
    change: ['amount: amount', 'amount: amounts'],
    at: 'amounts',
    says: /没有叫「amounts」的字段/,
    hint: /「amount」/,
  },
]

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  await cp(join(ROOT, 'templates'), folder, { recursive: true })
})
after(() => rm(folder, { recursive: true, force: true }))

async function check(...names: string[]): Promise<{ code: number; told: string }> {
  const lines: string[] = []
  const code = await packs(['check', ...names], {
    templates: folder,
    pictures: folder,
    ask: async () => undefined,
    say: (line) => lines.push(line),
  })
  return { code, told: lines.join('\n') }
}

/** The line and column at which a part of a text begins, as editors count. */
function placeOf(text: string, part: string): string {
  const at = text.indexOf(part)
  assert.ok(at >= 0, `"${part}" does not stand in the changed file`)
  const lines = text.slice(0, at).split('\n')
  const skipped = /^ */.exec(part)?.[0].length ?? 0
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + skipped + 1}`
}

test('good packs pass without a word', async () => {
  const { code, told } = await check()
  assert.equal(code, 0, told)
  assert.match(told, /^\d+ 个业务包检查通过：.*service-desk/)
  assert.equal(told.split('\n').length, 1, told)
})

test('a pack that does not exist is named, with those that do', async () => {
  const { code, told } = await check('service-disk')
  assert.equal(code, 2)
  assert.match(told, /没有叫「service-disk」的业务包，有：.*service-desk/)
})

describe('each mistake is told once, with file, line, column, the line itself, the reason and what to do', () => {
  const sets = [...WRONG, ...SALES.map((one) => ({ ...one, pack: 'b2b' })), ...AUTOMATIONS, ...RENTALS, ...RIDES]
  for (const wrong of sets) {
    test(wrong.name, async () => {
      const { pack = 'service-desk' } = wrong
      const path = join(folder, 'packs', pack, wrong.file)
      const good = await readFile(path, 'utf8').catch(() => '')
      const [from, to] = wrong.change
      assert.ok(good.includes(from), `"${from}" does not stand in ${wrong.file}`)
      const bad = good.replace(from, () => to)
      const [other = FORM, part = '', instead = ''] = wrong.also ?? []
      const aside = join(folder, 'packs/service-desk', other)
      const before = await readFile(aside, 'utf8')
      await writeFile(
        aside,
        before.replace(part, () => instead),
      )
      await writeFile(path, bad)
      try {
        const { code, told } = await check(pack)
        const place = placeOf(bad, wrong.at)
        const [line = ''] = place.split(':')
        assert.equal(code, wrong.warning ? 0 : 1, told)
        assert.match(told, wrong.warning ? /0 处错误，1 处提醒。/ : /1 处错误，0 处提醒。/, told)
        assert.ok(told.includes(`${pack}/${wrong.file}:${place}\n`), `${place} expected:\n${told}`)
        assert.ok(told.includes(`    ${line} | ${bad.split('\n')[Number(line) - 1]}\n`), told)
        assert.match(told, wrong.says)
        if (wrong.hint) assert.match(told, wrong.hint)
      } finally {
        await writeFile(aside, before)
        if (good === '') await rm(path)
        else await writeFile(path, good)
      }
    })
  }
})
