import assert from 'node:assert/strict'
import { XMLParser } from 'fast-xml-parser'
import { type WecomCallback, wecomCallback } from '../../server/platforms/wecom-callback.ts'
import type { CardUpdate } from '../../server/platforms/wecom-card.ts'
import { wecomDedupKey, wecomEvent } from '../../server/platforms/wecom-event.ts'
import { CallbackRefused, type RefusalReason, wxCrypto } from '../../server/platforms/wx-crypto.ts'
import { test } from '../suite.ts'

const NOW = 1_700_000_000_000
const config = {
  corpId: 'ww5823bf96d3bd56',
  token: 'QDG6eK',
  encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  maxAgeS: 300,
}
const platform = wxCrypto({ ...config, receiveId: config.corpId })
const door: WecomCallback = wecomCallback(config, () => NOW)

/** A push as the platform makes it. */
function push(xml: string, timestamp = String(NOW / 1000), sealer = platform) {
  const sealed = sealer.seal(xml)
  return {
    query: { msg_signature: sealer.sign(timestamp, 'n1', sealed), timestamp, nonce: 'n1' },
    body: `<xml><ToUserName><![CDATA[${config.corpId}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`,
  }
}

function received(xml: string) {
  const { query, body } = push(xml)
  return door.open(query, body)
}

const common = `<ToUserName><![CDATA[${config.corpId}]]></ToUserName><FromUserName><![CDATA[lihua]]></FromUserName><CreateTime>1700000000</CreateTime><AgentID>1000002</AgentID>`
const message = (type: string, fields: string) =>
  `<xml>${common}<MsgType><![CDATA[${type}]]></MsgType>${fields}<MsgId>7301234567890123456</MsgId></xml>`
const event = (name: string, fields = '') =>
  `<xml>${common}<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${name}]]></Event>${fields}</xml>`

const item = (question: string, ...options: string[]) =>
  `<SelectedItem><QuestionKey><![CDATA[${question}]]></QuestionKey><OptionIds>${options
    .map((option) => `<OptionId><![CDATA[${option}]]></OptionId>`)
    .join('')}</OptionIds></SelectedItem>`

const pressed = (fields = '') =>
  event(
    'template_card_event',
    `<EventKey><![CDATA[assign]]></EventKey><TaskId><![CDATA[step_007]]></TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[rc-2]]></ResponseCode>${fields}`,
  )

const head = { from: 'lihua', to: config.corpId, agentId: '1000002', createdAt: NOW }
const press = { ...head, eventKey: 'assign', taskId: 'step_007', cardType: 'button_interaction', responseCode: 'rc-2' }

function refused(reason: RefusalReason, status: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CallbackRefused, String(error))
    assert.deepEqual([error.reason, error.status], [reason, status])
    return true
  }
}

test('messages are read with their ids and texts as they were typed', () => {
  const msgId = '7301234567890123456'
  const typed = ' 007 <b>&amp; <!DOCTYPE html>\n '
  const text = { ...head, kind: 'text', msgId, content: typed }
  assert.deepEqual(received(message('text', `<Content><![CDATA[${typed}]]></Content>`)), text)
  assert.deepEqual(received(message('text', '<Content> 1 &lt; 2 &amp;&amp; 3 </Content>')), {
    ...text,
    content: ' 1 < 2 && 3 ',
  })
  const image = '<PicUrl><![CDATA[https://p.example.com/a?b=1&c=2]]></PicUrl><MediaId><![CDATA[media-1]]></MediaId>'
  assert.deepEqual(received(message('image', image)), {
    ...head,
    kind: 'image',
    msgId,
    mediaId: 'media-1',
    picUrl: 'https://p.example.com/a?b=1&c=2',
  })
  assert.deepEqual(received(message('voice', '<MediaId>m</MediaId><Format>amr</Format>')), {
    ...head,
    kind: 'voice',
    msgId,
    mediaId: 'm',
    format: 'amr',
  })
  const place = '<Location_X>23.134</Location_X><Location_Y>113.358</Location_Y><Scale>15</Scale><Label>广州</Label>'
  assert.deepEqual(received(message('location', place)), {
    ...head,
    kind: 'location',
    msgId,
    latitude: 23.134,
    longitude: 113.358,
    label: '广州',
  })
  const link = received(message('link', '<Url>u</Url>'))
  assert.ok(link.kind === 'other_message' && link.msgType === 'link' && link.fields.Url === 'u')
})

