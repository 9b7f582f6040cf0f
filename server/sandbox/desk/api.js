import { toast } from './dom.js'
import { words } from './words.js'

/** Asks the desk's API; a refusal is told and thrown. */
export async function ask(name, body) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  return answerOf(await fetch(`/desk/api/${name}`, init).catch(() => undefined))
}

/** Sends a picture as a person; `path` is the platform's part of the address. */
export async function sendPicture(path, userid, file) {
  const url = `/desk/api/${path}picture?userid=${encodeURIComponent(userid)}`
  return answerOf(await fetch(url, { method: 'POST', body: file }).catch(() => undefined))
}

async function answerOf(response) {
  if (!response?.ok) {
    toast(words.live.failed)
    throw new Error(response ? (await response.json()).error : 'no connection')
  }
  return response.json()
}

/** Follows what happens; `opened` is called at each (re)connection, as events before it may have been missed. */
export function follow(onEvent, onLost, opened) {
  const source = new EventSource('/desk/api/live')
  let lost = false
  source.onmessage = ({ data }) => onEvent(JSON.parse(data))
  source.onerror = () => {
    if (!lost) onLost(true)
    lost = true
  }
  source.onopen = () => {
    if (lost) onLost(false)
    lost = false
    opened()
  }
}

/** The address of a picture or file of a chat. */
export function mediaUrl(mediaId) {
  return `/desk/api/media/${encodeURIComponent(mediaId)}`
}
