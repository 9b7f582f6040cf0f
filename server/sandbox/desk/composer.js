import { ask, sendPicture } from './api.js'
import { h, icon, toast } from './dom.js'
import { words } from './words.js'

/** The line in which a person writes to the application, with the picture button. */
export function composer({ userid, name }, side) {
  const text = h('textarea', {
    rows: 1,
    maxlength: 2000,
    placeholder: side.placeholder,
    'aria-label': `${side.region(name)}：${side.placeholder}`,
  })
  const file = h('input', { type: 'file', accept: 'image/jpeg,image/png', hidden: true, tabindex: -1 })
  const send = h('button', { class: 'send', type: 'submit', disabled: true }, h('span', {}, words.chat.send))
  const form = h(
    'form',
    { class: 'composer' },
    h(
      'button',
      {
        class: 'plain',
        type: 'button',
        'aria-label': words.chat.picture,
        title: words.chat.picture,
        onclick: () => file.click(),
      },
      icon('picture', 22),
    ),
    file,
    text,
    send,
  )
  const fit = () => {
    send.disabled = text.value.trim() === ''
    text.style.height = 'auto'
    text.style.height = `${Math.min(text.scrollHeight, 96)}px`
  }
  text.addEventListener('input', fit)
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const said = text.value.trim()
    if (said === '') return
    text.value = ''
    fit()
    await ask(`${side.path}say`, { userid, text: said }).then(tellOutcome, () => {
      text.value = said
      fit()
    })
  })
  file.addEventListener('change', async () => {
    const [picture] = file.files
    file.value = ''
    if (!picture) return
    if (!/^image\/(jpeg|png)$/.test(picture.type)) return toast(words.chat.pictureType)
    await sendPicture(side.path, userid, picture).then(tellOutcome, () => {})
  })
  return form
}

/** Tells when the application did not answer as it should; a good answer shows itself. */
export function tellOutcome({ status, refused }) {
  if (status === 0 || status >= 500) toast(words.card.noAnswer)
  else if (status !== 200) toast(words.card.refused(status))
  else if (refused) toast(words.card.badReply(refused))
}