test('a press carries its selections as lists, however many there are', () => {
  assert.deepEqual(received(pressed()), { ...press, kind: 'template_card_event', selected: {} })
  assert.deepEqual(received(pressed('<SelectedItems></SelectedItems>')), {
    ...press,
    kind: 'template_card_event',
    selected: {},
  })
  const one = received(pressed(`<SelectedItems>${item('to', 'wangwu')}</SelectedItems>`))
  assert.deepEqual(one, { ...press, kind: 'template_card_event', selected: { to: ['wangwu'] } })
  const many = received(pressed(`<SelectedItems>\n ${item('to', '007', '1e3')}\n ${item('why')} </SelectedItems>`))
  assert.deepEqual(many, { ...press, kind: 'template_card_event', selected: { to: ['007', '1e3'], why: [] } })
  const menu = pressed().replace('template_card_event', 'template_card_menu_event')
  assert.deepEqual(received(menu), { ...press, kind: 'template_card_menu_event' })
})

test('other events keep what they carry', () => {
  assert.deepEqual(received(event('enter_agent', '<EventKey></EventKey>')), { ...head, kind: 'enter_agent' })
  assert.deepEqual(received(event('click', '<EventKey>todo</EventKey>')), { ...head, kind: 'click', eventKey: 'todo' })
  const change = received(event('change_contact', '<ChangeType>delete_user</ChangeType><UserID>wangwu</UserID>'))
  assert.ok(change.kind === 'change_contact')
  assert.deepEqual([change.changeType, change.userid], ['delete_user', 'wangwu'])
  const other = received(event('LOCATION', '<Latitude>23.1</Latitude>'))
  assert.ok(other.kind === 'other_event' && other.event === 'LOCATION' && other.fields.Latitude === '23.1')
  assert.equal(received(event('constructor')).kind, 'other_event')
  assert.equal(received(message('toString', '')).kind, 'other_message')
})

test('a repeat has the same key, everything else another', () => {
  const keys = [
    message('text', '<Content>a</Content>'),
    message('text', '<Content>a</Content>').replace('7301234567890123456', '7301234567890123457'),
    pressed(),
    pressed().replace('step_007', 'step_7'),
    pressed().replace('[assign]', '[accept]'),
    pressed().replace('1700000000', '1700000001'),
    pressed().replace('lihua', 'wangwu'),
    event('enter_agent'),
    event('click', '<EventKey>a</EventKey>'),
    event('change_contact', '<ChangeType>delete_user</ChangeType><UserID>a</UserID>'),
    event('change_contact', '<ChangeType>delete_user</ChangeType><UserID>b</UserID>'),
    event('change_contact', '<ChangeType>delete_party</ChangeType><Id>2</Id>'),
    event('click', `<EventKey>${'k'.repeat(1024)}</EventKey>`),
  ].map((xml) => {
    assert.equal(door.dedupKey(received(xml)), door.dedupKey(received(xml)))
    return wecomDedupKey(wecomEvent(xml))
  })
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(keys.every((key) => key.length <= 50))
})

test('a push that was tampered with, replayed or meant for another is refused', () => {
  const { query, body } = push(pressed())
  door.open(query, body)
  assert.throws(() => door.open({ ...query, msg_signature: 'a'.repeat(40) }, body), refused('signature', 401))
  assert.throws(() => door.open({ ...query, timestamp: '1700000001' }, body), refused('signature', 401))
  assert.throws(() => door.open({ ...query, msg_signature: [query.msg_signature] }, body), refused('signature', 401))
  assert.throws(() => door.open({}, body), refused('signature', 401))
  const swapped = push(pressed().replace('assign', 'accept')).body
  assert.throws(() => door.open(query, swapped), refused('signature', 401))
  for (const timestamp of ['1699999699', '1700000301']) {
    const replayed = push(pressed(), timestamp)
    assert.throws(() => door.open(replayed.query, replayed.body), refused('stale', 401))
    wecomCallback({ ...config, maxAgeS: 0 }, () => NOW).open(replayed.query, replayed.body)
  }
  const foreign = push(pressed(), undefined, wxCrypto({ ...config, receiveId: 'ww0000000000000000' }))
  assert.throws(() => door.open(foreign.query, foreign.body), refused('receiveid', 403))
})

