import Taro from '@tarojs/taro'
import { useRef, useState } from 'react'
import { answersToSend, problemsIn } from '../../services/answers.ts'
import type { FormDefinition } from '../../services/api.ts'
import { explain } from '../../services/explain.ts'
import { askForMessages } from '../../services/subscriptions.ts'
import { openTicket } from '../../services/tickets.ts'
import { ApiError } from '../../services/transport.ts'
import { words } from '../../words.ts'
import { FOOT, fieldId } from './field-id.ts'
import type { DraftHandle } from './use-draft.ts'

/** Above the field that is scrolled to, in px. */
const AIR = 64

interface Submit {
  submit(): Promise<void>
  busy: boolean
  /** Why the last send did not arrive, when it was no single field's fault. */
  failure: string | undefined
  problems: Record<string, string>
  clearProblem(name: string): void
}

/** Sending a form: checked here, asked for messages in the same tap, sent once however often it is tried. */
export function useSubmit(form: FormDefinition, draft: DraftHandle): Submit {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [problems, setProblems] = useState<Record<string, string>>({})
  const running = useRef(false)

  const show = (found: Record<string, string>) => {
    setProblems(found)
    const first = form.fields.find((field) => found[field.name])
    if (first) Taro.pageScrollTo({ selector: `#${fieldId(form, first.name)}`, offsetTop: -AIR, duration: 200 })
  }

  const fail = (why: string) => {
    setFailure(why)
    // The sentence pushes the button down: bring both back into sight once they are drawn.
    Taro.nextTick(() => Taro.pageScrollTo({ selector: `#${FOOT}`, offsetTop: -AIR, duration: 200 }))
  }

  const send = async () => {
    const answers = answersToSend(form, draft.answers)
    const ticket = await openTicket(form, answers, draft.keyFor(JSON.stringify([form.version, answers])))
    draft.finish()
    await Taro.redirectTo({ url: `/pages/ticket/ticket?id=${encodeURIComponent(ticket.id)}&fresh=1` })
  }

  const submit = async () => {
    if (running.current) return
    setFailure(undefined)
    const found = problemsIn(form, draft.answers)
    if (Object.keys(found).length > 0) return show(found)
    running.current = true
    setBusy(true)
    try {
      // First of all: WeChat only asks while the tap is fresh.
      await askForMessages()
      await send()
    } catch (error) {
      if (error instanceof ApiError && form.fields.some((field) => field.name === error.field)) {
        show({ [error.field as string]: error.message })
      } else {
        fail(error instanceof ApiError && error.status === 404 ? words.form.gone : explain(error))
      }
    } finally {
      running.current = false
      setBusy(false)
    }
  }

  const clearProblem = (name: string) =>
    setProblems((all) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name)))

  return { submit, busy, failure, problems, clearProblem }
}
