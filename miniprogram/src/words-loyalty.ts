/** What the app says about coupons and points. */
export const loyaltyWords = {
  title: '我的权益',
  coupons: '优惠券',
  points: '积分',

  couponPage: {
    title: '我的优惠券',
    tabs: { usable: '可使用', used: '已使用', expired: '已过期' },
    offers: '可以领取',
    mine: '我的',
    claim: '领取',
    claiming: '正在领取',
    claimed: '已领取，放在「可使用」里',
    until: (day: string) => `有效期至 ${day}`,
    between: (from: string, until: string) => `${from} 至 ${until}`,
    usedOn: (day: string) => `${day} 使用`,
    later: '未开始',
    soon: '即将到期',
    empty: { usable: '还没有可以使用的券', used: '还没有用过券', expired: '没有过期的券' },
    emptyText: {
      usable: '有活动时，券会出现在这里，下单时可以选用。',
      used: '用过的券会留在这里，随时可以查看。',
      expired: '到期没有用的券会留在这里。',
    },
    more: '上滑或点此加载更多',
    moreFailed: '没有加载出来，点此再试',
    end: '没有更多了',
  },

  pointsPage: {
    title: '我的积分',
    balance: (title: string) => `当前${title}`,
    expiring: (points: number, day: string) => `${points} 分将在 ${day} 到期`,
    pending: (points: number) => `${points} 分待生效`,
    owed: (points: number) => `有 ${points} 分因退款待扣，之后获得的会先抵扣`,
    history: '明细',
    pendingTag: '待生效',
    left: (points: number) => `余 ${points}`,
    empty: '还没有明细',
    emptyText: '反映问题、参与评价等都可能获得积分，每一笔都会记在这里。',
  },

  day: (month: number, day: number) => `${month} 月 ${day} 日`,
  dayOfYear: (year: number, month: number, day: number) => `${year} 年 ${month} 月 ${day} 日`,
}