test('bombs, oversize and what is not our XML are refused', () => {
  const { query, body } = push(pressed())
  const entities = '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
  const outer = (text: string) => () => door.open(query, text)
  assert.throws(outer(entities + body), refused('xml', 400))
  assert.throws(outer('<xml><Encrypt>&b;</Encrypt></xml>'), refused('xml', 400))
  for (const text of ['', '{}', '<xml></xml>', '<xml><Encrypt></Encrypt></xml>', '<xml><Encrypt><![CDATA[']) {
    assert.throws(outer(text), refused('xml', 400))
  }
  assert.throws(outer(`${body}${' '.repeat(256 * 1024)}`), refused('size', 413))

  const inner = (text: string) => () => received(text)
  assert.throws(inner(entities + pressed()), refused('xml', 400))
  assert.throws(inner(pressed().replace('<xml>', `<xml>${entities}`)), refused('xml', 400))
  assert.throws(inner(`<xml><![CDATA[<!DOCTYPE${'<![CDATA['.repeat(10)}`), refused('xml', 400))
  assert.throws(inner(pressed('<a>'.repeat(5000))), refused('xml', 400))
  for (const text of ['', 'hello', '<other></other>', '<xml></xml>', '<xml>words</xml>']) {
    assert.throws(inner(text), refused('xml', 400))
  }
  assert.throws(inner('<xml><a></xml>'), refused('content', 400))
  assert.throws(inner(pressed().replace('<CreateTime>1700000000</CreateTime>', '')), refused('content', 400))
  assert.throws(inner(pressed().replace(/<FromUserName>.*?<\/FromUserName>/, '')), refused('content', 400))
  const twice = pressed('<FromUserName>boss</FromUserName>')
  assert.throws(inner(twice), refused('content', 400), 'two senders are none')
  assert.throws(inner(pressed('<__proto__><from>boss</from></__proto__>')), refused('xml', 400))
  assert.equal(({} as { from?: string }).from, undefined)
})

test('a passive reply is an envelope that the platform can open', () => {
  const opened = (reply: Parameters<WecomCallback['reply']>[0]) => {
    const envelope = new XMLParser({ parseTagValue: false }).parse(door.reply(reply, 'n9')).xml
    assert.deepEqual(Object.keys(envelope), ['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce'])
    assert.deepEqual([envelope.TimeStamp, envelope.Nonce], ['1700000000', 'n9'])
    platform.verify(envelope.MsgSignature, envelope.TimeStamp, envelope.Nonce, envelope.Encrypt)
    return platform.open(envelope.Encrypt)
  }
  const inner = (type: string, content: string) =>
    `<xml><ToUserName><![CDATA[lihua]]></ToUserName><FromUserName><![CDATA[${config.corpId}]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[${type}]]></MsgType>${content}</xml>`
  assert.equal(
    opened({ to: 'lihua', msgtype: 'update_button', replaceName: '已受理' }),
    inner('update_button', '<Button><ReplaceName><![CDATA[已受理]]></ReplaceName></Button>'),
  )
  const text = opened({ to: 'lihua', msgtype: 'text', content: 'a ]]> b & <c>\u0000' })
  assert.equal(new XMLParser().parse(text).xml.Content, 'a ]]> b & <c>')
  assert.doesNotMatch(door.reply({ to: 'a', msgtype: 'text', content: '' }), /<Nonce><!\[CDATA\[\]\]>/)
})

