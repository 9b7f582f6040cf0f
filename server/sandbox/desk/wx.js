import { ask } from './api.js'
import { h } from './dom.js'
import { words } from './words.js'
import { sheetButtons, sheetHead } from './wx-sheets.js'

/**
 * The WeChat client's bridge for the mini-program in the phone: `window.wx` of this page, which the H5 finds as
 * `window.parent.wx`. Callbacks and results have the shape of the real ones.
 */
export function installWx(phone, templates, street) {
  const openid = () => phone.customer.openid

  window.wx = {
    login({ success, fail }) {
      ask('wx/login', { openid: openid() }).then(
        ({ code }) => success?.({ errMsg: 'login:ok', code }),
        () => fail?.({ errMsg: 'login:fail' }),
      )
    },

    async getPhoneNumber({ success, fail }) {
      const allowed = await phone.sheet((close) => phoneSheet(phone.customer, close))
      if (!allowed) return fail?.({ errMsg: 'getPhoneNumber:fail user deny' })
      await ask('wx/phone', { openid: openid() }).then(
        ({ code }) => success?.({ errMsg: 'getPhoneNumber:ok', code }),
        () => fail?.({ errMsg: 'getPhoneNumber:fail' }),
      )
    },

    async requestSubscribeMessage({ tmplIds, success, fail }) {
      const asked = templates.filter(({ id }) => tmplIds.includes(id))
      if (asked.length === 0) return fail?.({ errMsg: 'requestSubscribeMessage:fail invalid template', errCode: 20001 })
      const accepted = (await phone.sheet((close) => subscribeSheet(asked, close))) ?? []
      const rejected = asked.map(({ id }) => id).filter((id) => !accepted.includes(id))
      await ask('wx/subscribe', { openid: openid(), accepted, rejected }).catch(() => {})
      const result = { errMsg: 'requestSubscribeMessage:ok' }
      for (const id of accepted) result[id] = 'accept'
      for (const id of rejected) result[id] = 'reject'
      success?.(result)
    },

    async requestPayment({ timeStamp, nonceStr, package: prepaid, signType, paySign, success, fail }) {
      const sheet = { openid: openid(), timeStamp, nonceStr, package: prepaid, signType, paySign }
      const order = await ask('wx/pay/look', sheet).catch(() => undefined)
      if (!order) return fail?.({ errMsg: 'requestPayment:fail' })
      if (!(await phone.sheet((close) => paySheet(order, close))))
        return fail?.({ errMsg: 'requestPayment:fail cancel' })
      await ask('wx/pay', sheet).then(
        () => success?.({ errMsg: 'requestPayment:ok' }),
        () => fail?.({ errMsg: 'requestPayment:fail' }),
      )
    },

    async openBusinessView({ businessType, extraData, success, fail }) {
      const order = businessType === 'wxpayScoreUse' && (await ask('wx/score/look', extraData).catch(() => undefined))
      if (!order) return fail?.({ errMsg: 'openBusinessView:fail' })
      if (!(await phone.sheet((close) => scoreSheet(order, close))))
        return fail?.({ errMsg: 'openBusinessView:fail cancel' })
      await ask('wx/score', extraData).then(
        () => success?.({ errMsg: 'openBusinessView:ok' }),
        () => fail?.({ errMsg: 'openBusinessView:fail' }),
      )
    },

    // Without a city there is nothing to scan, and nowhere to be.
    ...(street && {
      scanCode: (options) => street.scanCode(options),
      getLocation: (options) => street.getLocation(options),
    }),
  }
}

function phoneSheet({ phone }, close) {
  return [
    ...sheetHead(words.sheet.phoneTitle),
    h(
      'div',
      { class: 'sheet-phone' },
      h('strong', {}, `${phone.slice(0, 3)}****${phone.slice(-4)}`),
      h('small', {}, words.sheet.phoneHint),
    ),
    sheetButtons(
      words.sheet.reject,
      () => close(false),
      words.sheet.allow,
      () => close(true),
    ),
  ]
}

function paySheet({ title, total }, close) {
  return [
    ...sheetHead(title, words.sheet.pays),
    h('p', { class: 'sheet-sum' }, `¥${(total / 100).toFixed(2)}`),
    sheetButtons(
      words.sheet.cancel,
      () => close(false),
      words.sheet.pay,
      () => close(true),
    ),
  ]
}

function scoreSheet({ title, amount }, close) {
  return [
    ...sheetHead(title, words.sheet.score),
    h('p', { class: 'sheet-sum' }, words.sheet.waived((amount / 100).toFixed(2))),
    h('p', { class: 'sheet-note' }, words.sheet.scoreHint),
    sheetButtons(
      words.sheet.cancel,
      () => close(false),
      words.sheet.agree,
      () => close(true),
    ),
  ]
}

function subscribeSheet(templates, close) {
  const ticks = templates.map(({ id, title }) => ({ id, title, box: h('input', { type: 'checkbox', checked: true }) }))
  return [
    ...sheetHead(words.sheet.subscribeTitle),
    h(
      'div',
      { class: 'sheet-ticks' },
      ticks.map(({ title, box }) => h('label', {}, box, h('span', {}, title))),
    ),
    sheetButtons(
      words.sheet.cancel,
      () => close([]),
      words.sheet.confirm,
      () => close(ticks.filter(({ box }) => box.checked).map(({ id }) => id)),
    ),
  ]
}
