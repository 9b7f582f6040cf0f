import { drawCard } from './card.js'
import { drawDingtalkCard } from './dingtalk-card.js'
import { words } from './words.js'

/** The work chats as the desk draws them: where their verbs live, how a card looks, what they are called. */
export const sides = {
  wecom: { id: 'wecom', path: '', draw: drawCard, menu: true, ...words.sides.wecom },
  dingtalk: { id: 'dingtalk', path: 'dingtalk/', draw: drawDingtalkCard, ...words.sides.dingtalk },
  assistant: { id: 'assistant', path: 'assistant/', draw: drawCard, ...words.sides.assistant },
}