test('a card becomes PascalCase XML with repeated elements', () => {
  const buttons: CardUpdate = {
    card_type: 'button_interaction',
    source: { icon_url: 'https://a.example.com/i.png', desc: '客服', desc_color: 2 },
    action_menu: {
      desc: '更多',
      action_list: [
        { text: '静音', key: 'mute' },
        { text: '详情', key: 'detail' },
      ],
    },
    main_title: { title: '已受理', desc: '李华' },
    quote_area: { type: 1, url: 'https://a.example.com', title: '备注', quote_text: '请尽快' },
    sub_title_text: '还剩 2 小时',
    horizontal_content_list: [
      { keyname: '客户', value: '张**' },
      { type: 3, keyname: '处理人', value: '李华', userid: 'lihua' },
    ],
    card_action: { type: 2, appid: 'wx1', pagepath: 'pages/a' },
    button_selection: {
      question_key: 'to',
      title: '指派',
      option_list: [{ id: '2', text: '王五' }],
      selected_id: '2',
      disable: true,
    },
    button_list: [{ text: '受理', style: 1, key: 'accept' }],
    task_id: 'step_1',
    replace_text: '已受理',
  }
  const texts = (names: Record<string, string | number | boolean>) =>
    Object.entries(names)
      .map(([tag, value]) => `<${tag}>${typeof value === 'string' ? `<![CDATA[${value}]]>` : value}</${tag}>`)
      .join('')
  const wrap = (tag: string, content: string) => `<${tag}>${content}</${tag}>`
  const expected = [
    texts({ CardType: 'button_interaction' }),
    wrap('Source', texts({ IconUrl: 'https://a.example.com/i.png', Desc: '客服', DescColor: 2 })),
    wrap(
      'ActionMenu',
      texts({ Desc: '更多' }) +
        wrap('ActionList', texts({ Text: '静音', Key: 'mute' })) +
        wrap('ActionList', texts({ Text: '详情', Key: 'detail' })),
    ),
    wrap('MainTitle', texts({ Title: '已受理', Desc: '李华' })),
    wrap('QuoteArea', texts({ Type: 1, Url: 'https://a.example.com', Title: '备注', QuoteText: '请尽快' })),
    texts({ SubTitleText: '还剩 2 小时' }),
    wrap('HorizontalContentList', texts({ KeyName: '客户', Value: '张**' })),
    wrap('HorizontalContentList', texts({ Type: 3, KeyName: '处理人', Value: '李华', UserId: 'lihua' })),
    wrap('CardAction', texts({ Type: 2, AppId: 'wx1', PagePath: 'pages/a' })),
    wrap(
      'ButtonSelection',
      texts({ QuestionKey: 'to', Title: '指派' }) +
        wrap('OptionList', texts({ Id: '2', Text: '王五' })) +
        texts({ SelectedId: '2', Disable: true }),
    ),
    wrap('ButtonList', texts({ Text: '受理', Style: 1, Key: 'accept' })),
    texts({ ReplaceText: '已受理' }),
  ].join('')
  assert.equal(cardOf(buttons), wrap('TemplateCard', expected))

  const vote: CardUpdate = {
    card_type: 'vote_interaction',
    main_title: { title: '选时间' },
    checkbox: {
      question_key: 'slot',
      mode: 1,
      option_list: [
        { id: 'am', text: '上午', is_checked: true },
        { id: 'pm', text: '下午', is_checked: false },
      ],
      disable: true,
    },
    submit_button: { text: '提交', key: 'ok' },
  }
  const checkbox =
    texts({ QuestionKey: 'slot', Mode: 1 }) +
    wrap('OptionList', texts({ Id: 'am', Text: '上午', IsChecked: true })) +
    wrap('OptionList', texts({ Id: 'pm', Text: '下午', IsChecked: false })) +
    texts({ Disable: true })
  assert.equal(
    cardOf(vote),
    wrap(
      'TemplateCard',
      texts({ CardType: 'vote_interaction' }) +
        wrap('MainTitle', texts({ Title: '选时间' })) +
        wrap('CheckBox', checkbox) +
        wrap('SubmitButton', texts({ Text: '提交', Key: 'ok' })),
    ),
  )
})

function cardOf(card: CardUpdate): string {
  const envelope = door.reply({ to: 'lihua', msgtype: 'update_template_card', card }, 'n')
  const sealed = /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(envelope)?.[1] ?? ''
  return /<TemplateCard>.*<\/TemplateCard>/s.exec(platform.open(sealed))?.[0] ?? ''
}
